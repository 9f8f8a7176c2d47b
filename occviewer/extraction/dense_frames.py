"""What a dense level may take over from the frame before."""

from __future__ import annotations

from functools import partial

import numpy as np

from occviewer.arrays import UInt8Array
from occviewer.extraction import dense_kernels as kernels
from occviewer.extraction.dense import DenseGrid
from occviewer.extraction.drift import JUMP, allowed
from occviewer.team import ALONE, Team


def take_over_dense(
    old: DenseGrid, sure: UInt8Array, grid: DenseGrid, coarse: DenseGrid, shift: float,
    team: Team = ALONE,
) -> None:  # fmt: skip
    """Tell the nodes to ask from those that need not be asked, by the last frame.

    Parameters
    ----------
    old : DenseGrid
        The level in the last frame.
    sure : uint8
        State of its nodes, as it was settled.
    grid : DenseGrid
        The level as it is predicted now. What has turned will be asked; what need not be asked
        for a doubt keeps its value, with the slack by which that may be wrong.
    coarse : DenseGrid
        The settled level before.
    shift : float
        By how much the values grow because the level has fallen.
    team : Team
        Shares the work out.
    """
    by = np.float32(shift)
    levels = old.values, sure, grid.values, grid.state, by
    parts = [(rows.start, rows.stop) for rows in team.parts(grid.side, grid.least_rows)]
    counts = team.do([partial(kernels.count_turned, *levels, *rows) for rows in parts])
    known, turned = map(sum, zip(*counts, strict=True))
    if turned > JUMP * known:
        return
    seen = np.full((-(-grid.side // 8),) * 3, -1.0, np.float32)
    kernels.moved_at_most(coarse.values, coarse.state, old.values, sure, by, seen)
    drift = allowed(seen)
    then, now = (old.values, sure, old.slack), (grid.values, grid.state, grid.slack)
    team.do([partial(kernels.take_over, *then, *now, by, drift, *rows) for rows in parts])
