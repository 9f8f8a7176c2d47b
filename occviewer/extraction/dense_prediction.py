"""From one dense level to the next: as `occviewer.extraction.prediction`, without bricks."""

from __future__ import annotations

from itertools import product

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, UInt8Array
from occviewer.extraction.dense import DenseGrid, packed, unpacked
from occviewer.extraction.prediction import caution

# Slabs of about so many fine nodes stay in the processor's cache.
_SLAB = 1 << 17

_HALF = np.float32(0.5)


def predict_dense(coarse: DenseGrid, cells: int) -> tuple[DenseGrid, UInt8Array]:
    """Make the next finer grid, filled with what was known and what is predicted.

    Parameters
    ----------
    coarse : DenseGrid
        A settled grid.
    cells : int
        Cells a side of the finer grid, as for `occviewer.extraction.prediction.predict`.

    Returns
    -------
    fine : DenseGrid
    uncertain : (side, side, depth / 8) uint8
        Bits of the nodes whose sign is uncertain.
    """
    fine = DenseGrid(cells)
    values = coarse.values[..., : coarse.side]
    step = max(1, _SLAB // (2 * fine.side * fine.depth))
    for first in range(0, fine.side, 2 * step):
        rows = slice(first, min(first + 2 * step, fine.side))
        slab = fine.values[rows]
        _spread(values[first // 2 : first // 2 + step + 1], slab)
        slab[..., 0] = slab[..., cells + 2 :] = -np.inf
        slab[:, 0] = slab[:, cells + 2 :] = -np.inf
        fine.inside[rows] = packed(slab > 0)
    for border in (0, slice(cells + 2, None)):
        fine.values[border] = -np.inf
        fine.inside[border] = 0
    fine.known = fine.own & _placed(
        unpacked(coarse.known)[1:, 1:, 1 : coarse.side], fine, slice(1, None, 2)
    )
    bound = np.zeros(values.shape, np.float32)
    bound[1:-1, 1:-1, 1:-1] = _bends(values[1:-1, 1:-1, 1:-1])
    return fine, _uncertain(fine, bound)


def _uncertain(fine: DenseGrid, bound: Float32Array) -> UInt8Array:
    """Bits of the nodes between coarse ones that the coarse bounds (n, n, n) leave uncertain."""
    marks = np.zeros(fine.values.shape, bool)
    for between in product((True, False), repeat=3):
        if not any(between):
            continue
        limit = bound
        for axis in range(3):
            along = np.moveaxis(limit, axis, 0)
            # Two coarse nodes are as far from the node between them; else it is the second.
            along = np.maximum(along[:-1], along[1:]) if between[axis] else along[1:]
            limit = np.moveaxis(along, 0, axis)
        limit = limit * caution(sum(between))
        nodes = tuple(slice(0 if b else 1, fine.side, 2) for b in between)
        values = fine.values[nodes]
        marks[nodes] = np.abs(values) <= limit[tuple(slice(0, n) for n in values.shape)]
    return fine.own & packed(marks)


def _placed(mask: BoolArray, fine: DenseGrid, every_other: slice) -> UInt8Array:
    """Bits of a mask of every other node of a grid along all axes."""
    whole = np.zeros(fine.values.shape, bool)
    place = whole[(every_other,) * 3]
    x, y, z = np.minimum(place.shape, mask.shape)
    place[:x, :y, :z] = mask[:x, :y, :z]
    return packed(whole)


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
