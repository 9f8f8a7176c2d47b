"""Sparse storage of one level of the grid: bricks of 8³ nodes where they are needed.

Node coordinates here are *padded*: the field's own nodes are ``1 … cells + 1``
along each axis, and one layer of nodes around them counts as outside, which
closes a surface that leaves the box. Index arrays have the shape (3, N).

A node that was asked holds its logit minus the level (finite, not zero). A node
that was not holds -inf (taken to be outside) or +inf (taken to be inside). A
brick without any asked node is not stored: its entry in the table names one of
two shared bricks, all outside or all inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, IntArray

BRICK = 8
OUTSIDE, INSIDE = 0, 1

# Windows of so many bricks at a time stay in the processor's cache.
_CHUNK = 512


class BrickGrid:
    """Values at the nodes of a grid of ``cells``³ cells, stored by bricks.

    Parameters
    ----------
    cells : int
        Cells a side, without the padding.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.side = -(-(cells + 3) // BRICK)
        # One layer more on every side, always outside, spares the neighbours' tests.
        self.table = np.full((self.side + 2,) * 3, OUTSIDE, np.int32)
        self._values = np.empty((64, BRICK, BRICK, BRICK), np.float32)
        self._values[OUTSIDE], self._values[INSIDE] = -np.inf, np.inf
        self._count = 2

    @property
    def values(self) -> Float32Array:
        """Stored bricks (slots, 8, 8, 8), the two shared ones first."""
        return self._values[: self._count]

    def stored(self) -> IntArray:
        """Coordinates (3, M) of the stored bricks."""
        return np.stack(np.nonzero(self.table[1:-1, 1:-1, 1:-1] > INSIDE))

    def stored_and_lower(self) -> IntArray:
        """Find the stored bricks and those below, which own cells with nodes in them."""
        return self.with_lower(self.stored())

    def with_lower(self, bricks: IntArray) -> IntArray:
        """Bricks (3, M) and their lower neighbours along all axes, each once."""
        marked = np.zeros((self.side,) * 3, bool)
        for step in product((0, 1), repeat=3):
            below = np.maximum(bricks - np.array(step)[:, None], 0)
            marked[tuple(below)] = True
        return np.stack(np.nonzero(marked))

    def get(self, nodes: IntArray) -> Float32Array:
        """Values at padded nodes (3, …)."""
        values: Float32Array = self._values.reshape(-1)[self.places(*nodes)]
        return values

    def places(self, x: IntArray, y: IntArray, z: IntArray) -> IntArray:
        """Turn padded nodes into indices of the flattened `values`."""
        wide = self.side + 2
        brick = (((x >> 3) + 1) * wide + (y >> 3) + 1) * wide + (z >> 3) + 1
        slot = self.table.reshape(-1)[brick].astype(np.int64)
        places: IntArray = (slot << 9) | ((x & 7) << 6) | ((y & 7) << 3) | (z & 7)
        return places

    def put(self, nodes: IntArray, values: Float32Array) -> None:
        """Set values at padded nodes (3, N); their bricks are made where missing."""
        self.add(self.bricks_of(nodes))
        self._values.reshape(-1)[self.places(*nodes)] = values

    def bricks_of(self, nodes: IntArray) -> IntArray:
        """Find the bricks (3, M) in which padded nodes (3, N) lie, each once."""
        marked = np.zeros((self.side,) * 3, bool)
        marked[tuple(nodes >> 3)] = True
        return np.stack(np.nonzero(marked))

    def add(self, bricks: IntArray) -> IntArray:
        """Store bricks (3, M) that are not stored yet; returns those that were new."""
        slots = self.table[tuple(bricks + 1)]
        new = bricks[:, slots <= INSIDE]
        first, self._count = self._count, self._count + new.shape[1]
        if self._count > len(self._values):
            grown = np.empty((max(self._count, 2 * len(self._values)), 8, 8, 8), np.float32)
            grown[:first] = self._values[:first]
            self._values = grown
        self._values[first : self._count] = self._values[slots[slots <= INSIDE]]
        self.table[tuple(new + 1)] = np.arange(first, self._count)
        return new

    def fill(self, bricks: IntArray, values: Float32Array) -> None:
        """Replace whole stored bricks (3, M) by values (M, 8, 8, 8)."""
        self._values[self.table[tuple(bricks + 1)]] = values

    def real(self, nodes: IntArray) -> BoolArray:
        """Whether padded nodes (3, …) are the field's own and not padding."""
        x, y, z = (nodes >= 1) & (nodes <= self.cells + 1)
        own: BoolArray = x & y & z
        return own

    def window(self, bricks: IntArray, low: int, high: int) -> Float32Array:
        """Bricks (3, M) with ``low`` nodes more below and ``high`` above each axis.

        Returns
        -------
        (M, low + 8 + high, …, …) float32
        """
        size = low + BRICK + high
        spans = {
            -1: (slice(0, low), slice(BRICK - low, BRICK)),
            0: (slice(low, low + BRICK), slice(0, BRICK)),
            1: (slice(low + BRICK, size), slice(0, high)),
        }
        steps = [step for step, (to, _) in spans.items() if to.stop > to.start]
        out = np.empty((bricks.shape[1], size, size, size), np.float32)
        for dx, dy, dz in product(steps, repeat=3):
            slots = self.table[bricks[0] + 1 + dx, bricks[1] + 1 + dy, bricks[2] + 1 + dz]
            to = (slice(None), spans[dx][0], spans[dy][0], spans[dz][0])
            out[to] = self._values[slots, spans[dx][1], spans[dy][1], spans[dz][1]]
        return out

    def windows(
        self, bricks: IntArray, low: int, high: int
    ) -> Iterator[tuple[IntArray, Float32Array]]:
        """Chunks of bricks (3, m) with their `window`."""
        for start in range(0, bricks.shape[1], _CHUNK):
            chunk = bricks[:, start : start + _CHUNK]
            yield chunk, self.window(chunk, low, high)


def mixed_cells(inside: BoolArray) -> BoolArray:
    """Cells (M, n, n, n) whose corners (M, n + 1, …) are not all on one side."""
    some = every = inside
    for axis in (1, 2, 3):
        below, above = _halves(axis)
        some = some[below] | some[above]
        every = every[below] & every[above]
    return some & ~every


def corners_of(cells: BoolArray) -> BoolArray:
    """Nodes (M, n + 1, …) that are a corner of one of the cells (M, n, n, n)."""
    nodes = cells
    for axis in (1, 2, 3):
        shape = list(nodes.shape)
        shape[axis] += 1
        spread = np.zeros(shape, bool)
        below, above = _halves(axis)
        spread[below] |= nodes
        spread[above] |= nodes
        nodes = spread
    return nodes


def coordinates(bricks: IntArray, mask: BoolArray) -> IntArray:
    """Turn into padded coordinates (3, N) the true entries of a mask (M, …) over bricks (3, M)."""
    which, *inner = np.nonzero(mask)
    return bricks[:, which] * BRICK + np.stack(inner)


def _halves(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    below = [slice(None)] * 4
    above = [slice(None)] * 4
    below[axis], above[axis] = slice(None, -1), slice(1, None)
    return tuple(below), tuple(above)
