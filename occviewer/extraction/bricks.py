"""Sparse storage of one level of the grid: bricks of 8³ nodes where they are needed.

Node coordinates here are *padded*: the field's own nodes are ``1 … cells + 1``
along each axis, and one layer of nodes around them counts as outside, which
closes a surface that leaves the box. Arrays of nodes have the shape (3, N); a
brick is named by its index in the flattened table.

A node that was asked holds its logit minus the level (finite, not zero), and its
bit in `BrickGrid.known` is set. Any other node holds what is taken for it: a
prediction, or -inf (outside) or +inf (inside). The padding is known to be -inf.
A brick that the surface is not near is not stored: its entry in the table names
one of two shared bricks, all outside or all inside.

Beside the values lie the signs as bits, the eight nodes of a row along z in one
byte, so that questions of the kind "which cells have corners on both sides" are
a few operations on whole rows; see `occviewer.extraction.rows`.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, IntArray, UInt8Array

BRICK = 8
OUTSIDE, INSIDE = 0, 1


class BrickGrid:
    """Values at the nodes of a grid of ``cells``³ cells, stored by bricks.

    Parameters
    ----------
    cells : int
        Cells a side, without the padding.

    Attributes
    ----------
    table : (side + 2, …) int32
        Slot of each brick, with a layer more on every side that is always outside,
        which spares the neighbours' tests.
    slack : (≤ slots, 8, 8, 8) float32
        By how much values that a frame took over from the last one may be wrong.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.side = -(-(cells + 3) // BRICK)
        self.table = np.full((self.side + 2,) * 3, OUTSIDE, np.int32)
        self.slack = np.zeros((0, BRICK, BRICK, BRICK), np.float32)
        self._count = 2
        self._values = np.empty((64, BRICK, BRICK, BRICK), np.float32)
        self._inside = np.zeros((64, BRICK, BRICK), np.uint8)
        self._known = np.zeros((64, BRICK, BRICK), np.uint8)
        self._corners = np.zeros((64, 3), np.int32)
        self._values[OUTSIDE], self._values[INSIDE] = -np.inf, np.inf
        self._inside[INSIDE] = 255

    @property
    def values(self) -> Float32Array:
        """Stored bricks (slots, 8, 8, 8), the two shared ones first."""
        return self._values[: self._count]

    @property
    def inside(self) -> UInt8Array:
        """Signs (slots, 8, 8) of the stored bricks; bit k is the k-th node along z."""
        return self._inside[: self._count]

    @property
    def known(self) -> UInt8Array:
        """Which nodes were asked (or are padding), as `inside`."""
        return self._known[: self._count]

    def bricks_at(self, slots: IntArray) -> IntArray:
        """Names (M,) of the bricks in some slots (M,)."""
        return self.named(self._corners[slots].T >> 3)

    def named(self, coordinates: IntArray) -> IntArray:
        """Names (M,) of bricks by coordinates (3, M): their indices in the flattened table."""
        x, y, z = coordinates
        wide = self.side + 2
        names: IntArray = ((x + 1) * wide + y + 1) * wide + z + 1
        return names

    def coordinates(self, bricks: IntArray) -> IntArray:
        """Coordinates (3, M) of bricks (M,)."""
        x, yz = np.divmod(bricks, (self.side + 2) ** 2)
        return np.stack([x, *np.divmod(yz, self.side + 2)]) - 1

    def slots(self, bricks: IntArray, step: tuple[int, ...] = (0, 0, 0)) -> IntArray:
        """Slots (M,) of the bricks ``step`` away from bricks (M,)."""
        slots: IntArray = self.table.reshape(-1)[bricks + self.offset(step)]
        return slots

    def near_surface(self) -> IntArray:
        """Find the bricks (M,) whose cells may have corners on both sides or known ones."""
        outside, inside = self.table[1:] == OUTSIDE, self.table[1:] == INSIDE
        for axis in range(3):
            low = [slice(None)] * 3
            high = [slice(None)] * 3
            low[axis], high[axis] = slice(0, -1), slice(1, None)
            outside = outside[tuple(low)] & outside[tuple(high)]
            inside = inside[tuple(low)] & inside[tuple(high)]
        return self.named(np.stack(np.nonzero(~(outside | inside)[:, 1:, 1:])))

    def with_lower(self, bricks: IntArray) -> IntArray:
        """Bricks (M,) and their lower neighbours along all axes, each once."""
        marked = np.zeros(self.table.size, bool)
        for step in product((0, -1), repeat=3):
            marked[bricks + self.offset(step)] = True
        return self._real(marked)

    def with_neighbours(self, bricks: IntArray) -> IntArray:
        """Bricks (M,) and all 26 neighbours of each, each once."""
        marked = np.zeros(self.table.size, bool)
        for step in product((-1, 0, 1), repeat=3):
            marked[bricks + self.offset(step)] = True
        return self._real(marked)

    def _real(self, marked: BoolArray) -> IntArray:
        """Names (M,) of marked bricks, without the layer around the table."""
        bricks = np.flatnonzero(marked)
        x, y, z = self.coordinates(bricks)
        low, high = np.minimum(np.minimum(x, y), z), np.maximum(np.maximum(x, y), z)
        real: IntArray = bricks[(low >= 0) & (high < self.side)]
        return real

    def offset(self, step: tuple[int, ...]) -> int:
        """How much larger the name of the brick ``step`` away is."""
        wide = self.side + 2
        return (step[0] * wide + step[1]) * wide + step[2]

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

    def asked(self) -> tuple[IntArray, Float32Array]:
        """Find the padded nodes (3, N) that were asked, and their values (N,)."""
        slots = np.arange(INSIDE + 1, self._count)
        bits = self._known[slots] & ~self._padding(slots)
        places = np.flatnonzero(unpacked(bits)) + (INSIDE + 1) * BRICK**3
        return self.nodes_at(places), self._values.reshape(-1)[places]

    def nodes_at(self, places: IntArray) -> IntArray:
        """Turn into padded nodes (3, N) the indices (N,) of the flattened `values`."""
        nodes: IntArray = self._corners[places >> 9].T.astype(np.int64)
        nodes[0] += (places >> 6) & 7
        nodes[1] += (places >> 3) & 7
        nodes[2] += places & 7
        return nodes

    def add(self, bricks: IntArray) -> IntArray:
        """Store bricks (M,) that are not stored yet; returns the slots (M,) of all.

        New ones hold what the shared brick held in whose place they are.
        """
        slots = self.slots(bricks).astype(np.int64)
        new = slots <= INSIDE
        first, self._count = self._count, self._count + int(new.sum())
        if first == self._count:
            return slots
        self._grow(first)
        made = slice(first, self._count)
        self._corners[made] = BRICK * self.coordinates(bricks[new]).T
        self._values[made] = self._values[slots[new]]
        self._known[made] = 0
        self._inside[made] = self._inside[slots[new]]
        slots[new] = np.arange(first, self._count)
        self.table.reshape(-1)[bricks[new]] = slots[new]
        self._pad(slots[new])
        self.update_signs(slots[new])
        return slots

    def fill(self, slots: IntArray, values: Float32Array, known: UInt8Array) -> None:
        """Replace whole stored bricks by values (M, 8, 8, 8) and known bits (M, 8, 8)."""
        self._values[slots] = values
        self._known[slots] = known
        self._pad(slots)
        self.update_signs(slots)

    def answer(self, places: IntArray, answers: Float32Array) -> Float32Array:
        """Enter answers (N,) at places (N,); returns what was there. The bits are not touched."""
        flat = self._values.reshape(-1)
        before: Float32Array = flat[places]
        flat[places] = answers
        return before

    def update_signs(self, slots: IntArray) -> BoolArray:
        """Bring the sign bits of some slots (M,) up to date; returns which have changed."""
        bits = packed(self._values[slots] > 0)
        changed: BoolArray = (bits != self._inside[slots]).any(axis=(1, 2))
        self._inside[slots] = bits
        return changed

    def own(self, bricks: IntArray) -> BoolArray:
        """Which nodes (M, 8, 8, 8) of bricks (M,) are the field's own, not padding."""
        return self._own(BRICK * self.coordinates(bricks))

    def _own(self, corners: IntArray) -> BoolArray:
        nodes = corners[:, :, None] + np.arange(BRICK)
        x, y, z = (nodes >= 1) & (nodes <= self.cells + 1)
        own: BoolArray = x[:, :, None, None] & y[:, None, :, None] & z[:, None, None, :]
        return own

    def window(
        self, bricks: IntArray, low: int, high: int, source: Float32Array | None = None
    ) -> Float32Array:
        """Bricks (M,) with ``low`` nodes more below and ``high`` above each axis.

        Taken from `values`, or from another array (slots, 8, 8, 8).

        Returns
        -------
        (low + 8 + high, …, …, M) float32
            The bricks along the last axis: what is done to a window runs over it.
        """
        size = low + BRICK + high
        spans = {
            -1: (slice(0, low), slice(BRICK - low, BRICK)),
            0: (slice(low, low + BRICK), slice(0, BRICK)),
            1: (slice(low + BRICK, size), slice(0, high)),
        }
        steps = [step for step, (to, _) in spans.items() if to.stop > to.start]
        out = np.empty((size, size, size, len(bricks)), np.float32)
        source = self._values if source is None else source
        for step in product(steps, repeat=3):
            to, of = zip(*(spans[s] for s in step), strict=True)
            out[to] = source[(self.slots(bricks, step), *of)].transpose(1, 2, 3, 0)
        return out

    def _grow(self, kept: int) -> None:
        """Make room for `_count` bricks; the first ``kept`` are kept."""
        if self._count <= len(self._values):
            return
        size = max(self._count, 2 * len(self._values))
        for name in ("_values", "_inside", "_known", "_corners"):
            old = getattr(self, name)
            grown = np.empty((size, *old.shape[1:]), old.dtype)
            grown[:kept] = old[:kept]
            setattr(self, name, grown)

    def _border(self, slots: IntArray) -> BoolArray:
        """Whether the bricks in some slots (M,) contain padding."""
        corners = self._corners[slots]
        border: BoolArray = ((corners == 0) | (corners + BRICK > self.cells + 2)).any(axis=1)
        return border

    def _padding(self, slots: IntArray) -> UInt8Array:
        """Bits (M, 8, 8) of the padding in some slots (M,)."""
        bits = np.zeros((len(slots), BRICK, BRICK), np.uint8)
        border = self._border(slots)
        bits[border] = packed(~self._own(self._corners[slots[border]].T))
        return bits

    def _pad(self, slots: IntArray) -> None:
        """Make the padding in some slots (M,) known and outside."""
        slots = slots[self._border(slots)]
        padding = self._padding(slots)
        values = self._values[slots]
        values[unpacked(padding)] = -np.inf
        self._values[slots] = values
        self._known[slots] |= padding


def packed(mask: BoolArray) -> UInt8Array:
    """Bits (…, 8) uint8 of a mask (…, 8, 8), the last axis becoming the bits of a byte."""
    # Every row fills a byte, so that the whole may be packed as one.
    return np.packbits(mask.reshape(-1), bitorder="little").reshape(mask.shape[:-1])


def unpacked(bits: UInt8Array) -> BoolArray:
    """Mask (…, 8, 8) of bits (…, 8)."""
    return np.unpackbits(bits.reshape(-1), bitorder="little").view(bool).reshape(*bits.shape, 8)
