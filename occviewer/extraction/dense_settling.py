"""Settling a dense level: as `occviewer.extraction.settling`, without bricks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np

from occviewer.arrays import Float32Array, IntArray, UInt8Array
from occviewer.extraction.dense import DenseGrid, around, bits_of, clear, places_of, set_at, turn
from occviewer.extraction.field import Asker
from occviewer.extraction.guard import Guard
from occviewer.extraction.settling import ticks

# For fewer it is quicker to look beside each than to find out beside which to look.
_MANY = 1000

# Up to so many it is quicker to look at all steps in one go.
_FEW = 500

_AROUND = [step for step in product((-1, 0, 1), repeat=3) if any(step)]


class DenseSettling:
    """One dense level that is being settled.

    Parameters
    ----------
    grid : DenseGrid
        The level, holding what is known and what is predicted.
    asker : Asker
        Asked.
    stride : int
        The level's cell size in finest cells.
    guard : Guard
        Says how far a surprise reaches.
    progress : callable, optional
        Told the share of the first round that is done.
    """

    def __init__(
        self,
        grid: DenseGrid,
        asker: Asker,
        stride: int,
        guard: Guard,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        self.grid = grid
        self._asker = asker
        self._stride = stride
        self._progress = progress
        self._passed: UInt8Array | None = None
        self._offsets = np.array([grid.offset(step) for step in _AROUND])
        self._reaches = np.array([guard.reach(sum(map(abs, step))) for step in _AROUND])

    def pass_over(self, nodes: UInt8Array) -> None:
        """Ask no node of these bits for a surprise beside it."""
        self._passed = nodes

    def settle(self, uncertain: UInt8Array) -> None:
        """Ask what the surface needs, nodes of these bits, and beside surprises.

        Where the field turned out to be nearer to the level than predicted does not depend
        on the order, so both hints are followed in the same rounds. Most rounds are about a
        few dozen nodes, and do nothing that takes as long as the grid is large.
        """
        grid = self.grid
        asked = places_of((uncertain | grid.needed()) & ~grid.known)
        free: UInt8Array | None = None
        while len(asked):
            before = grid.flat[asked]
            answers = self._ask(asked)
            grid.flat[asked] = answers
            turn(grid.known, asked)
            if free is None:
                free = grid.own & ~grid.known
                if self._passed is not None:
                    free &= ~self._passed
            else:
                clear(free, asked)
            nearer = np.where(before > 0, before - answers, answers - before)
            surprised = nearer > 0
            doubts = self._doubts(free, asked[surprised], nearer[surprised])
            turned = asked[(before > 0) != (answers > 0)]
            if len(turned):
                turn(grid.inside, turned)
                wanted = grid.needed() & ~grid.known
                asked = places_of(bits_of(doubts, wanted) | wanted)
            else:
                asked = doubts

    def _ask(self, places: IntArray) -> Float32Array:
        nodes = ticks(self.grid.nodes_at(places), self._stride, self._asker.resolution)
        answers = self._asker.ask(nodes, self._progress)
        self._progress = None
        return answers

    def _doubts(self, free: UInt8Array, places: IntArray, surprises: Float32Array) -> IntArray:
        """Places of these bits, each once, to be asked for a surprise beside them."""
        if len(places) <= _FEW:
            return np.unique(self._beside(free, places, surprises, slice(None)))
        if len(places) > _MANY:
            # Most surprises lie where all is known around them.
            edge = set_at(around(free), places)
            places, surprises = places[edge], surprises[edge]

        def beside(some: slice) -> IntArray:
            near, value = places[some], surprises[some]
            return np.concatenate(
                [self._beside(free, near, value, step) for step in range(len(_AROUND))]
            )

        team = self._asker.team
        parts = team.parts(len(places), _MANY)
        return np.unique(np.concatenate(team.do([partial(beside, part) for part in parts])))

    def _beside(
        self, free: UInt8Array, places: IntArray, surprises: Float32Array, steps: slice | int
    ) -> IntArray:
        """Places, some more than once, that lie some steps beside and are near enough."""
        near: IntArray = places[:, None] + self._offsets[steps]
        reach = surprises[:, None] * self._reaches[steps]
        near = near[np.abs(self.grid.flat[near]) <= reach]
        return near[set_at(free, near)]
