"""Settling a dense level: as `occviewer.extraction.settling`, without bricks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from occviewer.arrays import IntArray, UInt8Array
from occviewer.extraction import dense_rounds as rounds
from occviewer.extraction.bricks import BrickGrid
from occviewer.extraction.dense import NEEDED, UNCERTAIN, DenseGrid
from occviewer.extraction.dense_frames import take_over_dense
from occviewer.extraction.dense_kernels import gather
from occviewer.extraction.field import Asker
from occviewer.extraction.guard import Guard

# For fewer answers a thread is not worth its while.
_LEAST = 4096


class DenseSettling:
    """One dense level that is being settled.

    Parameters
    ----------
    grid : DenseGrid
        The level, holding what is known and what is predicted, and marked what to ask.
    asker : Asker
        Asked.
    stride : int
        The level's cell size in finest cells.
    guard : Guard
        Says how far a surprise reaches.
    progress : callable, optional
        Told the share of the first round that is done.
    corners : bool
        As of `Settling`.
    """

    def __init__(
        self,
        grid: DenseGrid,
        asker: Asker,
        stride: int,
        guard: Guard,
        progress: Callable[[float], None] | None = None,
        *,
        corners: bool = True,
    ) -> None:
        self.grid = grid
        self._asker = asker
        self._stride = stride
        self._progress = progress
        self._corners = corners
        self._reaches = np.array([guard.reach(axes) for axes in range(4)], np.float32)

    def take_over(
        self,
        last: BrickGrid | DenseGrid,
        sure: UInt8Array,
        coarse: BrickGrid | DenseGrid,
        shift: float,
    ) -> None:
        """Tell what to ask from what need not be asked, as `Settling.take_over`."""
        assert isinstance(last, DenseGrid)
        assert isinstance(coarse, DenseGrid)
        take_over_dense(last, sure, self.grid, coarse, shift, self._asker.team)

    def settle(self) -> None:
        """Ask what the surface needs, what is uncertain, and beside surprises.

        Where the field turned out to be nearer to the level than predicted does not depend
        on the order, so both hints are followed in the same rounds. Most rounds are about a
        few dozen nodes, and do nothing that takes as long as the grid is large.
        """
        grid, team = self.grid, self._asker.team
        parts = team.parts(grid.side, grid.least_rows)
        marked = NEEDED | UNCERTAIN
        asked = np.concatenate(
            team.do([partial(gather, grid.state, marked, p.start, p.stop) for p in parts])
        )
        while len(asked):
            nodes = rounds.finest_nodes(asked, grid.side, self._stride, self._asker.resolution)
            before = self._asker.ask(nodes, self._progress)
            self._progress = None
            rounds.enter(grid.values, grid.state, asked, before)
            found = np.concatenate(
                team.do(
                    [
                        partial(
                            rounds.hints, grid.values, grid.state, asked[p], before[p],
                            self._reaches, self._corners,
                        )
                        for p in team.parts(len(asked), _LEAST)
                    ]
                )
            )  # fmt: skip
            asked = self._queued(found)

    def sure(self) -> UInt8Array:
        """State of the nodes, which says what is known or passed over."""
        return self.grid.state

    def _queued(self, found: IntArray) -> IntArray:
        """Places of these, each once, ascending."""
        return np.sort(found[: rounds.queue(self.grid.state, found)])
