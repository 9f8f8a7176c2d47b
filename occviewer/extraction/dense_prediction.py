"""From one dense level to the next: as `occviewer.extraction.prediction`, without bricks."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.extraction.dense import DenseGrid, packed, unpacked
from occviewer.extraction.prediction import CAUTION

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
    bound = np.zeros(values.shape, np.float32)
    bound[1:-1, 1:-1, 1:-1] = CAUTION * _bends(values[1:-1, 1:-1, 1:-1])
    uncertain = np.empty_like(fine.inside)
    step = max(1, _SLAB // (2 * fine.side * fine.depth))
    for first in range(0, fine.side, 2 * step):
        rows = slice(first, min(first + 2 * step, fine.side))
        of = slice(first // 2, first // 2 + step + 1)
        slab = fine.values[rows]
        _spread(values[of], slab, np.add)
        slab[..., 0] = slab[..., cells + 2 :] = -np.inf
        slab[:, 0] = slab[:, cells + 2 :] = -np.inf
        doubt = np.zeros_like(slab)
        _spread(bound[of], doubt, np.maximum)
        uncertain[rows] = packed(np.abs(slab) <= doubt)
        fine.inside[rows] = packed(slab > 0)
    for border in (0, slice(cells + 2, None)):
        fine.values[border] = -np.inf
        fine.inside[border] = 0
    known = np.zeros(fine.values.shape, bool)
    within = known[1::2, 1::2, 1::2]
    x, y, z = (min(n, coarse.side - 1) for n in within.shape)
    within[:x, :y, :z] = unpacked(coarse.known)[1 : x + 1, 1 : y + 1, 1 : z + 1]
    fine.known = packed(known) & fine.own
    uncertain &= fine.own & ~fine.known
    return fine, uncertain


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


def _spread(coarse: Float32Array, fine: Float32Array, join: np.ufunc) -> None:
    """Fill fine rows with coarse ones (n, …) and what joins each two: their mean if added.

    In padded nodes the fine node 2 n - 1 is the coarse node n.
    """
    shape = [len(coarse), coarse.shape[1], 2 * coarse.shape[2] - 2]
    along_z = np.empty(shape, np.float32)
    _between(join, coarse[..., :-1], coarse[..., 1:], along_z[..., 0::2])
    along_z[..., 1::2] = coarse[..., 1:]
    shape[1] = fine.shape[1]
    along_y = np.empty(shape, np.float32)
    half = -(-shape[1] // 2)
    _between(join, along_z[:, :half], along_z[:, 1 : half + 1], along_y[:, 0::2])
    along_y[:, 1::2] = along_z[:, 1 : shape[1] // 2 + 1]
    depth = min(fine.shape[2], shape[2])
    along_y = along_y[..., :depth]
    half = -(-len(fine) // 2)
    _between(join, along_y[:half], along_y[1 : half + 1], fine[0::2, :, :depth])
    fine[1::2, :, :depth] = along_y[1 : len(fine) // 2 + 1]


def _between(join: np.ufunc, low: Float32Array, high: Float32Array, out: Float32Array) -> None:
    join(low, high, out=out)
    if join is np.add:
        out *= _HALF
