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
def on_faces(nodes: IntArray, axes: IntArray, first: IntArray, last: IntArray) -> IntArray:
    """Find the edges (V,) that lie in a face of a block, of its first to its last node."""
    found, count = np.empty(len(axes), np.int64), 0
    for v in range(len(axes)):
        for axis in range(3):
            at = nodes[axis, v]
            if axis != axes[v] and (at == first[axis] or at == last[axis]):
                found[count] = v
                count += 1
                break
    return found[:count].copy()


@compiled
def join(
    nodes: IntArray, axes: IntArray, faces: IntArray, shared: IntArray, numbers: IntArray,
    all_nodes: IntArray, all_axes: IntArray, new_faces: IntArray, count: int,
) -> int:  # fmt: skip
    """Append the vertices (V,) of a block, and their faces (F, 3) by new numbers.

    Parameters
    ----------
    shared : (V,) int64
        The name of what other blocks may have as well, else -1.
    numbers : int64
        By name the new number of what was appended before, else -1.
    count : int
        How many were appended before; returned is how many there are now.
    """
    new = np.empty(len(axes), np.int32)
    for v in range(len(axes)):
        name = shared[v]
        if name >= 0:
            if numbers[name] >= 0:
                new[v] = numbers[name]
                continue
            numbers[name] = count
        new[v] = count
        for axis in range(3):
            all_nodes[axis, count] = nodes[axis, v]
        all_axes[count] = axes[v]
        count += 1
    for f in range(len(faces)):
        for corner in range(3):
            new_faces[f, corner] = new[faces[f, corner]]
    return count


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
                    # Padding, and what is only known to lie on one side, has no value: then the
                    # difference is one-sided. Infinities are kept out of all sums.
                    slope = 0.0
                    if np.isfinite(before) and np.isfinite(after):
                        slope = (after - before) / 2
                    elif np.isfinite(after):
                        slope = after - value
                    elif np.isfinite(before):
                        slope = value - before
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
