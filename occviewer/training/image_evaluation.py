"""Scores of an image encoder, by the way that a person's picture takes through it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from occviewer.errors import ExtractionError, ObservationError
from occviewer.extraction import extract
from occviewer.meshes import Mesh
from occviewer.metrics import compare_meshes, iou
from occviewer.models import Code, Model
from occviewer.observations.image import Image
from occviewer.observations.masking import Mask
from occviewer.pictures import FitSettings, PictureDoor, fit_silhouette
from occviewer.training.dataset import uniform_queries
from occviewer.training.image_examples import ViewSet
from occviewer.training.image_scores import symmetry_order
from occviewer.training.observing import Arrays
from occviewer.training.scores import ShapeScore, summarise

QUERIES = 20_000
"""Points uniform in ±0.55 over which the IoU of a picture is taken."""


@dataclass(frozen=True)
class PictureScore:
    """What the pictures of one shape gave.

    Attributes
    ----------
    scores : list of ShapeScore
        Means over the pictures; one, or one before and one after refinement.
    azimuth_errors : list of float
        Of the cameras found, one for each picture: degrees, modulo the shape's symmetry.
    """

    scores: list[ShapeScore]
    azimuth_errors: list[float]


def evaluate_images(
    door: PictureDoor,
    views: ViewSet,
    *,
    count: int = 24,
    refine: int = 0,
    surfaces: bool = True,
    resolution: int = 64,
) -> Iterator[PictureScore]:
    """Score a picture door on the stored views of every shape that has any.

    Parameters
    ----------
    door : PictureDoor
    views : ViewSet
        Usually of the test split.
    count : int
        Views of a shape, spread over those stored.
    refine : int
        Rounds of fitting the silhouette; with 0 nothing is refined.
    surfaces : bool
        Whether to extract meshes and compare surfaces too, which takes most of the time.
    resolution : int
        Cells a side of those meshes.
    """
    for index in views.usable:
        record, shape, stored = views.shapes.records[index], views.shapes[index], views[index]
        queries, inside = uniform_queries(shape, QUERIES, np.random.default_rng(index))
        period = 360.0 / symmetry_order(views, index)
        values: dict[str, list[dict[str, float]]] = {}
        errors = []
        seen = min(count, len(stored))
        for number in (part * len(stored) // seen for part in range(seen)):
            view = stored[number]
            image = Image(view.picture, source=f"{record.name}, view {number}")
            try:
                guess = door.guess(image, Mask(view.mask, "given"))
            except ObservationError:  # nothing solid: it scores as an empty mesh does
                values.setdefault("picture", []).append(_empty(shape, surfaces))
                if refine:
                    values.setdefault("refined", []).append(_empty(shape, surfaces))
                errors.append(min(90.0, period / 4))  # as a camera drawn at random, on average
                continue
            off = abs(guess.camera.azimuth - view.camera.azimuth) % period
            errors.append(min(off, period - off))
            codes = {"picture": guess.code}
            if refine:
                settings = FitSettings(rounds=refine)
                codes["refined"] = fit_silhouette(door, guess, view.mask, settings).code
            for kind, code in codes.items():
                field = door.model.field(code)
                row = {"iou": iou(field.logits(queries) > field.level, inside)}
                if surfaces:
                    row |= _surfaces(_mesh(door.model, code, resolution), shape)
                values.setdefault(kind, []).append(row)
        yield PictureScore(
            [
                ShapeScore(record.name, record.category, kind, _means(rows))
                for kind, rows in values.items()
            ],
            errors,
        )


def image_table(scores: Sequence[PictureScore], count: int) -> dict[str, Any]:
    """Summarise for the checkpoint and its card: what `update_image_scores` stores."""
    errors = [error for score in scores for error in score.azimuth_errors]
    return {
        "pictures": len(errors),
        "views": count,
        "azimuth_error": round(float(np.median(errors)), 2),
        "table": summarise([one for score in scores for one in score.scores]),
    }


def _mesh(model: Model, code: Code, resolution: int) -> Mesh:
    try:
        return extract(model.field(code), resolution)
    except ExtractionError:
        return _nothing()


def _nothing() -> Mesh:
    return Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))


def _empty(shape: Arrays, surfaces: bool) -> dict[str, float]:
    return {"iou": 0.0} | (_surfaces(_nothing(), shape) if surfaces else {})


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
