"""Simulated scans in the right and in wrong poses: what a pose network learns from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from occviewer.arrays import BoolArray, Float32Array, Float64Array, IntArray
from occviewer.errors import DataError
from occviewer.models.placing import UPS, rotation_of, turn
from occviewer.training.augmentation import Augmentation, random_transform
from occviewer.training.dataset import ShapeSet, shape_weights
from occviewer.training.observing import Arrays, ObservationMix, observe_randomly

MIX = ObservationMix(whole=0.15, half=0.15, view=0.7, fewest=300)
"""Scans are mostly one-sided: whole ones are easy."""

AUGMENTATION = Augmentation(turn=0.0, tilt=3.0, shift=0.0)
"""Upright and heading are what is learnt, so shapes are not turned, and tilted only a little."""

SECTORS = 8
"""Headings are alike or not by sectors of 45 degrees about 0, 45, 90..."""

# Of a shape's surface, so many samples are looked at for one scan: a camera that sees a
# quarter of them still sees more than the network takes, and all of them take three times as long.
_SAMPLES = 6144

# Two surfaces look alike when the mean distance of 256 points of one to 2,048 points of the
# other exceeds what it is between samples of one surface by less than this (box units, a
# sixth of a pixel of the network's pictures).
_ALIKE = 0.005
_PROBES, _TARGETS = 256, 2048

# Half of the wrong headings lie within this of a side or the back, where a shape is most
# easily taken for itself; no wrong heading is nearer to the right one than half a sector.
_QUARTER_JITTER = 10.0
_NEAREST_WRONG = 180.0 / SECTORS

_LYING = np.stack([rotation_of(up) for up in UPS if up != "y"])


@dataclass(frozen=True)
class Scan:
    """One simulated scan of an upright shape that faces +Z.

    Attributes
    ----------
    points : (N, 3) float32
        Frame of the shape; units and position do not matter.
    alike : (`SECTORS`,) bool
        As `headings_alike` says it.
    """

    points: Float32Array
    alike: BoolArray


class Scans:
    """Scans of the shapes of a set, drawn at random.

    Parameters
    ----------
    shapes : ShapeSet
        To draw from.
    weights : mapping of str to float
        How often shapes of a category or a library are drawn, as in a recipe.

    Raises
    ------
    DataError
        When the weights leave no shape.
    """

    def __init__(self, shapes: ShapeSet, weights: Mapping[str, float]) -> None:
        weight = shape_weights(shapes.records, weights)
        if not weight.sum() > 0:
            raise DataError(
                "The weights that the model was trained with leave no shape of this data to "
                "train on: give the data sets that it was trained on."
            )
        self._shapes = shapes
        self._cumulative = np.cumsum(weight / weight.sum())
        self._alike: dict[int, BoolArray] = {}

    def draw(self, count: int, rng: np.random.Generator) -> Scan:
        """Observe a random shape, stretched and mirrored: a scan of `count` points."""
        found = int(np.searchsorted(self._cumulative, rng.random()))
        index = min(found, len(self._shapes) - 1)
        shape = self._shapes[index]
        if index not in self._alike:
            self._alike[index] = headings_alike(shape["surface"])
        some = _thinned(shape, rng)
        points = observe_randomly(some, count, MIX, rng)
        linear, _ = random_transform(some, AUGMENTATION, rng)
        return Scan((points @ linear.T).astype(np.float32), self._alike[index])


def headings_alike(surface: Float32Array) -> BoolArray:
    """Under which headings a shape looks like itself.

    Parameters
    ----------
    surface : (S, 3) float
        Samples of the surface in random order, centred about the vertical axis y.

    Returns
    -------
    (`SECTORS`,) bool
        Whether the shape turned by 0, 45, 90... degrees has nearly the same surface; the
        first is always true. A round table is alike under all of them.
    """
    samples = torch.from_numpy(np.asarray(surface[: _PROBES + _TARGETS], np.float32))
    number = min(_PROBES, len(samples) // 8)
    probes, targets = samples[:number], samples[number:]

    def distance(degrees: float) -> float:
        rotation = torch.from_numpy(turn(1, degrees)).float()
        return float(torch.cdist(probes @ rotation.T, targets).amin(1).mean())

    alike = np.zeros(SECTORS, bool)
    alike[0] = True
    limit = distance(0.0) + _ALIKE
    # What has four or eight sides that look alike has two.
    for step in (4, 2, 1):
        if distance(360.0 * step / SECTORS) >= limit:
            break
        alike[::step] = True
    return alike


def sector(degrees: Float64Array) -> IntArray:
    """Find the number, from 0, of the sector that headings lie in; any shape."""
    return np.round(degrees * SECTORS / 360.0).astype(np.int64) % SECTORS


def random_poses(
    alike: BoolArray, poses: int, jitter: float, rng: np.random.Generator
) -> tuple[Float64Array, BoolArray]:
    """Right and wrong rotations for scans.

    Parameters
    ----------
    alike : (B, `SECTORS`) bool
        Of each scan.
    poses : int
        Number of rotations of each scan: the right one first, then in turns one that
        stands upright but faces elsewhere and one with another axis up.
    jitter : float
        Largest angle, in degrees, by which the right heading is off.
    rng : numpy Generator

    Returns
    -------
    rotations (B, poses, 3, 3), and which of them count, (B, poses) bool
        Headings under which the shape looks like itself are not wrong and do not count.
    """
    shape = (len(alike), poses)
    number = np.arange(poses)
    standing = number % 2 == 1
    near = 90.0 * rng.integers(np.where(standing, 1, 0), 4, shape)
    near += rng.uniform(-_QUARTER_JITTER, _QUARTER_JITTER, shape)
    margin = np.where(standing, _NEAREST_WRONG, 0.0)
    anywhere = rng.uniform(margin, 360.0 - margin, shape)
    headings = np.where(rng.random(shape) < 0.5, near, anywhere)
    headings[:, 0] = rng.uniform(-jitter, jitter, len(alike))
    rotations = _about_vertical(headings)
    lying = rotations @ _LYING[rng.integers(0, len(_LYING), shape)]
    rotations = np.where((standing | (number == 0))[:, None, None], rotations, lying)
    looks_right = np.take_along_axis(alike, sector(headings), 1)
    return rotations, ~(looks_right & standing)


def posed(clouds: Tensor, rotations: Tensor) -> Tensor:
    """Turn clouds (B, N, 3) by rotations (B, P, 3, 3): (B, P, N, 3)."""
    return clouds[:, None] @ rotations.transpose(2, 3)


def _thinned(shape: Arrays, rng: np.random.Generator) -> Arrays:
    """Take a random part of a shape's surface samples, which are in random order; no copies."""
    start = int(rng.integers(0, max(len(shape["surface"]) - _SAMPLES, 0) + 1))
    part = slice(start, start + _SAMPLES)
    return {
        "surface": shape["surface"][part],
        "normals": shape["normals"][part],
        "cameras": shape["cameras"],
        "visible": shape["visible"][:, part],
    }


def _about_vertical(degrees: Float64Array) -> Float64Array:
    """Rotations (..., 3, 3) about the vertical, as `occviewer.models.placing.turn` makes them."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    zero, one = np.zeros_like(cosine), np.ones_like(cosine)
    rows = [[cosine, zero, sine], [zero, one, zero], [-sine, zero, cosine]]
    return np.stack([np.stack(row, -1) for row in rows], -2)
