"""The camera of a depth picture: what it does with points, in pixels."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from occviewer.arrays import Float64Array, FloatArray
from occviewer.errors import ObservationError
from occviewer.files import why_not_read

FIELD_OF_VIEW = 60.0
"""Degrees that a camera of which nothing is known sees along the longer side, about as
much as depth cameras and phones do."""

_LONGEST = 1 << 16  # bytes of a camera matrix


@dataclass(frozen=True)
class Intrinsics:
    """What a pinhole camera does with points, in pixels.

    Attributes
    ----------
    focal : (float, float)
        Focal length across and down.
    centre : (float, float)
        Principal point from the left and upper edges; the middle of the first pixel is
        (0.5, 0.5).

    Raises
    ------
    ObservationError
        A number is not finite, or a focal length not positive.
    """

    focal: tuple[float, float]
    centre: tuple[float, float]

    def __post_init__(self) -> None:
        if not (np.isfinite([*self.focal, *self.centre]).all() and min(self.focal) > 0):
            raise ObservationError(
                f"A camera with focal lengths {self.focal} and the principal point {self.centre} "
                "is not possible; give finite numbers, and focal lengths above 0."
            )

    @classmethod
    def guessed(cls, width: int, height: int, field_of_view: float = FIELD_OF_VIEW) -> Intrinsics:
        """Take the camera that sees so many degrees along the longer side, and looks straight.

        Raises
        ------
        ObservationError
            The angle is not between 1 and 170 degrees.
        """
        if not 1 <= field_of_view <= 170:
            raise ObservationError(
                f"A field of view of {field_of_view:g} degrees is not possible; use 1 to 170."
            )
        focal = max(width, height) / 2 / math.tan(math.radians(field_of_view / 2))
        return cls((focal, focal), (width / 2, height / 2))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Intrinsics:
        """Read a camera matrix: nine numbers as text, or JSON.

        JSON may have ``fx``, ``fy``, ``cx`` and ``cy``, or an ``intrinsic_matrix`` of nine
        numbers column by column, as Open3D writes it. Both count from the middle of the
        first pixel, as camera matrices do.

        Raises
        ------
        ObservationError
            The file cannot be read or holds no camera matrix.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                text = file.read(_LONGEST).decode("utf-8")
        except OSError as error:
            raise ObservationError(why_not_read(path, error)) from error
        except UnicodeDecodeError:
            text = ""
        try:
            fx, fy, cx, cy = _from_json(text) if text.lstrip()[:1] == "{" else _from_text(text)
        except (ValueError, KeyError, TypeError) as error:
            raise ObservationError(
                f"{path} holds no camera matrix; give nine numbers row by row, or JSON with fx, "
                "fy, cx and cy."
            ) from error
        return cls((fx, fy), (cx + 0.5, cy + 0.5))


@dataclass(frozen=True)
class DepthCamera:
    """The camera that saw a depth picture: its size and its intrinsics.

    Attributes
    ----------
    size : (int, int)
        Width and height in pixels.
    intrinsics : Intrinsics
    """

    size: tuple[int, int]
    intrinsics: Intrinsics

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> DepthCamera:
        """Make the camera of which `dataclasses.asdict` gave a JSON object.

        Raises
        ------
        ObservationError, ValueError, TypeError, KeyError
            Something is not as it must be.
        """
        width, height = (int(side) for side in row["size"])
        if min(width, height) < 1:
            raise ValueError("a depth picture without pixels")
        fx, fy = (float(length) for length in row["intrinsics"]["focal"])
        cx, cy = (float(place) for place in row["intrinsics"]["centre"])
        return cls((width, height), Intrinsics((fx, fy), (cx, cy)))

    @property
    def field_of_view(self) -> float:
        """Degrees along the picture's longer side, as if the camera looked straight."""
        along = int(self.size[1] > self.size[0])
        return math.degrees(2 * math.atan(self.size[along] / 2 / self.intrinsics.focal[along]))

    def retold(self, points: FloatArray, intrinsics: Intrinsics) -> Float64Array:
        """Where points (N, 3) of `cloud_of_depth` lie if the camera was another.

        Every point stays in its pixel and at its depth: with far = -z, x fx + cx far and
        cy far - y fy are the same in both cameras.
        """
        old, new, moved = self.intrinsics, intrinsics, np.array(points, np.float64)
        for axis, sign in ((0, -1.0), (1, 1.0)):
            shift = sign * (old.centre[axis] - new.centre[axis])
            moved[:, axis] = (moved[:, axis] * old.focal[axis] + shift * moved[:, 2]) / new.focal[
                axis
            ]
        return moved


def _from_text(text: str) -> tuple[float, float, float, float]:
    for mark in "[],;":
        text = text.replace(mark, " ")
    matrix = np.array([float(word) for word in text.split()]).reshape(3, 3)
    if abs(matrix[2, 2] - 1) > 1e-3 or abs(matrix[[1, 2, 2], [0, 0, 1]]).max() > 1e-3:
        raise ValueError("not a camera matrix")
    return float(matrix[0, 0]), float(matrix[1, 1]), float(matrix[0, 2]), float(matrix[1, 2])


def _from_json(text: str) -> tuple[float, float, float, float]:
    data = json.loads(text)
    if "intrinsic_matrix" in data:
        columns = np.array(data["intrinsic_matrix"], float).ravel()
        return _from_text(" ".join(map(str, columns.reshape(3, 3).T.ravel())))
    fx, fy, cx, cy = (float(data[key]) for key in ("fx", "fy", "cx", "cy"))
    return fx, fy, cx, cy
