"""Strokes of a brush over a picture: what is the shape, and what is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from occviewer.arrays import BoolArray

_FINE = 8  # shares of a pixel in which strokes are drawn: two to the power of 3
_SHIFT = 3


@dataclass(frozen=True)
class Stroke:
    """One stroke of a round brush.

    Parameters
    ----------
    points : tuple of (float, float)
        Pixels across and down that the brush passed; the middle of the first pixel of a
        picture is (0.5, 0.5).
    radius : float
        Of the brush, pixels.
    include : bool
        Whether what it passed over is the shape; otherwise it is background.
    """

    points: tuple[tuple[float, float], ...]
    radius: float
    include: bool

    def __post_init__(self) -> None:
        points = tuple((float(across), float(down)) for across, down in self.points)
        if not points or not np.isfinite([*sum(points, ()), self.radius]).all():
            raise ValueError("A stroke needs finite points and a finite radius.")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "radius", float(self.radius))
        object.__setattr__(self, "include", bool(self.include))


def drawn(strokes: Iterable[Stroke], width: int, height: int) -> tuple[BoolArray, BoolArray]:
    """Draw strokes over a picture; where several pass, the last one counts.

    Returns
    -------
    include, exclude : (H, W) bool
    """
    import cv2

    said = np.zeros((height, width), np.uint8)
    for stroke in strokes:
        value = 1 if stroke.include else 2
        # Far beyond the picture OpenCV's numbers would overflow.
        places = (np.array(stroke.points) - 0.5).clip(-1e4, 1e4)
        fixed = np.round(places * _FINE).astype(np.int32)
        if len(fixed) > 1:
            thick = max(1, round(2 * stroke.radius))
            cv2.polylines(said, [fixed], False, value, thick, cv2.LINE_8, _SHIFT)
        for place in fixed[[0, -1]].tolist():
            cv2.circle(said, place, round(stroke.radius * _FINE), value, -1, cv2.LINE_8, _SHIFT)
    return said == 1, said == 2
