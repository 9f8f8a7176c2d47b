"""From one dense level to the next: as `occviewer.extraction.prediction`, without bricks."""

from __future__ import annotations

from functools import partial

import numpy as np

from occviewer.extraction import dense_kernels as kernels
from occviewer.extraction.dense import DenseGrid
from occviewer.extraction.guard import Guard
from occviewer.team import ALONE, Team


def predict_dense(
    coarse: DenseGrid, cells: int, guard: Guard, team: Team = ALONE, *, corners: bool = True
) -> DenseGrid:
    """Make the next finer grid, filled with what was known and what is predicted.

    Its nodes are marked that the surface needs, and those that are uncertain.

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
    corners : bool
        Whether needed are all corners of the cells that the surface crosses, or only the ends of
        the edges.
    """
    fine = DenseGrid(cells)
    bound = np.empty_like(coarse.values)
    cautions = np.array([0.0, *(guard.caution(axes) for axes in (1, 2, 3))], np.float32)

    mark_needed = kernels.mark_corners if corners else kernels.mark_ends

    def predict(rows: slice) -> None:
        first, last = _finer(rows, coarse.side, fine.side)
        kernels.bends(coarse.values, bound, rows.start, rows.stop)
        kernels.fill(coarse.values, fine.values, fine.state, cells, first, last)
        kernels.keep_known(coarse.state, fine.state, cells, first, last)

    def mark(rows: slice) -> None:
        first, last = _finer(rows, coarse.side, fine.side)
        kernels.mark_uncertain(
            coarse.values, bound, fine.values, fine.state, cells, cautions, rows.start, rows.stop
        )
        mark_needed(fine.values, fine.state, first, last)

    # A coarse row is as much work as two fine ones.
    parts = team.parts(coarse.side, fine.least_rows // 2 + 1)
    for task in predict, mark:
        team.do([partial(task, part) for part in parts])
    return fine


def _finer(rows: slice, coarse_side: int, fine_side: int) -> tuple[int, int]:
    """First and last (exclusive) of the fine rows in some coarse ones, 2 n - 1 and 2 n in n."""
    first = 2 * rows.start - 1 if rows.start > 0 else 0
    return first, 2 * rows.stop - 1 if rows.stop < coarse_side else fine_side
