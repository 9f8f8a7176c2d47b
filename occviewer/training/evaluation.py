"""Scores of a model that ships, by the way that a person's scan takes through it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from occviewer.errors import ExtractionError, NoSurfaceError
from occviewer.extraction import MAXIMUM_RESOLUTION, MINIMUM_RESOLUTION, extract
from occviewer.meshes import Mesh
from occviewer.metrics import compare_meshes, iou
from occviewer.models import Model, NetworkField
from occviewer.observations import PointCloud
from occviewer.placement import Placement
from occviewer.training.dataset import ShapeSet
from occviewer.training.observing import KINDS, Arrays
from occviewer.training.scores import ShapeScore
from occviewer.training.validation import QUERIES, scored_example


def evaluate(
    model: Model, shapes: ShapeSet, *, surfaces: bool = True, resolution: int = 128
) -> Iterator[ShapeScore]:
    """Score a model on every shape, for each kind of observation.

    Clouds have 3,000 points with noise 0.005 and are given in the box frame. The same
    data set gives the same clouds and queries every time.

    Parameters
    ----------
    model : Model
        Scored at its own threshold.
    shapes : ShapeSet
        Usually the test split.
    surfaces : bool
        Whether to extract meshes and compare surfaces too, which takes most of the time.
    resolution : int
        Cells a side of those meshes.

    Yields
    ------
    ShapeScore
        With ``iou`` over 100,000 points uniform in ±0.55 and, with `surfaces`, the
        measures of `occviewer.metrics.compare_meshes`. A field without a surface scores
        as an empty mesh does.

    Raises
    ------
    ExtractionError
        When no mesh can have this resolution, or one cannot be made for another reason
        than that there is no surface.
    """
    if not MINIMUM_RESOLUTION <= resolution <= MAXIMUM_RESOLUTION:
        raise ExtractionError(
            f"The resolution {resolution} cannot be used: choose one between "
            f"{MINIMUM_RESOLUTION} and {MAXIMUM_RESOLUTION}."
        )
    for index, record in enumerate(shapes.records):
        shape = shapes[index]
        for kind in KINDS:
            points, queries, inside = scored_example(shape, record.name, kind, QUERIES)
            code = model.encode(PointCloud(points), placement=Placement())
            field = model.field(code)
            predicted = field.logits(queries) > field.level
            values = {"iou": iou(predicted, inside)}
            if surfaces:
                values |= _compare_surfaces(_mesh(field, resolution), shape)
            yield ShapeScore(record.name, record.category, kind, values)


def _mesh(field: NetworkField, resolution: int) -> Mesh:
    """Extract the field's surface; an empty mesh where the field has none."""
    try:
        return extract(field, resolution)
    except NoSurfaceError:
        return Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))


def _compare_surfaces(mesh: Mesh, shape: Arrays) -> dict[str, float]:
    surface, normals = shape["surface"].astype(np.float32), shape["normals"].astype(np.float32)
    found = compare_meshes(mesh, surface, normals)
    return {
        "chamfer_l1": found.chamfer_l1,
        "normal_consistency": found.normal_consistency,
        "f_score": found.f_score,
    }
