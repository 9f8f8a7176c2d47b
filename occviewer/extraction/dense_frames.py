"""What a dense level may take over from the frame before."""

from __future__ import annotations

from functools import partial

import numpy as np

from occviewer.arrays import Float32Array
from occviewer.extraction import dense_kernels as kernels
from occviewer.extraction.dense import DenseGrid
from occviewer.team import ALONE, Team

# When more than this share of what was known has turned, the last frame is no help.
JUMP = 0.2

# A value is taken to have moved by at most this times the largest movement that is
# seen in its block of 8³ nodes and those around.
DRIFT = np.float32(2.0)


def take_over_dense(
    old: DenseGrid, grid: DenseGrid, coarse: DenseGrid, shift: float, team: Team = ALONE
) -> None:
    """Tell the nodes to ask from those that need not be asked, by the last frame.

    Parameters
    ----------
    old : DenseGrid
        The level in the last frame.
    grid : DenseGrid
        The level as it is predicted now. What has turned will be asked; what need not be asked
        for a doubt is given the least distance from the level that it can have.
    coarse : DenseGrid
        The settled level before.
    shift : float
        By how much the values grow because the level has fallen.
    team : Team
        Shares the work out.
    """
    by = np.float32(shift)
    levels = old.values, old.state, grid.values, grid.state, by
    parts = [(rows.start, rows.stop) for rows in team.parts(grid.side, grid.least_rows)]
    counts = team.do([partial(kernels.count_turned, *levels, *rows) for rows in parts])
    known, turned = map(sum, zip(*counts, strict=True))
    if turned > JUMP * known:
        return
    seen = np.full((-(-grid.side // 8),) * 3, -1.0, np.float32)
    kernels.moved_at_most(coarse.values, coarse.state, old.values, old.state, by, seen)
    drift = allowed(seen)
    team.do([partial(kernels.take_over, *levels, drift, *rows) for rows in parts])


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
