"""Vertices and normals from the field itself, for a mesh that is kept."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, Float64Array
from occviewer.extraction.field import Asker

# Half the distance, in cells, over which the field's slope is measured at a vertex.
_REACH = 0.25


def crossings(
    asker: Asker, ends: Float64Array, values: Float64Array, share: Float64Array, steps: int
) -> Float64Array:
    """Find more exactly where the field crosses the level along edges.

    Regula falsi in the Illinois variant (Dowell and Jarratt, BIT 11, 1971): the
    crossing stays between the ends, and an end that stays put twice counts half.

    Parameters
    ----------
    asker : Asker
        Of the field and level.
    ends : (2, V, 3) float64
        Ends of the edges, box frame.
    values : (2, V) float64
        Logits minus level there, of opposite signs.
    share : (V,) float64
        Where the crossing is taken to be, 0 … 1 along the edge.
    steps : int
        How often the field is asked at each vertex.

    Returns
    -------
    (V,) float64
        Share of the edge.
    """
    low, high = np.zeros_like(share), np.ones_like(share)
    at_low, at_high = values[0].copy(), values[1].copy()
    last = np.zeros(share.shape, np.int8)  # which end moved in the last step: 1 low, -1 high
    for _ in range(steps):
        value = asker.ask_at(_between(asker, ends, share)).astype(np.float64)
        beyond = (value > 0) == (at_low > 0)  # the crossing lies behind this point
        at_high = np.where(beyond, np.where(last == 1, at_high / 2, at_high), value)
        at_low = np.where(beyond, value, np.where(last == -1, at_low / 2, at_low))
        last = np.where(beyond, 1, -1).astype(np.int8)
        low, high = np.where(beyond, share, low), np.where(beyond, high, share)
        share = low + (high - low) * at_low / (at_low - at_high)
    return share


def gradient_normals(asker: Asker, vertices: Float32Array, cell: Float64Array) -> Float32Array:
    """Downhill directions (V, 3) of the field at vertices (V, 3), by central differences.

    Asks six points a vertex, a quarter of a cell away. Where the slope is zero there,
    so is the direction.
    """
    low, high = asker.corners
    slope = np.empty(vertices.shape, np.float64)
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = _REACH * cell[axis]
        above = np.clip((vertices + step).astype(np.float32), low, high)
        below = np.clip((vertices - step).astype(np.float32), low, high)
        change = asker.ask_at(above).astype(np.float64) - asker.ask_at(below)
        slope[:, axis] = change / (above - below)[:, axis]
    size = np.linalg.norm(slope, axis=1, keepdims=True)
    return (-slope / np.where(size > 0, size, 1.0)).astype(np.float32)


def _between(asker: Asker, ends: Float64Array, share: Float64Array) -> Float32Array:
    points: Float32Array = (ends[0] + share[:, None] * (ends[1] - ends[0])).astype(np.float32)
    return np.clip(points, *asker.corners)  # rounding may lead out of the box
