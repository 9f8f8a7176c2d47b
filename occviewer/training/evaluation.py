"""Scores of a model that ships, by the way that a person's scan takes through it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import numpy as np

from occviewer.errors import ExtractionError
from occviewer.extraction import extract
from occviewer.meshes import Mesh
from occviewer.metrics import compare_meshes, iou
from occviewer.models import Model
from occviewer.observations import PointCloud
from occviewer.placement import Placement
from occviewer.training.dataset import ShapeSet, uniform_queries
from occviewer.training.observing import KINDS, observe
from occviewer.training.scores import ShapeScore

POINTS = 3000
NOISE = 0.005
QUERIES = 100_000


def evaluate(
    model: Model,
    shapes: ShapeSet,
    *,
    surfaces: bool = True,
    resolution: int = 128,
    progress: Callable[[int, int], None] = lambda done, total: None,
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
    progress : callable
        Told how many of how many observations are done.

    Yields
    ------
    ShapeScore
        With ``iou`` over 100,000 points uniform in ±0.55 and, with `surfaces`, the
        measures of `occviewer.metrics.compare_meshes`. A field without a surface scores
        as an empty mesh does.
    """
    total = len(shapes) * len(KINDS)
    for index, record in enumerate(shapes.records):
        shape = shapes[index]
        rng = np.random.default_rng(zlib.crc32(record.name.encode()))
        for number, kind in enumerate(KINDS):
            points = observe(shape, kind, POINTS, NOISE, rng)
            queries, inside = uniform_queries(shape, QUERIES, rng)
            code = model.encode(PointCloud(points), placement=Placement())
            field = model.field(code)
            values = {"iou": iou(field.logits(queries) > field.level, inside)}
            if surfaces:
                try:
                    mesh = extract(field, resolution)
                except ExtractionError:
                    mesh = Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))
                found = compare_meshes(
                    mesh,
                    shape["surface"].astype(np.float32),
                    shape["normals"].astype(np.float32),
                    generator=rng,
                )
                values["chamfer_l1"] = found.chamfer_l1
                values["normal_consistency"] = found.normal_consistency
                values["f_score"] = found.f_score
            yield ShapeScore(record.name, record.category, kind, values)
            progress(index * len(KINDS) + number + 1, total)
