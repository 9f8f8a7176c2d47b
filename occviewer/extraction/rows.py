"""Which cells and edges the surface crosses, a row of eight nodes in a byte.

A cell belongs to the brick of its lowest node. Rows of nine nodes (a brick's
eight and the next brick's first) are uint16 with nine bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

from occviewer.arrays import IntArray, UInt8Array
from occviewer.extraction.bricks import BRICK, BrickGrid

UInt16Array = npt.NDArray[np.uint16]

_BELOW = slice(0, BRICK)
_ABOVE = slice(BRICK, BRICK + 1)
_FIRST = slice(0, 1)


def nine(grid: BrickGrid, bits: UInt8Array, bricks: IntArray) -> UInt16Array:
    """Rows (M, 9, 9) of bits (slots, 8, 8), with the first nodes of the bricks above."""
    rows = np.empty((len(bricks), BRICK + 1, BRICK + 1), np.uint16)
    for dx, dy in product((0, 1), repeat=2):
        to = (slice(None), _ABOVE if dx else _BELOW, _ABOVE if dy else _BELOW)
        of = (_FIRST if dx else _BELOW, _FIRST if dy else _BELOW)
        rows[to] = bits[(grid.slots(bricks, (dx, dy, 1)), *of)] & 1
        rows[to] <<= 8
        rows[to] |= bits[(grid.slots(bricks, (dx, dy, 0)), *of)]
    return rows


def mixed_cells(inside: UInt16Array) -> UInt16Array:
    """Cells (M, 8, 8), eight bits, whose corners (M, 9, 9), nine bits, are not on one side."""
    some = inside | inside >> 1
    every = inside & inside >> 1
    some = some[:, :, :-1] | some[:, :, 1:]
    every = every[:, :, :-1] & every[:, :, 1:]
    some = some[:, :-1] | some[:, 1:]
    every = every[:, :-1] & every[:, 1:]
    mixed: UInt16Array = np.bitwise_and(some & ~every, np.uint16(255), dtype=np.uint16)
    return mixed


def corners_of(cells: UInt16Array) -> UInt16Array:
    """Nodes (M, 9, 9), nine bits, that are corners of cells (M, 8, 8), eight bits."""
    count = len(cells)
    deep = np.zeros((count, BRICK, BRICK + 1), np.uint16)
    along = cells | cells << 1
    deep[:, :, :-1] = along
    deep[:, :, 1:] |= along
    nodes = np.zeros((count, BRICK + 1, BRICK + 1), np.uint16)
    nodes[:, :-1] = deep
    nodes[:, 1:] |= deep
    return nodes


def ends_of(inside: UInt16Array) -> UInt16Array:
    """Nodes (M, 9, 9), nine bits, whose edge from or to one of eight has its ends on both sides."""
    nodes = np.zeros_like(inside)
    lower = inside[:, :BRICK, :BRICK]
    along = (lower ^ lower >> 1) & 255
    nodes[:, :BRICK, :BRICK] |= along | along << 1
    for upper in ((slice(None), _BELOW, slice(1, None)), (slice(None), slice(1, None), _BELOW)):
        along = (lower ^ inside[upper]) & 255
        nodes[:, :BRICK, :BRICK] |= along
        nodes[upper] |= along
    return nodes


def needed(grid: BrickGrid, bricks: IntArray, *, corners: bool) -> UInt8Array:
    """Bits (slots, 8, 8) of the nodes that the surface in some bricks needs.

    These are the ends of the edges that it crosses, or all corners of the cells that it crosses.
    Bricks that must be stored for it are added.
    """
    inside = nine(grid, grid.inside, bricks)
    found = mixed_cells(inside) if corners else ends_of(inside)
    touched = found.any(axis=(1, 2))
    bricks, found = bricks[touched], found[touched]
    parts = list(_parts(grid, bricks, corners_of(found) if corners else found))
    for at, _, _ in parts:
        grid.add(at)
    bits = np.zeros_like(grid.known)
    for at, of, part in parts:
        bits[(grid.slots(at), *of)] |= part
    return bits


def _parts(
    grid: BrickGrid, bricks: IntArray, nodes: UInt16Array
) -> Iterator[tuple[IntArray, tuple[slice, slice], UInt8Array]]:
    """Share nodes (M, 9, 9) out among a brick and those above it: who, where, which bits."""
    for dx, dy, dz in product((0, 1), repeat=3):
        of = nodes[:, _ABOVE if dx else _BELOW, _ABOVE if dy else _BELOW]
        part = (of >> 8 if dz else of & 255).astype(np.uint8)
        some = part.any(axis=(1, 2))
        at = bricks[some] + grid.offset((dx, dy, dz))
        yield at, (_FIRST if dx else _BELOW, _FIRST if dy else _BELOW), part[some]
