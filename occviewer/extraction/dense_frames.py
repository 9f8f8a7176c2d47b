"""What a dense level may take over from the frame before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, UInt8Array
from occviewer.extraction.dense import Chosen, DenseGrid, set_at
from occviewer.team import ALONE, Team

# When more than this share of what was known has turned, the last frame is no help.
JUMP = 0.2

# A value is taken to have moved by at most this times the largest movement that is
# seen in its block of 8³ nodes and those around.
DRIFT = np.float32(2.0)

# For fewer nodes a thread is not worth its while.
_LEAST = 1 << 17


@dataclass(frozen=True, eq=False)
class _Told:
    """What the last frame tells of some rows of nodes."""

    rows: slice
    nodes: Chosen
    values: Float32Array
    predicted: Float32Array
    turned: BoolArray


def compared_dense(
    old: DenseGrid, sure: UInt8Array, grid: DenseGrid, coarse: DenseGrid,
    uncertain: UInt8Array, shift: float, team: Team = ALONE,
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
    team : Team
        Shares the work out.

    Returns
    -------
    asked, passed : uint8
        Bits of the nodes to be asked beside those that the surface needs, and of those
        that need not be asked for a doubt.
    """
    known = sure & ~grid.known
    passed = np.zeros_like(sure)

    def look(rows: slice) -> _Told:
        nodes = Chosen(known[rows])
        values, predicted = (level.values[rows].reshape(-1)[nodes.places] for level in (old, grid))
        values += np.float32(shift)
        return _Told(rows, nodes, values, predicted, (values > 0) != (predicted > 0))

    parts = team.parts(grid.side, _LEAST // (grid.side * grid.depth) + 1)
    told = team.do([partial(look, rows) for rows in parts])
    turned = sum(np.count_nonzero(part.turned) for part in told)
    if turned > JUMP * sum(len(part.turned) for part in told):
        return uncertain, passed
    drift = _drift(old, coarse, shift)
    asked = uncertain.copy()

    def keep(part: _Told) -> None:
        rows, places = part.rows, part.nodes.places
        left = np.abs(part.values)
        left -= drift[rows].reshape(-1)[places >> 3]
        kept = left > 0
        kept &= ~part.turned
        grid.values[rows].reshape(-1)[places] = np.where(
            kept, np.copysign(left, part.values), part.predicted
        )
        passed[rows] = part.nodes.where(kept)
        asked[rows] &= ~passed[rows]
        asked[rows] |= part.nodes.where(part.turned)

    team.do([partial(keep, part) for part in told])
    return asked, passed


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
    return by_byte


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
