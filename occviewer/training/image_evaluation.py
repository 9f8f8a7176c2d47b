"""Scores of models on pictures, by the way that a person's picture takes through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from occviewer.arrays import BoolArray, Float32Array
from occviewer.cameras import PictureCamera
from occviewer.errors import NoSurfaceError, ObservationError
from occviewer.extraction import extract
from occviewer.meshes import Mesh
from occviewer.metrics import compare_meshes, iou
from occviewer.models import Code, Model
from occviewer.observations.image import Image
from occviewer.observations.masking import Mask
from occviewer.pictures import DirectDoor, FitSettings, PictureDoor, fit_silhouette
from occviewer.training.dataset import uniform_queries
from occviewer.training.image_examples import ViewSet
from occviewer.training.observing import Arrays
from occviewer.training.scores import ShapeScore, summarise
from occviewer.training.symmetry import azimuth_error

QUERIES = 20_000
"""Points uniform in ±0.55 over which the IoU of a picture is taken."""


@dataclass(frozen=True)
class PictureScore:
    """What the pictures of one shape gave.

    Attributes
    ----------
    pictures : int
    scores : list of ShapeScore
        Means over the pictures; one, or one before and one after refinement.
    azimuth_errors : list of float
        Of the cameras found, one for each picture, if the model finds cameras: degrees, modulo
        the shape's symmetry.
    """

    pictures: int
    scores: list[ShapeScore]
    azimuth_errors: list[float]


def evaluate_images(
    door: PictureDoor | DirectDoor,
    views: ViewSet,
    *,
    count: int = 24,
    refine: int = 0,
    surfaces: bool = True,
    resolution: int = 64,
) -> Iterator[PictureScore]:
    """Score what a model makes of the stored views of every shape that has any.

    Parameters
    ----------
    door : PictureDoor or DirectDoor
    views : ViewSet
        Usually of the test split.
    count : int
        Views of a shape, spread over those stored.
    refine : int
        Rounds of fitting the silhouette; with 0, and through a `DirectDoor`, nothing is
        refined.
    surfaces : bool
        Whether to extract meshes and compare surfaces too, which takes most of the time.
    resolution : int
        Cells a side of those meshes.
    """
    for index in views.usable:
        record, shape, stored = views.shapes.records[index], views.shapes[index], views[index]
        queries, inside = uniform_queries(shape, QUERIES, np.random.default_rng(index))
        order = views.symmetry(index)
        values: dict[str, list[dict[str, float]]] = {}
        errors = []
        seen = min(count, len(stored))
        for number in (part * len(stored) // seen for part in range(seen)):
            view = stored[number]
            image = Image(view.picture, source=f"{record.name}, view {number}")
            codes, camera = _codes(door, image, view.mask, refine)
            if camera is not None:
                errors.append(azimuth_error(camera.azimuth, view.camera.azimuth, order))
            elif isinstance(door, PictureDoor):
                errors.append(90.0 / order)  # as a camera drawn at random, on average
            for kind, code in codes.items():
                row = _row(door.model, code, queries, inside)
                if surfaces:
                    row |= _surfaces(_mesh(door.model, code, resolution), shape)
                values.setdefault(kind, []).append(row)
        scores = [
            ShapeScore(record.name, record.category, kind, _means(rows))
            for kind, rows in values.items()
        ]
        yield PictureScore(seen, scores, errors)


def image_table(scores: Sequence[PictureScore], count: int) -> dict[str, Any]:
    """Summarise for the checkpoint and its card: what `update_image_scores` stores."""
    errors = [error for score in scores for error in score.azimuth_errors]
    azimuth = {"azimuth_error": round(float(np.median(errors)), 2)} if errors else {}
    return {
        "pictures": sum(score.pictures for score in scores),
        "views": count,
        **azimuth,
        "table": summarise([one for score in scores for one in score.scores]),
    }


def _codes(
    door: PictureDoor | DirectDoor, image: Image, inside: BoolArray, refine: int
) -> tuple[dict[str, Code | None], PictureCamera | None]:
    """Codes by kind of observation, None where nothing solid came out; the camera if known."""
    mask = Mask(inside, "given")
    if isinstance(door, DirectDoor):
        return {"picture": door.code(image, mask)}, None
    try:
        guess = door.guess(image, mask)
    except ObservationError:
        return dict.fromkeys(("picture", "refined") if refine else ("picture",)), None
    codes: dict[str, Code | None] = {"picture": guess.code}
    if refine:
        codes["refined"] = fit_silhouette(door, guess, inside, FitSettings(rounds=refine)).code
    return codes, guess.camera


def _row(
    model: Model, code: Code | None, queries: Float32Array, inside: BoolArray
) -> dict[str, float]:
    if code is None:
        return {"iou": 0.0}
    field = model.field(code)
    return {"iou": iou(field.logits(queries) > field.level, inside)}


def _mesh(model: Model, code: Code | None, resolution: int) -> Mesh:
    """Extract a surface; an empty mesh where there is none."""
    try:
        if code is not None:
            return extract(model.field(code), resolution)
    except NoSurfaceError:
        pass
    return Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))


def _surfaces(mesh: Mesh, shape: Arrays) -> dict[str, float]:
    surface, normals = shape["surface"].astype(np.float32), shape["normals"].astype(np.float32)
    found = compare_meshes(mesh, surface, normals)
    return {
        "chamfer_l1": found.chamfer_l1,
        "normal_consistency": found.normal_consistency,
        "f_score": found.f_score,
    }


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
