"""Compiled loops over the vertices of a surface; see `occviewer.extraction.surface`."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, Float64Array, FloatArray, IntArray
from occviewer.compiled import compiled


@compiled
def edges(points: FloatArray, origin: IntArray, nodes: IntArray, axes: IntArray) -> None:
    """Find the edges in whose middles points (V, 3) lie, in nodes of a block.

    Entered are their lower ends (3, V), from the block's first node on, and their axes (V,).
    """
    for v in range(len(axes)):
        for axis in range(3):
            # Half-integers and integers, so that twice them is exact; of the three one is odd.
            doubled = int(2 * points[v, axis])
            nodes[axis, v] = (doubled >> 1) + origin[axis]
            if doubled & 1:
                axes[v] = axis


@compiled
def copied(triangles: IntArray, faces: IntArray) -> None:
    """Enter triangles (F, 3), in whatever order they lie, as faces (F, 3)."""
    for f in range(len(faces)):
        for corner in range(3):
            faces[f, corner] = triangles[f, corner]


@compiled
def cross(ends: Float32Array, margin: float, shares: Float64Array) -> None:
    """Find the shares (V,) of the edges after which values (2, V) at their ends pass zero."""
    for v in range(len(shares)):
        first, second = abs(np.float64(ends[0, v])), abs(np.float64(ends[1, v]))
        # An infinite end makes the other the place: x / (x + inf) is 0.
        share = 1.0 if np.isinf(first) else first / (first + second)
        shares[v] = min(max(share, margin), 1.0 - margin)


@compiled
def put(
    nodes: IntArray, axes: IntArray, shares: Float64Array, low: Float64Array, cell: Float64Array,
    vertices: Float32Array,
) -> None:  # fmt: skip
    """Put vertices (V, 3) on edges from padded nodes (3, V) along axes (V,)."""
    for v in range(len(shares)):
        for axis in range(3):
            at = nodes[axis, v] - 1.0
            if axes[v] == axis:
                at += shares[v]
            vertices[v, axis] = low[axis] + at * cell[axis]


@compiled
def slope_normals(
    ends: Float32Array, beside: Float32Array, axes: IntArray, shares: Float64Array,
    cell: Float64Array, normals: Float32Array,
) -> None:  # fmt: skip
    """Find the downhill directions (V, 3) where the values pass zero.

    Parameters
    ----------
    ends : (2, V) float32
        Values at the ends of the edges.
    beside : (2, 2, 2, V) float32
        Beside each end, one and two axes after the edge's, one step before and after.
    """
    downhill = np.empty(3, np.float64)
    for v in range(len(shares)):
        axis = axes[v]
        first, second = np.float64(ends[0, v]), np.float64(ends[1, v])
        if np.isfinite(first) and np.isfinite(second):
            downhill[axis] = first - second
            for turn in range(2):
                slopes = 0.0
                for end in range(2):
                    value = first if end == 0 else second
                    before = np.float64(beside[end, turn, 0, v])
                    after = np.float64(beside[end, turn, 1, v])
                    # At the box's border the padding has no value: a one-sided difference.
                    if not np.isfinite(before):
                        before = 2 * value - after
                    if not np.isfinite(after):
                        after = 2 * value - before
                    slope = (after - before) / 2
                    if np.isfinite(slope):
                        slopes += slope * (shares[v] if end else 1.0 - shares[v])
                downhill[(axis + turn + 1) % 3] = -slopes
        else:
            # Where the surface is closed at the border, the lid is flat.
            downhill[:] = 0.0
            downhill[axis] = 1.0 if first > second else -1.0
        total = 0.0
        for k in range(3):
            downhill[k] /= cell[k]
            total += downhill[k] * downhill[k]
        for k in range(3):
            normals[v, k] = downhill[k] / np.sqrt(total)
