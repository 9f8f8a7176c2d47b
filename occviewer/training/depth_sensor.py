"""The faults of a depth camera: noise, steps of disparity, holes and flying pixels.

Noise is that of the first Kinect, as measured by Nguyen, Izadi and Lovell, Modeling
Kinect sensor noise for improved 3D reconstruction and tracking (3DIMPVT 2012), for
depth z in metres and angle θ between the line of sight and the surface's normal:

- axial σ = 0.0012 + 0.0019 (z - 0.4)² + 0.0001 / √z · θ² / (π/2 - θ)² metres,
- lateral σ = 0.8 + 0.035 θ / (π/2 - θ) pixels of a camera with a focal length of 585.

Steps of disparity are those of Barron and Malik, Intrinsic scene properties from a
single RGB-D image (CVPR 2013): z becomes 351.3 / round(351.3 / z), which is a focal
length of 585 pixels times a baseline of 7.5 cm times eight steps a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, FloatArray
from occviewer.errors import DataError

FOCAL = 585.0
"""Focal length, in pixels, of the camera that the lateral noise was measured with."""

_STEPPED = 351.3
_STEEPEST = np.radians(80.0)  # the noise was measured up to here
_EDGE = 0.03  # a step of this share of the depth is an edge
_TRAIL = 0.1  # metres that pixels fly where there is nothing behind an edge


@dataclass(frozen=True)
class DepthSensor:
    """What a depth camera makes of the true depth.

    Attributes
    ----------
    noise : float
        Factor on the measured noise, axial and lateral; 0 for none.
    edge_dropout : float
        Share of the pixels at depth edges that measure nothing, 0…1.
    grazing : (float, float)
        Degrees between the line of sight and the normal: up to the first no pixel is
        lost for it, from the second on every one, and between them a growing share.
    flying : float
        Share of the pixels on the near side of a depth edge that report something
        between near and far, 0…1.
    quantised : bool
        Whether depth comes in the steps of disparity.

    Raises
    ------
    DataError
        When a value is outside its range.
    """

    noise: float = 1.0
    edge_dropout: float = 0.5
    grazing: tuple[float, float] = (65.0, 85.0)
    flying: float = 0.0
    quantised: bool = False

    def __post_init__(self) -> None:
        if not (np.isfinite(self.noise) and self.noise >= 0):
            raise DataError(f"The noise of a depth camera is a factor from 0, not {self.noise}.")
        for name, share in (("edge dropout", self.edge_dropout), ("flying pixels", self.flying)):
            if not 0 <= share <= 1:
                raise DataError(f"The share of {name} must be in 0…1, not {share}.")
        low, high = self.grazing
        if not 0 <= low < high <= 90:
            raise DataError(
                f"Grazing angles must rise within 0…90 degrees, not from {low} to {high}."
            )

    def lateral_shift(self, angle: FloatArray, rng: np.random.Generator) -> Float64Array:
        """How far beside its pixel each ray looks: (N, 2), in image planes at depth 1.

        Parameters
        ----------
        angle : (N,)
            Radians between the lines of sight and the normals.
        rng : numpy Generator
        """
        angle = np.minimum(angle, _STEEPEST)
        sigma = (0.8 + 0.035 * angle / (np.pi / 2 - angle)) / FOCAL
        shift: Float64Array = self.noise * sigma[:, None] * rng.normal(size=(len(angle), 2))
        return shift

    def measured(
        self, depth: FloatArray, angle: FloatArray, rng: np.random.Generator
    ) -> Float64Array:
        """Depth image (H, W) as the sensor reports it, NaN where it measures nothing.

        Parameters
        ----------
        depth : (H, W)
            True depth in metres along the optical axis, infinite where nothing is.
        angle : (H, W)
            Radians between the lines of sight and the normals.
        rng : numpy Generator
        """
        seen = np.isfinite(depth)
        true: Float64Array = np.where(seen, depth, np.inf).astype(np.float64)
        farthest, edge = _surroundings(true)
        low, high = np.radians(self.grazing)
        lost = rng.random(true.shape) < np.clip((angle - low) / (high - low), 0, 1)
        lost |= edge & (rng.random(true.shape) < self.edge_dropout)
        result = np.where(seen, true, 1.0)
        result += self.noise * axial_sigma(result, angle) * rng.normal(size=true.shape)
        flies = edge & (rng.random(true.shape) < self.flying)
        gap = np.where(np.isfinite(farthest), farthest - np.where(seen, true, 0.0), _TRAIL)
        result += np.where(flies, gap * rng.random(true.shape), 0.0)
        if self.quantised:
            result = _STEPPED / np.maximum(np.round(_STEPPED / result), 1)
        result[~seen | lost] = np.nan
        return result


def axial_sigma(depth: FloatArray, angle: FloatArray) -> Float64Array:
    """Give the standard deviation of depth, in metres, by the formula above; any shape."""
    angle = np.minimum(angle, _STEEPEST)
    steep = angle**2 / (np.pi / 2 - angle) ** 2
    sigma: Float64Array = 0.0012 + 0.0019 * (depth - 0.4) ** 2 + 0.0001 / np.sqrt(depth) * steep
    return sigma


def _surroundings(depth: Float64Array) -> tuple[Float64Array, BoolArray]:
    """Farthest depth among a pixel and its four neighbours, and whether there is an edge."""
    framed = np.pad(depth, 1, mode="edge")
    around = np.stack([framed[:-2, 1:-1], framed[2:, 1:-1], framed[1:-1, :-2], framed[1:-1, 2:]])
    farthest = np.maximum(depth, around.max(0))
    nearest = np.minimum(depth, around.min(0))
    with np.errstate(invalid="ignore"):  # nothing beside nothing is no edge
        edge = np.isfinite(depth) & (farthest - nearest > _EDGE * depth)
    return farthest, edge
