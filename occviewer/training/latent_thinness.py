"""Where the parts of a training shape are thin."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.arrays import Float32Array, Float64Array
from occviewer.training.observing import Arrays

_SIDE = 24
_BOX = 0.55
_SOLID = 0.5  # a half full neighbourhood is the face of something solid


class ThinParts:
    """A coarse map of how thin the parts of a shape are: legs, slats and boards.

    A part is thin where nowhere nearby a neighbourhood (a cube of 0.14) is half full. The
    corner of a solid body is not thin: a step inwards everything is full.

    Parameters
    ----------
    shape : Arrays
        With ``uniform``, ``uniform_inside`` and ``bounds``.
    """

    def __init__(self, shape: Arrays) -> None:
        cells = _cells(shape["uniform"].astype(np.float64))
        inside = np.bincount(cells, shape["uniform_inside"], _SIDE**3).astype(np.float32)
        # Points fill the bounding box evenly; outside it, where none are stored, is nothing.
        size = np.prod(np.ptp(shape["bounds"].astype(np.float64), axis=0))
        in_full_cell = len(cells) / size * (2 * _BOX / _SIDE) ** 3
        full = torch.from_numpy(inside / np.float32(in_full_cell))
        share = F.avg_pool3d(full.view(1, 1, _SIDE, _SIDE, _SIDE), 3, 1, 1)
        most = F.max_pool3d(share, 3, 1, 1)
        thin = (1 - most / _SOLID).clamp(0, 1) * (most > 0)
        self._thin: Float32Array = thin.flatten().numpy().astype(np.float32)

    def at(self, points: Float64Array) -> Float32Array:
        """Thinness (N,) at points (N, 3) of the shape's frame: 0 none or solid, 1 a thread."""
        found: Float32Array = self._thin[_cells(points)]
        return found


def _cells(points: Float64Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Cell numbers (N,) of points (N, 3); those outside the box belong to its border."""
    cell = np.clip((points / (2 * _BOX) + 0.5) * _SIDE, 0, _SIDE - 1).astype(np.int64)
    number: np.ndarray[tuple[int], np.dtype[np.int64]] = cell[:, 0] + _SIDE * (
        cell[:, 1] + _SIDE * cell[:, 2]
    )
    return number
