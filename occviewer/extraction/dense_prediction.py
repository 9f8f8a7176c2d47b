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
        kernels.fill(coarse.values, fine.values, fine.state, cells, rows.start, rows.stop)
        kernels.keep_known(coarse.state, fine.state, cells, rows.start, rows.stop)

    def mark(rows: slice) -> None:
        mark_needed(fine.values, fine.state, rows.start, rows.stop)

    def doubt(rows: slice) -> None:
        kernels.mark_uncertain(
            coarse.values, bound, fine.values, fine.state, cells, cautions, rows.start, rows.stop
        )

    def bend(rows: slice) -> None:
        kernels.bends(coarse.values, bound, rows.start, rows.stop)

    fine_rows = team.parts(fine.side, fine.least_rows)
    # A coarse row is as much work as two fine ones.
    coarse_rows = team.parts(coarse.side, fine.least_rows // 2 + 1)
    for task, parts in (
        (bend, coarse_rows), (predict, fine_rows), (doubt, coarse_rows), (mark, fine_rows),
    ):  # fmt: skip
        team.do([partial(task, part) for part in parts])
    return fine
