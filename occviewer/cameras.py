"""The camera of a picture: where it stood, as seen from the shape that it shows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float64Array

_NEAREST = 1e-6


@dataclass(frozen=True)
class PictureCamera:
    """A pinhole camera that looks at the origin of the box frame, upright.

    What is not in the middle of a picture is described by its principal point: a crop of a
    picture has the same camera, with another principal point and focal length.

    Attributes
    ----------
    azimuth : float
        Degrees about the vertical (+Y), from the shape's front (+Z) towards +X.
    elevation : float
        Degrees above the horizon.
    distance : float
        From the origin to the camera, in box units.
    focal : float
        Focal length in pixels.
    centre : (float, float)
        Where the origin is seen, the principal point: pixels to the right of the left edge
        and below the upper edge. The middle of the first pixel is (0.5, 0.5).
    size : (int, int)
        Width and height of the picture in pixels.

    Raises
    ------
    ValueError
        When a value is no finite number, or a length is not positive.
    """

    azimuth: float
    elevation: float
    distance: float
    focal: float
    centre: tuple[float, float]
    size: tuple[int, int]

    def __post_init__(self) -> None:
        numbers = (self.azimuth, self.elevation, self.distance, self.focal, *self.centre)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError("The numbers of a camera must be finite.")
        if self.distance <= 0 or self.focal <= 0 or min(self.size) < 1:
            raise ValueError("Distance, focal length and size of a camera must be positive.")

    @property
    def rotation(self) -> Float64Array:
        """The (3, 3) rotation from box axes to the camera's: right, up, backward."""
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        return np.array(
            [
                [math.cos(a), 0.0, -math.sin(a)],
                [-math.sin(e) * math.sin(a), math.cos(e), -math.sin(e) * math.cos(a)],
                [math.cos(e) * math.sin(a), math.sin(e), math.cos(e) * math.cos(a)],
            ]
        )

    @property
    def position(self) -> Float64Array:
        """Where the camera stands (3,), box frame."""
        where: Float64Array = self.distance * self.rotation[2]
        return where

    def project(self, points: npt.ArrayLike) -> tuple[Float64Array, Float64Array]:
        """Pixels (N, 2) and depths (N,) of box points (N, 3).

        Depths are in box units along the line of sight; a point behind the camera has a
        depth below 0, and its pixel means nothing.
        """
        x, y, backward = (np.asarray(points, np.float64) @ self.rotation.T).T
        depth = self.distance - backward
        share = self.focal / np.where(np.abs(depth) < _NEAREST, _NEAREST, depth)
        pixels = np.stack([self.centre[0] + share * x, self.centre[1] - share * y], axis=1)
        return pixels, depth

    def rays(self, pixels: npt.ArrayLike) -> Float64Array:
        """Directions (N, 3) from the camera through pixels (N, 2), box frame.

        One unit along a direction is one box unit of depth.
        """
        right, down = ((np.asarray(pixels, np.float64) - self.centre) / self.focal).T
        directions: Float64Array = (
            np.stack([right, -down, -np.ones_like(right)], axis=1) @ self.rotation
        )
        return directions

    def resized(self, width: int, height: int) -> PictureCamera:
        """Take the camera of the same picture in another size, scaled alike both ways."""
        scale = width / self.size[0]
        return replace(
            self,
            focal=self.focal * scale,
            centre=(self.centre[0] * scale, self.centre[1] * scale),
            size=(width, height),
        )

    def cropped(self, left: float, top: float, side: float, pixels: int) -> PictureCamera:
        """Take the camera of a square crop, scaled to `pixels` a side.

        Parameters
        ----------
        left, top, side : float
            Of the crop, in pixels of this picture; it may reach over the picture's edges.
        pixels : int
            Side of the crop after scaling.
        """
        scale = pixels / side
        return replace(
            self,
            focal=self.focal * scale,
            centre=((self.centre[0] - left) * scale, (self.centre[1] - top) * scale),
            size=(pixels, pixels),
        )

    def uncropped(
        self, left: float, top: float, side: float, size: tuple[int, int]
    ) -> PictureCamera:
        """Invert `cropped`: the camera of the whole picture of the given size."""
        scale = side / self.size[0]
        return replace(
            self,
            focal=self.focal * scale,
            centre=(self.centre[0] * scale + left, self.centre[1] * scale + top),
            size=size,
        )

    def mirrored(self) -> PictureCamera:
        """Take the camera of the mirrored picture, of the shape mirrored left and right."""
        return replace(
            self, azimuth=-self.azimuth, centre=(self.size[0] - self.centre[0], self.centre[1])
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON; `from_dict` reads them back."""
        return {
            "azimuth": self.azimuth,
            "elevation": self.elevation,
            "distance": self.distance,
            "focal": self.focal,
            "centre": list(self.centre),
            "size": list(self.size),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PictureCamera:
        """Inverse of `as_dict`."""
        across, down = (float(value) for value in data["centre"])
        width, height = (int(value) for value in data["size"])
        return cls(
            azimuth=float(data["azimuth"]),
            elevation=float(data["elevation"]),
            distance=float(data["distance"]),
            focal=float(data["focal"]),
            centre=(across, down),
            size=(width, height),
        )


def fitted_centre_and_focal(
    camera: PictureCamera,
    points: npt.ArrayLike,
    bounds: tuple[float, float, float, float],
) -> PictureCamera:
    """Change focal length and principal point so that points (N, 3) fill some bounds.

    Parameters
    ----------
    bounds : (left, top, right, bottom)
        Pixels. The longer of the projection's sides relative to them fills them, the middle
        of the projection lies in their middle.
    """
    unit = replace(camera, focal=1.0, centre=(0.0, 0.0))
    pixels, _ = unit.project(points)
    low, high = pixels.min(0), pixels.max(0)
    left, top, right, bottom = bounds
    spans = np.maximum(high - low, 1e-9)
    focal = float(min((right - left) / spans[0], (bottom - top) / spans[1]))
    middle = focal * (low + high) / 2
    centre = ((left + right) / 2 - middle[0], (top + bottom) / 2 - middle[1])
    return replace(camera, focal=focal, centre=(float(centre[0]), float(centre[1])))
