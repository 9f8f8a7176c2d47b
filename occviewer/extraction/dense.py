"""Dense storage of one level of the grid, for levels that are not too fine for it.

Nodes are padded as those of `occviewer.extraction.bricks`, and values, signs and what is
known mean the same. Up to a few million nodes it is quicker to hold all of them than to
find out which to hold: a node's place is arithmetic, its neighbours are a fixed number of
places away, and the signs of a whole grid are a few hundred thousand bytes.

Rows along z are filled up to whole bytes; what is beyond the padding is outside too.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, IntArray, UInt8Array
from occviewer.extraction.bricks import BRICK, INSIDE, BrickGrid

DENSE_CELLS = 128
"""Levels of so many cells a side, and coarser ones, are dense."""


class DenseGrid:
    """Values at all nodes of a grid of ``cells``³ cells.

    Parameters
    ----------
    cells : int
        Cells a side, without the padding.

    Attributes
    ----------
    side, depth : int
        Nodes along x and y, and along z, with the padding.
    values : (side, side, depth) float32
        Logits minus level where a node is known, else what is predicted; -inf in the
        padding. Not initialised.
    inside, known : (side, side, depth / 8) uint8
        Signs, and which nodes were asked; bit k of a byte is its k-th node along z.
    own : (side, side, depth / 8) uint8
        Which nodes are the field's own, not padding.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.side = cells + 3
        self.depth = -(-self.side // 8) * 8
        self.values = np.empty((self.side, self.side, self.depth), np.float32)
        self.own = _own(cells, self.side, self.depth)
        self.inside = np.zeros_like(self.own)
        self.known = np.zeros_like(self.own)

    @property
    def flat(self) -> Float32Array:
        """The values by place: a view (side * side * depth,)."""
        return self.values.reshape(-1)

    def offset(self, step: tuple[int, ...]) -> int:
        """How many places the node ``step`` away is further."""
        return (step[0] * self.side + step[1]) * self.depth + step[2]

    def places(self, x: IntArray, y: IntArray, z: IntArray) -> IntArray:
        """Turn padded nodes into places."""
        places: IntArray = (x * self.side + y) * self.depth + z
        return places

    def nodes_at(self, places: IntArray) -> IntArray:
        """Turn places (N,) into padded nodes (3, N)."""
        row = places // self.depth
        x = row // self.side
        return np.stack([x, row - x * self.side, places - row * self.depth])

    def get(self, nodes: IntArray) -> Float32Array:
        """Values at padded nodes (3, …)."""
        values: Float32Array = self.flat[self.places(*nodes)]
        return values

    def asked(self) -> tuple[IntArray, Float32Array]:
        """Find the padded nodes (3, N) that were asked, and their values (N,)."""
        places = places_of(self.known)
        return self.nodes_at(places), self.flat[places]

    def signs(self) -> UInt8Array:
        """Whether each node (side, side, depth) is inside, 0 or 1."""
        return unpacked(self.inside).view(np.uint8)

    def needed(self) -> UInt8Array:
        """Bits of the nodes that are corners of a cell with corners on both sides."""
        above = _raised(self.inside)
        some, every = self.inside | above, self.inside & above
        some, every = some[:, :-1] | some[:, 1:], every[:, :-1] & every[:, 1:]
        some, every = some[:-1] | some[1:], every[:-1] & every[1:]
        mixed = some & ~every
        along = mixed | _lowered(mixed)
        nodes = np.zeros_like(self.inside)
        across = np.zeros((self.side - 1, *nodes.shape[1:]), np.uint8)
        across[:, :-1] = along
        across[:, 1:] |= along
        nodes[:-1] = across
        nodes[1:] |= across
        nodes &= self.own
        return nodes

    def bricks(self) -> BrickGrid:
        """Copy into bricks, for a finer level that is stored so."""
        grid = BrickGrid(self.cells)
        side = grid.side
        whole = np.full((BRICK * side,) * 3, -np.inf, np.float32)
        known = np.zeros(whole.shape, bool)
        inner = (slice(0, self.side),) * 3
        whole[inner] = self.values[inner]
        known[inner] = unpacked(self.known)[inner]
        split = (side, BRICK, side, BRICK, side, BRICK)
        values, asked = (
            np.reshape(array.reshape(split).transpose(0, 2, 4, 1, 3, 5), (-1, BRICK, BRICK, BRICK))
            for array in (whole, known)
        )
        inside = values > 0
        every = inside.all(axis=(1, 2, 3))
        kept = (inside.any(axis=(1, 2, 3)) & ~every) | asked.any(axis=(1, 2, 3))
        names = grid.named(np.stack(np.nonzero(np.ones((side,) * 3, bool))))
        grid.table.reshape(-1)[names[every]] = INSIDE
        grid.fill(grid.add(names[kept]), values[kept], packed(asked[kept])[..., 0])
        return grid


def packed(mask: BoolArray) -> UInt8Array:
    """Bits (…, depth / 8) of a mask (…, depth)."""
    bits = np.packbits(mask.reshape(-1), bitorder="little")
    return bits.reshape(*mask.shape[:-1], mask.shape[-1] // 8)


def unpacked(bits: UInt8Array) -> BoolArray:
    """Mask (…, depth) of bits (…, depth / 8)."""
    mask = np.unpackbits(bits.reshape(-1), bitorder="little").view(bool)
    return mask.reshape(*bits.shape[:-1], 8 * bits.shape[-1])


def places_of(bits: UInt8Array) -> IntArray:
    """Places (N,) of the bits that are set, ascending."""
    return Chosen(bits).places


class Chosen:
    """Places of some bits, and bits of some of the places.

    Parameters
    ----------
    bits : uint8
        Of which some are set.

    Attributes
    ----------
    places : (N,) int64
        Of the bits that are set, ascending.
    """

    def __init__(self, bits: UInt8Array) -> None:
        flat = bits.reshape(-1)
        self._shape = bits.shape
        self._filled = np.flatnonzero(flat != 0)
        whole = np.unpackbits(flat[self._filled], bitorder="little").view(bool)
        self._among = np.flatnonzero(whole)
        self.places: IntArray = (self._filled[self._among >> 3] << 3) + (self._among & 7)

    def where(self, mask: BoolArray) -> UInt8Array:
        """Bits of the places for which a mask (N,) is true."""
        whole = np.zeros(8 * len(self._filled), bool)
        whole[self._among] = mask
        bits = np.zeros(self._shape, np.uint8)
        bits.reshape(-1)[self._filled] = np.packbits(whole, bitorder="little")
        return bits


def bits_of(places: IntArray, like: UInt8Array) -> UInt8Array:
    """Bits of some places (N,), each given once, in the shape of others."""
    bits = np.zeros_like(like)
    turn(bits, places)
    return bits


def around(bits: UInt8Array) -> UInt8Array:
    """Bits of the nodes that are set or next to one that is, across corners too."""
    bits = bits | _raised(bits) | _lowered(bits)
    for axis in (1, 0):
        source = np.moveaxis(bits, axis, 0)
        bits = bits.copy()
        found = np.moveaxis(bits, axis, 0)
        found[1:] |= source[:-1]
        found[:-1] |= source[1:]
    return bits


def set_at(bits: UInt8Array, places: IntArray) -> BoolArray:
    """Whether the bits at some places (N,) are set."""
    found: BoolArray = (bits.reshape(-1)[places >> 3] >> (places & 7).astype(np.uint8)) & 1 != 0
    return found


def turn(bits: UInt8Array, places: IntArray) -> None:
    """Turn the bits at some places (N,), each given once."""
    np.bitwise_xor.at(bits.reshape(-1), places >> 3, np.uint8(1) << (places & 7).astype(np.uint8))


def clear(bits: UInt8Array, places: IntArray) -> None:
    """Take bits away at some places (N,)."""
    np.bitwise_and.at(
        bits.reshape(-1), places >> 3, ~(np.uint8(1) << (places & 7).astype(np.uint8))
    )


def _raised(bits: UInt8Array) -> UInt8Array:
    """Move bits to the node before along z; the first of a row must not be set."""
    moved: UInt8Array = bits >> np.uint8(1)
    # So no bit crosses the end of a row, and all rows may be seen as one.
    moved.reshape(-1)[:-1] |= bits.reshape(-1)[1:] << np.uint8(7)
    return moved


def _lowered(bits: UInt8Array) -> UInt8Array:
    """Move bits to the next node along z; the last of a row must not be set."""
    moved: UInt8Array = bits << np.uint8(1)
    moved.reshape(-1)[1:] |= bits.reshape(-1)[:-1] >> np.uint8(7)
    return moved


@cache
def _own(cells: int, side: int, depth: int) -> UInt8Array:
    mask = np.zeros((side, side, depth), bool)
    mask[(slice(1, cells + 2),) * 3] = True
    bits = packed(mask)
    bits.setflags(write=False)
    return bits
