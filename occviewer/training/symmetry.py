"""Shapes that look alike from several sides, so that a picture cannot tell which it shows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from occviewer.arrays import FloatArray
from occviewer.cameras import PictureCamera

_TURNS = (2, 4, 8)
_ALIKE = 0.006  # box units that surfaces lie apart after a turn that nobody sees
_POINTS = 4000


def symmetry_order(surface: FloatArray) -> int:
    """Count the turns about the vertical after which a shape looks as before.

    8 stands for round ones, whose azimuth means nothing beyond that.

    Parameters
    ----------
    surface : (N, 3)
        Points of it in random order, box frame.
    """
    points = torch.from_numpy(np.asarray(surface[:_POINTS], np.float32))
    half = len(points) // 2
    moved, still = points[:half], points[half:]
    apart = float(torch.cdist(moved, still).amin(1).mean())
    order = 1
    for turns in _TURNS:
        angle = 2 * math.pi / turns
        turn = torch.tensor(
            [
                [math.cos(angle), 0.0, -math.sin(angle)],
                [0.0, 1.0, 0.0],
                [math.sin(angle), 0.0, math.cos(angle)],
            ]
        )
        if float(torch.cdist(moved @ turn, still).amin(1).mean()) <= apart + _ALIKE:
            order = turns
    return order


def azimuth_error(found: float, true: float, order: int) -> float:
    """Degrees between azimuths of a shape that looks alike after 1 / `order` of a turn."""
    period = 360.0 / order
    away = abs(found - true) % period
    return min(away, period - away)


def frontmost(camera: PictureCamera, order: int) -> PictureCamera:
    """Of the cameras from which a symmetric shape looks the same, take the one most in front.

    Without that rule a network would be asked for another answer each time, and give the mean
    of all.
    """
    period = 360.0 / order
    return replace(camera, azimuth=camera.azimuth - period * round(camera.azimuth / period))
