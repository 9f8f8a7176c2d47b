"""From one level of the grid to the next finer one: what the values there will be.

Between two nodes the value is taken to be in the middle of theirs. How wrong
that can be is judged by the second differences of the coarser grid. Where two
straight slopes meet in a kink between two nodes (a thin sheet seen from both
sides, in a field of distances), the second differences a and b at these nodes say
how high the kink is above the chord: a b / (a + b), at most half of the larger
one. A node is *uncertain* when it could be on the other side by that measure. On a
smooth field second differences fall with the square of the cell, so that this
costs next to nothing; on a rough one it costs what certainty costs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import TypeAlias

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, IntArray, UInt8Array
from occviewer.extraction.bricks import BRICK, INSIDE, BrickGrid, packed, unpacked
from occviewer.extraction.guard import Guard
from occviewer.extraction.rows import nine
from occviewer.team import ALONE, Team

Children: TypeAlias = tuple[IntArray, Float32Array, BoolArray, BoolArray]
"""Names (M,) of fine bricks, and of their nodes (M, 8, 8, 8) the values, whether they are known,
and whether they are to be asked."""

# Windows of so many bricks at a time stay in the processor's cache.
_CHUNK = 256


def predict(
    coarse: BrickGrid, cells: int, guard: Guard, team: Team = ALONE
) -> tuple[BrickGrid, UInt8Array]:
    """Make the next finer grid, filled with what was known and what is predicted.

    Parameters
    ----------
    coarse : BrickGrid
        A settled grid.
    cells : int
        Cells a side of the finer grid: twice those of the coarse one, or one
        fewer when the last coarse cell was a half one.
    guard : Guard
        Says what is uncertain.
    team : Team
        Shares the work out.

    Returns
    -------
    fine : BrickGrid
    uncertain : (slots, 8, 8) uint8
        Bits of the nodes whose sign is uncertain.
    """
    fine = BrickGrid(cells)
    _share(coarse, fine)
    marks = [np.zeros((INSIDE + 1, BRICK, BRICK), np.uint8)]
    bricks = coarse.near_surface()
    chunks = [bricks[start : start + _CHUNK] for start in range(0, len(bricks), _CHUNK)]
    # As many at a time as there are threads: what is predicted takes memory until it is entered.
    for start in range(0, len(chunks), team.threads):
        some = chunks[start : start + team.threads]
        for children in team.do([partial(_predict_some, coarse, fine, c, guard) for c in some]):
            marks.append(_enter(fine, *children))
    return fine, np.concatenate(marks)


def _share(coarse: BrickGrid, fine: BrickGrid) -> None:
    """Give each fine brick within a shared coarse one the side of that."""
    inside = coarse.table[1:-1, 1:-1, 1:-1] == INSIDE
    for axis in range(3):
        inside = np.repeat(inside, 2, axis)
    inside = inside[: fine.side, : fine.side, : fine.side]
    fine.table[1:-1, 1:-1, 1:-1][inside] = INSIDE


def _predict_some(coarse: BrickGrid, fine: BrickGrid, bricks: IntArray, guard: Guard) -> Children:
    """Predict the fine bricks in some coarse ones (M,); those without surface become shared."""
    window = coarse.window(bricks, 1, 2)
    values, bound = window[1:-1, 1:-1, 1:-1], _bends(window)
    inside = values > 0
    every: BoolArray = np.logical_and.reduce(inside, axis=(0, 1, 2))
    active = inside.any(axis=(0, 1, 2)) & ~every
    active |= np.abs(values).min(axis=(0, 1, 2)) <= guard.caution(3) * bound.max(axis=(0, 1, 2))
    # The padding may come to lie in another brick than on the coarser grid.
    places = coarse.coordinates(bricks)
    active |= ((places == 0) | (2 * BRICK * (places + 1) > fine.cells + 2)).any(axis=0)

    values, bound = _middles(values[..., active]), _largest(bound[..., active])
    known = np.zeros(values.shape, bool)
    rows = (nine(coarse, coarse.known, bricks[active])[:, 1:, 1:] >> 1).astype(np.uint8)
    known[1::2, 1::2, 1::2] = np.moveaxis(unpacked(rows), 0, -1)
    bound *= guard.caution(2)
    bound[0::2, 0::2, 0::2] *= guard.caution(3) / guard.caution(2)
    uncertain = (np.abs(values) <= bound) & ~known

    children = []
    for octant in product((0, 1), repeat=3):
        place = 2 * places + np.array(octant)[:, None]
        exists = (place < fine.side).all(axis=0)
        child = fine.named(place)
        quiet = exists & ~active
        fine.table.reshape(-1)[child[quiet]] = every[quiet]
        part = tuple(slice(BRICK * o, BRICK * o + BRICK) for o in octant)
        chosen = exists[active]
        parts = [a[part].transpose(3, 0, 1, 2)[chosen] for a in (values, known, uncertain)]
        children.append([child[exists & active], *parts])
    names, *parts = (np.concatenate(column) for column in zip(*children, strict=True))
    return (names, *parts)  # type: ignore[return-value]


def _enter(
    fine: BrickGrid, bricks: IntArray, values: Float32Array, known: BoolArray, ask: BoolArray
) -> UInt8Array:
    """Store those of some bricks (M,) with both signs or doubts; returns the doubts' bits."""
    own = fine.own(bricks)
    ask = ask & own
    inside = (values > 0) & own
    every: BoolArray = np.logical_and.reduce(inside, axis=(1, 2, 3))
    kept: BoolArray = (inside.any(axis=(1, 2, 3)) & ~every) | ask.any(axis=(1, 2, 3))
    fine.table.reshape(-1)[bricks[~kept]] = every[~kept]
    fine.fill(fine.add(bricks[kept]), values[kept], packed(known[kept]))
    return packed(ask[kept])


def _bends(window: Float32Array) -> Float32Array:
    """Sum over the axes of the second differences' sizes; the window loses a layer all round."""
    inner = slice(1, -1)
    centre = window[1:-1, 1:-1, 1:-1]
    total = np.zeros_like(centre)
    with np.errstate(invalid="ignore"):
        for axis in range(3):
            below, above = [inner] * 3, [inner] * 3
            below[axis], above[axis] = slice(0, -2), slice(2, None)
            bend = window[tuple(below)] - centre
            bend += window[tuple(above)]
            bend -= centre
            np.abs(bend, out=bend)
            # Beside nodes that nothing is known of (infinite) there is no telling.
            bend[~np.isfinite(bend)] = 0.0
            total += bend
    return total


def _middles(values: Float32Array) -> Float32Array:
    """Values (9, 9, 9, M) at the nodes and between them: (16, 16, 16, M)."""
    for axis in range(3):
        values = _interleaved(values, axis, lambda low, high: (low + high) * np.float32(0.5))
    return values


def _largest(values: Float32Array) -> Float32Array:
    """Values (9, 9, 9, M) and the larger of two between them: (16, 16, 16, M)."""
    for axis in range(3):
        values = _interleaved(values, axis, np.maximum)
    return values


def _interleaved(
    values: Float32Array, axis: int, between: Callable[[Float32Array, Float32Array], Float32Array]
) -> Float32Array:
    # In padded nodes the fine node 2 n - 1 is the coarse node n.
    shape = list(values.shape)
    shape[axis] = 2 * (shape[axis] - 1)
    out = np.empty(shape, np.float32)
    ahead, source = np.moveaxis(out, axis, 0), np.moveaxis(values, axis, 0)
    ahead[0::2] = between(source[:-1], source[1:])
    ahead[1::2] = source[1:]
    return out
