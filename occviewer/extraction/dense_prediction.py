"""From one dense level to the next: as `occviewer.extraction.prediction`, without bricks."""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.extraction.dense import DenseGrid, bits_of, packed
from occviewer.extraction.guard import Guard
from occviewer.team import ALONE, Team

# Slabs of about so many fine nodes stay in the processor's cache.
_SLAB = 1 << 17

# For fewer fine nodes a thread is not worth its while.
_LEAST = 1 << 17

_HALF = np.float32(0.5)


def predict_dense(
    coarse: DenseGrid, cells: int, guard: Guard, team: Team = ALONE
) -> tuple[DenseGrid, UInt8Array]:
    """Make the next finer grid, filled with what was known and what is predicted.

    Parameters
    ----------
    coarse : DenseGrid
        A settled grid.
    cells : int
        Cells a side of the finer grid, as for `occviewer.extraction.prediction.predict`.
    guard : Guard
        Says what is uncertain.
    team : Team
        Shares the work out.

    Returns
    -------
    fine : DenseGrid
    uncertain : (side, side, depth / 8) uint8
        Bits of the nodes whose sign is uncertain.
    """
    fine = DenseGrid(cells)
    uncertain = np.zeros_like(fine.own)

    parts = team.parts(coarse.cells + 2, _LEAST // (2 * fine.side * fine.depth) + 1)
    team.do([partial(_fill, coarse, fine, part) for part in parts])
    team.do([partial(_mark, coarse, fine, part, guard, uncertain) for part in parts])
    for border in (0, slice(cells + 2, None)):
        fine.values[border] = -np.inf
        fine.inside[border] = 0
    nodes, _ = coarse.asked()
    fine.known = bits_of(fine.places(*np.minimum(2 * nodes - 1, fine.side - 1)), fine.known)
    fine.known &= fine.own
    uncertain &= fine.own
    uncertain &= ~fine.known
    return fine, uncertain


def _fill(coarse: DenseGrid, fine: DenseGrid, rows: slice) -> None:
    """Fill the fine nodes, and their signs, from some rows of coarse nodes up to the next."""
    values = coarse.values[..., : coarse.side]
    last = min(2 * rows.stop, fine.side)
    step = max(1, _SLAB // (2 * fine.side * fine.depth))
    for first in range(2 * rows.start, last, 2 * step):
        some = slice(first, min(first + 2 * step, last))
        slab = fine.values[some]
        _spread(values[first // 2 : first // 2 + step + 1], slab)
        slab[..., 0] = slab[..., fine.cells + 2 :] = -np.inf
        slab[:, 0] = slab[:, fine.cells + 2 :] = -np.inf
        fine.inside[some] = packed(slab > 0)


def _mark(
    coarse: DenseGrid, fine: DenseGrid, rows: slice, guard: Guard, uncertain: UInt8Array
) -> None:
    """Mark the nodes between coarse ones that the second differences leave uncertain.

    Of the cells above some rows of padded coarse nodes, as far as these are the field's.
    """
    low, high = max(rows.start, 1), min(rows.stop, coarse.cells + 1)
    if high <= low:
        return
    inner = slice(1, coarse.cells + 2)
    # The bend of a row needs the rows beside it, where they are not padding.
    values = coarse.values[max(low - 1, 1) : min(high + 2, coarse.cells + 2), inner, inner]
    bound = _bends(values)
    own = slice(low - max(low - 1, 1), low - max(low - 1, 1) + high - low + 1)
    values, bound = values[own], bound[own]
    caution = max(guard.caution(3), guard.caution(2))
    # A node between corners is as far from the level as the nearest of them, if they are
    # on one side; where they are not, the surface needs it anyway.
    near = _over_cells(np.minimum, np.abs(values)) <= caution * _over_cells(np.maximum, bound)
    cells = np.flatnonzero(near)
    row, z = np.divmod(cells, coarse.cells)
    x, y = np.divmod(row, coarse.cells)
    side = coarse.cells + 1
    nodes = (x * side + y) * side + z
    bound = bound.reshape(-1)
    # In padded nodes the coarse node n is the fine node 2 n - 1, and n is `low` + x here.
    first = 2 * low - 1
    places = fine.places(2 * x, 2 * y + 1, 2 * z + 1)
    chosen = fine.values[first : first + 2 * (high - low)]
    flat = chosen.reshape(-1)
    largest: dict[tuple[int, ...], Float32Array] = {}
    found = np.zeros(chosen.shape, bool)
    for node in product((0, 1), repeat=3):
        limit = bound[nodes + (node[0] * side + node[1]) * side + node[2]]
        for axis in range(3):
            if node[axis]:
                nearer = tuple(n if a != axis else 0 for a, n in enumerate(node))
                limit = np.maximum(limit, largest[nearer])
        largest[node] = limit
        if any(node):
            at = places + fine.offset(node)
            found.reshape(-1)[at] = np.abs(flat[at]) <= guard.caution(sum(node)) * limit
    uncertain[first : first + len(chosen)] = packed(found)


def _over_cells(join: np.ufunc, nodes: Float32Array) -> Float32Array:
    """Join the values at the corners of each cell."""
    for axis in range(3):
        along = np.moveaxis(nodes, axis, 0)
        nodes = np.moveaxis(join(along[:-1], along[1:]), 0, axis)
    return nodes


def _bends(values: Float32Array) -> Float32Array:
    """Sum over the axes of the second differences' sizes (n, n, n), 0 across the border."""
    total = np.zeros_like(values)
    for axis in range(3):
        along, sum_along = np.moveaxis(values, axis, 0), np.moveaxis(total, axis, 0)
        bend = along[:-2] - along[1:-1]
        bend += along[2:]
        bend -= along[1:-1]
        sum_along[1:-1] += np.abs(bend, out=bend)
    return total


def _spread(coarse: Float32Array, fine: Float32Array) -> None:
    """Fill fine rows with coarse ones (n, …) and the means of each two.

    In padded nodes the fine node 2 n - 1 is the coarse node n.
    """
    shape = [len(coarse), coarse.shape[1], 2 * coarse.shape[2] - 2]
    along_z = np.empty(shape, np.float32)
    _mean(coarse[..., :-1], coarse[..., 1:], along_z[..., 0::2])
    along_z[..., 1::2] = coarse[..., 1:]
    shape[1] = fine.shape[1]
    along_y = np.empty(shape, np.float32)
    half = -(-shape[1] // 2)
    _mean(along_z[:, :half], along_z[:, 1 : half + 1], along_y[:, 0::2])
    along_y[:, 1::2] = along_z[:, 1 : shape[1] // 2 + 1]
    depth = min(fine.shape[2], shape[2])
    along_y = along_y[..., :depth]
    half = -(-len(fine) // 2)
    _mean(along_y[:half], along_y[1 : half + 1], fine[0::2, :, :depth])
    fine[1::2, :, :depth] = along_y[1 : len(fine) // 2 + 1]


def _mean(low: Float32Array, high: Float32Array, out: Float32Array) -> None:
    np.add(low, high, out=out)
    out *= _HALF
