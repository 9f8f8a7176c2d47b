"""Where the camera stands so that a shape fills the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from occviewer.arrays import Float64Array, FloatArray, extremes

_VIEW_ANGLE = 26.0
_FILLED = 0.86


@dataclass(frozen=True, eq=False)
class Camera:
    """A perspective camera.

    Attributes
    ----------
    position, target, up : (3,) float64
        Where it stands, what is in the middle of the picture, what is upwards.
    view_angle : float
        Vertical angle of view in degrees.
    """

    position: Float64Array
    target: Float64Array
    up: Float64Array
    view_angle: float

    @property
    def distance(self) -> float:
        """From the position to the target."""
        return float(np.linalg.norm(self.position - self.target))

    def direction(self, right: float, up: float) -> Float64Array:
        """Turn degrees to the camera's right and above the horizon (+Y up) into a unit vector."""
        towards = self.position - self.target
        azimuth = math.atan2(towards[0], towards[2]) + math.radians(right)
        level, height = math.cos(math.radians(up)), math.sin(math.radians(up))
        return np.array([level * math.sin(azimuth), height, level * math.cos(azimuth)])

    def turned(self, degrees: float, pivot: Float64Array) -> Camera:
        """Walk around a point (3,), on a circle about the vertical (+Y) through it."""
        angle = math.radians(degrees)
        cosine, sine = math.cos(angle), math.sin(angle)
        turn = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
        return Camera(
            pivot + turn @ (self.position - pivot),
            pivot + turn @ (self.target - pivot),
            turn @ self.up,
            self.view_angle,
        )

    def for_picture(self, seen: float, wanted: float) -> Camera:
        """See at least as much in a picture of another shape.

        Parameters
        ----------
        seen, wanted : float
            Width over height of what the camera saw, and of the picture it shall make.
        """
        tangent = math.tan(math.radians(self.view_angle / 2)) * max(1.0, seen / wanted)
        angle = 2 * math.degrees(math.atan(tangent))
        return Camera(self.position, self.target, self.up, angle)


def fitted_camera(
    points: FloatArray, view_from: tuple[float, float, float], aspect: float
) -> Camera:
    """Place a camera so that all points (N, 3) just fit into the picture.

    Parameters
    ----------
    points : (N, 3)
        What must be seen.
    view_from : (3,) float
        Direction from the shape to the camera.
    aspect : float
        Width of the picture over its height.
    """
    backward = np.array(view_from) / np.linalg.norm(view_from)
    upright = np.array([0.0, 1.0, 0.0])
    right = np.cross(upright, backward)
    right /= np.linalg.norm(right)
    up = np.cross(backward, right)
    middle = extremes(points).sum(0) / 2.0
    x, y, near = ((points - middle) @ np.stack([right, up, backward], axis=1)).T

    # A point is in the picture when |x - cx| <= t (d - near), with t the tangent of
    # half the angle of view: the extremes of x ± t near give the least distance d
    # and the shift cx that makes room on both sides.
    tangent = math.tan(math.radians(_VIEW_ANGLE / 2)) * _FILLED
    distance, shift = 0.0, []
    for along, t in ((x, tangent * aspect), (y, tangent)):
        high, low = (along + t * near).max(), (-along + t * near).max()
        shift.append((high - low) / 2)
        distance = max(distance, (high + low) / (2 * t))
    target = middle + shift[0] * right + shift[1] * up
    return Camera(target + max(distance, 1e-6) * backward, target, up, _VIEW_ANGLE)
