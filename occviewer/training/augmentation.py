"""Variations of a training shape: stretched, mirrored, turned, tilted, shifted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from occviewer.arrays import Float64Array
from occviewer.training.observing import Arrays


@dataclass(frozen=True)
class Augmentation:
    """How shapes are varied while training.

    Attributes
    ----------
    stretch : float
        Each axis is scaled by a factor between 1 / (1 + stretch) and 1 + stretch.
    mirror : bool
        Whether left and right are swapped every other time.
    turn : float
        Share of shapes turned about the vertical by a multiple of 90 degrees.
    tilt : float
        Largest small rotation about each axis, degrees, for scans that are not level.
    shift : float
        Largest displacement in box units, for scans that are not centred; at most 0.05, so
        that the shape stays in the box. Sizes shrink by up to three times this share.

    Raises
    ------
    ValueError
        When a value is out of its range.
    """

    stretch: float = 0.3
    mirror: bool = True
    turn: float = 0.2
    tilt: float = 4.0
    shift: float = 0.03

    def __post_init__(self) -> None:
        if self.stretch < 0 or self.tilt < 0:
            raise ValueError("stretch and tilt must be 0 or more")
        if not 0 <= self.turn <= 1:
            raise ValueError("turn must lie between 0 and 1")
        if not 0 <= self.shift <= 0.05:
            raise ValueError("shift must lie between 0 and 0.05")


def random_transform(
    shape: Arrays, augmentation: Augmentation, rng: np.random.Generator
) -> tuple[Float64Array, Float64Array]:
    """Draw an affine map (3, 3), (3,) of the shape's frame that keeps it in the box.

    A point goes by ``linear @ point + offset``.
    """
    low, high = np.log([1 / (1 + augmentation.stretch), 1 + augmentation.stretch])
    linear = np.diag(np.exp(rng.uniform(low, high, 3)))
    if augmentation.mirror and rng.random() < 0.5:
        linear[0] *= -1
    if rng.random() < augmentation.turn:
        linear = _rotation(1, 90.0 * rng.integers(1, 4)) @ linear
    uneven = rng.random() < 0.4
    if uneven:
        for axis in range(3):
            linear = _rotation(axis, rng.uniform(-1, 1) * augmentation.tilt) @ linear
    # The stretched and turned shape is centred and scaled to longest side 1 again.
    surface = shape["surface"].astype(np.float64) @ linear.T
    smallest, largest = surface.min(0), surface.max(0)
    scale = 1.0 / (largest - smallest).max()
    offset = -scale * (smallest + largest) / 2
    if uneven:
        change = 1 - augmentation.shift * rng.uniform(0, 3)
        scale, offset = scale * change, offset * change
        offset = offset + rng.uniform(-1, 1, 3) * augmentation.shift
    return linear * scale, offset


def _rotation(axis: int, degrees: float) -> Float64Array:
    angle = np.radians(degrees)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix
