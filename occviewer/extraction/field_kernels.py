"""Compiled loops over the questions to a field and its answers."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, IntArray
from occviewer.compiled import compiled

_ZERO = np.float32(0)


@compiled
def points_at(
    i: IntArray, j: IntArray, k: IntArray, x: Float32Array, y: Float32Array, z: Float32Array,
    points: Float32Array,
) -> None:  # fmt: skip
    """Enter the points (N, 3) at nodes (i, j, k), by where the nodes lie along each axis."""
    for n in range(len(points)):
        points[n, 0] = x[i[n]]
        points[n, 1] = y[j[n]]
        points[n, 2] = z[k[n]]


@compiled
def undefined(logits: Float32Array) -> int:
    """Count what is no number."""
    count = 0
    for n in range(len(logits)):
        count += np.isnan(logits[n])
    return count


@compiled
def extremes(logits: Float32Array) -> tuple[np.float32, np.float32]:
    """Lowest and highest of some numbers (N,), at least one."""
    lowest = highest = logits[0]
    for n in range(len(logits)):
        lowest = min(lowest, logits[n])
        highest = max(highest, logits[n])
    return lowest, highest


@compiled
def relative(
    logits: Float32Array, level: np.float32, least: np.float32, most: np.float32,
    values: Float32Array,
) -> None:  # fmt: skip
    """Enter how far logits (N,) are from the level, by at least and at most so much."""
    for n in range(len(values)):
        value = logits[n] - level
        distance = min(max(abs(value), least), most)
        values[n] = -distance if value < _ZERO else distance
