"""Queries put in an order in which neighbours follow each other; compiled."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, IntArray
from occviewer.compiled import compiled

_MOST_BITS = 5  # of each coordinate
_ZERO = np.float32(0)

# Queries lie around a surface, which passes some 4 ** bits of 8 ** bits cells.
_IN_A_CELL = 64


def by_place(queries: Float32Array) -> IntArray:
    """Order queries along a Z-order curve through cells of their own box.

    Parameters
    ----------
    queries : (M, 3) float32
        Contiguous.

    Returns
    -------
    (M,) int64
        Their numbers.
    """
    order = np.empty(len(queries), np.int64)
    bits = 0
    while bits < _MOST_BITS and len(queries) >= _IN_A_CELL << 2 * (bits + 1):
        bits += 1
    _order(queries, bits, order)
    return order


@compiled
def _order(queries: Float32Array, bits: int, order: IntArray) -> None:
    low, high = np.full(3, np.inf, np.float32), np.full(3, -np.inf, np.float32)
    for query in range(len(queries)):
        for axis in range(3):
            at = queries[query, axis]
            low[axis], high[axis] = min(low[axis], at), max(high[axis], at)
    side = 1 << bits
    cells = np.empty(len(queries), np.uint16)
    starts = np.zeros(side**3 + 1, np.int64)
    for query in range(len(queries)):
        cell = 0
        for axis in range(3):
            along = (queries[query, axis] - low[axis]) / (high[axis] - low[axis])
            # What is no number lies nowhere, and along an axis without extent all is one.
            at = min(int(along * side), side - 1) if along > _ZERO else 0
            for bit in range(bits):
                cell |= ((at >> bit) & 1) << (3 * bit + axis)
        cells[query] = cell
        starts[cell + 1] += 1
    for cell in range(side**3):
        starts[cell + 1] += starts[cell]
    for query in range(len(queries)):
        order[starts[cells[query]]] = query
        starts[cells[query]] += 1
