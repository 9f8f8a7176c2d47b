"""Which cells the surface crosses and which nodes they need, a row of eight in a byte.

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


def needed(grid: BrickGrid, bricks: IntArray) -> UInt8Array:
    """Bits (slots, 8, 8) of the nodes that mixed cells of some bricks have as corners.

    Bricks that must be stored for it are added.
    """
    cells = mixed_cells(nine(grid, grid.inside, bricks))
    touched = cells.any(axis=(1, 2))
    bricks, nodes = bricks[touched], corners_of(cells[touched])
    parts = list(_parts(grid, bricks, nodes))
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
