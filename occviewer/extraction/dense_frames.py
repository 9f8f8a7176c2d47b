"""What a dense level may take over from the frame before."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.extraction.dense import Chosen, DenseGrid, set_at

# When more than this share of what was known has turned, the last frame is no help.
JUMP = 0.2

# A value is taken to have moved by at most this times the largest movement that is
# seen in its block of 8³ nodes and those around.
DRIFT = np.float32(2.0)


def compared_dense(
    old: DenseGrid, sure: UInt8Array, grid: DenseGrid, coarse: DenseGrid,
    uncertain: UInt8Array, shift: float,
) -> tuple[UInt8Array, UInt8Array]:  # fmt: skip
    """Tell the nodes to ask from those that need not be asked, by the last frame.

    Parameters
    ----------
    old : DenseGrid
        The level in the last frame.
    sure : uint8
        Bits of the nodes there that are known or at least as far from the level as the
        grid says.
    grid : DenseGrid
        The level as it is predicted now; where a node need not be asked it is given the
        least distance from the level that it can have.
    coarse : DenseGrid
        The settled level before.
    uncertain : uint8
        Bits of the nodes that the prediction leaves uncertain.
    shift : float
        By how much the values grow because the level has fallen.

    Returns
    -------
    asked, passed : uint8
        Bits of the nodes to be asked beside those that the surface needs, and of those
        that need not be asked for a doubt.
    """
    told = Chosen(sure & ~grid.known)
    places = told.places
    values, predicted = old.flat[places], grid.flat[places]
    values += np.float32(shift)
    turned = (values > 0) != (predicted > 0)
    if np.count_nonzero(turned) > JUMP * len(places):
        return uncertain, np.zeros_like(sure)
    left = np.abs(values)
    left -= _drift(old, coarse, shift)[places >> 3]
    kept = left > 0
    kept &= ~turned
    grid.flat[places] = np.where(kept, np.copysign(left, values), predicted)
    passed = told.where(kept)
    return (uncertain & ~passed) | told.where(turned), passed


def _drift(old: DenseGrid, coarse: DenseGrid, shift: float) -> Float32Array:
    """How far values may have moved, by byte of the bits; infinite where nothing was seen."""
    nodes, values = coarse.asked()
    # In padded nodes the coarse node n is the fine node 2 n - 1.
    nodes = np.minimum(2 * nodes - 1, old.cells + 1)
    places = old.places(*nodes)
    known = set_at(old.known, places)
    moved = np.abs(values - old.flat[places] - np.float32(shift))
    x, y, z = nodes[:, known] >> 3
    blocks = old.depth // 8
    drift = np.full((blocks,) * 3, -1.0, np.float32)
    np.maximum.at(drift.reshape(-1), (x * blocks + y) * blocks + z, moved[known])
    # A byte is a block's width along z, so that blocks repeat along x and y only.
    block = np.arange(old.side) >> 3
    by_byte: Float32Array = allowed(drift)[block][:, block]
    return by_byte.reshape(-1)


def allowed(seen: Float32Array) -> Float32Array:
    """How far values may have moved in each block (n, n, n).

    ``seen`` is the largest movement that was seen in it, negative where there was none;
    it is overwritten.
    """
    for axis in range(3):
        rows = np.moveaxis(seen.copy(), axis, 0)
        kept = np.moveaxis(seen, axis, 0)
        np.maximum(kept[1:], rows[:-1], out=kept[1:])
        np.maximum(kept[:-1], rows[1:], out=kept[:-1])
    return np.where(seen < 0, np.float32(np.inf), DRIFT * seen)
