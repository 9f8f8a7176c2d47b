"""Where points of the box lie on the screen, and where the mouse points to. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array, Float64Array
from occviewer.placement import Placement

_ROWS = 65_536  # stays in the processor's cache


@dataclass(frozen=True, eq=False)
class View:
    """What a camera sees, and on how large a picture.

    Parameters
    ----------
    matrix : (4, 4) float64
        From the box frame to clip coordinates: what is seen lies in ±1 after division by
        the last one.
    eye : (3,) float64
        Where the camera is, box frame.
    forward : (3,) float64
        Where it looks, of length 1.
    width, height : float
        Of the picture, pixels.
    """

    matrix: Float64Array
    eye: Float64Array
    forward: Float64Array
    width: float
    height: float

    def project(self, points: npt.ArrayLike) -> Float32Array:
        """Pixels (N, 2) float32 of box points (N, 3), x to the right and y downwards.

        Points that are not before the camera have no place: NaN.
        """
        box = np.asarray(points)
        # Kept in the precision of what is given: single is 1/1000 pixel and twice as fast.
        kind = np.float32 if box.dtype == np.float32 else np.float64
        rows = self.matrix[[0, 1, 3]]
        pixels = np.empty((len(box), 2), np.float32)
        factors = np.array([[self.width / 2], [-self.height / 2]])
        # Columns of x w + …, so that the division is all that remains.
        turned = (rows[:, :3]).astype(kind)
        moved = rows[:, 3].astype(kind)
        forward, start = self.forward.astype(kind), kind(self.forward @ self.eye)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for begin in range(0, len(box), _ROWS):
                part = box[begin : begin + _ROWS]
                x, y, w = (part @ turned.T + moved).T
                out = pixels[begin : begin + _ROWS]
                out[:, 0] = x / w * kind(factors[0, 0]) + kind(self.width / 2)
                out[:, 1] = y / w * kind(factors[1, 0]) + kind(self.height / 2)
                out[part @ forward <= start] = np.nan
        return pixels

    def ray(self, pixel: npt.ArrayLike) -> tuple[Float64Array, Float64Array]:
        """Point (3,) and direction (3,) of length 1 of what lies under a pixel, box frame."""
        x, y = np.asarray(pixel, np.float64)
        screen = np.array([2 * x / self.width - 1, 1 - 2 * y / self.height])
        ends = np.array([[*screen, -1.0, 1.0], [*screen, 1.0, 1.0]])
        near, far = (np.linalg.inv(self.matrix) @ ends.T).T
        start, end = near[:3] / near[3], far[:3] / far[3]
        direction = end - start
        return start, direction / np.linalg.norm(direction)

    def length_of_pixel(self, point: npt.ArrayLike) -> float:
        """Length in the box of one pixel at the depth of a point (3,)."""
        at = np.asarray(point, np.float64)
        aside = np.cross(self.forward, [0.0, 1.0, 0.0])
        if np.linalg.norm(aside) < 1e-3:
            aside = np.cross(self.forward, [1.0, 0.0, 0.0])
        aside *= 1e-3 / np.linalg.norm(aside)
        one, other = self.project(np.stack([at, at + aside])).astype(np.float64)
        return 1e-3 / max(float(np.linalg.norm(other - one)), 1e-9)

    def same_as(self, other: View | None) -> bool:
        """Whether this sees the same picture."""
        return (
            other is not None
            and (self.width, self.height) == (other.width, other.height)
            and np.array_equal(self.matrix, other.matrix)
        )


def box_points(points: Float64Array, placement: Placement) -> Float32Array:
    """World points (N, 3) as box points (N, 3) float32; quick for millions of points.

    The centre is taken off in double precision, so that georeferenced coordinates keep
    their digits; what remains is small.
    """
    result = np.empty((len(points), 3), np.float32)
    turn = np.asarray(placement.rotation.T * placement.scale, np.float32)
    for begin in range(0, len(points), _ROWS):
        part = points[begin : begin + _ROWS] - placement.centre
        np.matmul(part.astype(np.float32), turn, out=result[begin : begin + _ROWS])
    return result
