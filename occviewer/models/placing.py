"""Rotations and placements of a cloud whose up axis and heading are given."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from occviewer.arrays import Float64Array, extremes
from occviewer.placement import Placement

Up = Literal["x", "y", "z", "-x", "-y", "-z"]
"""The world axis that points up."""

UPS: tuple[Up, ...] = get_args(Up)

# Quarter and half turns (axis, degrees) that bring each axis up to +Y. With z up, -y
# becomes the front, as in Blender; with -y up (cameras: x right, y down, z away from
# the camera), the shape faces the camera.
_TURNS: dict[Up, tuple[int, float]] = {
    "y": (0, 0.0),
    "z": (0, -90.0),
    "-y": (0, 180.0),
    "-z": (0, 90.0),
    "x": (2, 90.0),
    "-x": (2, -90.0),
}


def turn(axis: int, degrees: float) -> Float64Array:
    """Rotation matrix (3, 3) about axis 0, 1 or 2, counter-clockwise as seen against it."""
    radians = np.radians(degrees)
    cosine, sine = np.cos(radians), np.sin(radians)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    # Quarter turns are exact, so that axes stay axes.
    return np.asarray(np.where(np.abs(matrix) < 1e-15, 0.0, matrix))


def rotation_of(up: Up = "y", yaw: float = 0.0) -> Float64Array:
    """Rotation (3, 3) from world to box axes.

    Parameters
    ----------
    up : str
        The world axis that becomes +Y. From ``y`` nothing turns; from ``z`` the world's
        -y becomes the front +Z.
    yaw : float
        Degrees by which the shape is then turned about the vertical, counter-clockwise
        as seen from above.
    """
    return turn(1, yaw) @ turn(*_TURNS[up])


def placement_around(points: Float64Array, rotation: Float64Array, fill: float = 1.0) -> Placement:
    """Placement that centres a cloud's bounding box in the model's box.

    Parameters
    ----------
    points : (N, 3) float64
        World units; of some extent.
    rotation : (3, 3) float64
        From world to box axes; the bounding box is taken along the box's axes.
    fill : float
        Longest side of the bounding box, in box units; below 1 for a cloud of which
        parts are missing.
    """
    # Differences first: products of georeferenced coordinates would lose digits.
    near = points[0]
    turned = (points - near) @ rotation.T
    low, high = extremes(turned)
    centre = near + (low + high) / 2 @ rotation
    return Placement(rotation, fill / float((high - low).max()), centre)


def moved(placement: Placement, centre: Float64Array, size: float) -> Placement:
    """Placement after which the box point `centre` (3,) is the origin and `size` is 1."""
    return Placement(
        placement.rotation,
        placement.scale / size,
        placement.to_world(np.asarray(centre, np.float64)[None])[0],
    )
