"""Settling one level of the grid: ask until nothing that is known hints at more.

Two hints are followed. An edge whose ends differ in sign needs to be known at both,
and on all levels but the finest a cell whose corners do at all eight: that is
following the surface. And where the field turned out
to be nearer to the level than was predicted, it may be nearer still next to it:
that is climbing the ripples of a rough field to see whether they reach the level.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from occviewer.arrays import Float32Array, IntArray, UInt8Array
from occviewer.extraction.brick_frames import compared
from occviewer.extraction.bricks import BRICK, INSIDE, BrickGrid, packed, unpacked
from occviewer.extraction.dense import DenseGrid
from occviewer.extraction.field import Asker
from occviewer.extraction.guard import Guard
from occviewer.extraction.rows import needed

# Windows of so many bricks at a time stay in the processor's cache.
_CHUNK = 512


class Settling:
    """One level that is being settled.

    Parameters
    ----------
    grid : BrickGrid
        The level, holding what is known and what is predicted.
    asker : Asker
        Asked.
    stride : int
        The level's cell size in finest cells.
    guard : Guard
        Says how far a surprise reaches.
    uncertain : (slots, 8, 8) uint8
        Bits of the nodes to be asked beside those that the surface needs.
    progress : callable, optional
        Told the share of the first round that is done.
    corners : bool
        Ask all corners of the cells that the surface crosses, or only the ends of the edges.
    """

    def __init__(
        self,
        grid: BrickGrid,
        asker: Asker,
        stride: int,
        guard: Guard,
        uncertain: UInt8Array,
        progress: Callable[[float], None] | None = None,
        *,
        corners: bool = True,
    ) -> None:
        self.grid = grid
        self.uncertain = uncertain
        self._asker = asker
        self._stride = stride
        self._guard = guard
        self._corners = corners
        self._progress = progress
        self._surprise = np.zeros_like(grid.values)
        self._passed = np.zeros((0, BRICK, BRICK), np.uint8)

    def take_over(
        self,
        last: BrickGrid | DenseGrid,
        sure: UInt8Array,
        coarse: BrickGrid | DenseGrid,
        shift: float,
    ) -> None:
        """Tell what to ask from what need not be asked, by the last frame.

        Parameters
        ----------
        last : BrickGrid
            The level in the last frame.
        sure : uint8
            What its `sure` was.
        coarse : BrickGrid or DenseGrid
            The settled level before, of this frame.
        shift : float
            By how much the values grow because the level has fallen.
        """
        assert isinstance(last, BrickGrid)
        self.uncertain, self._passed = compared(
            last, sure, self.grid, coarse, self.uncertain, shift
        )

    def settle(self) -> None:
        """Ask what the surface needs, what is uncertain, and beside surprises."""
        self.climb(self.follow(self.grid.near_surface(), self.uncertain))

    def sure(self) -> UInt8Array:
        """Bits of the nodes that are known or passed over."""
        sure = self.grid.known.copy()
        sure[: len(self._passed)] |= self._passed
        return sure

    def follow(self, bricks: IntArray, also: UInt8Array | None = None) -> IntArray:
        """Ask until every edge with a sign change is known at its ends, or cell at its corners.

        Parameters
        ----------
        bricks : (M,) int
            Those whose cells may have changed.
        also : (slots, 8, 8) uint8, optional
            Bits of more nodes to be asked in the first round.

        Returns
        -------
        (K,) int
            Slots in which something was asked.
        """
        grid, touched = self.grid, []
        while len(bricks) or also is not None:
            wanted = needed(grid, bricks, corners=self._corners)
            if also is not None:
                wanted[: len(also)] |= also
                also = None
            wanted &= ~grid.known
            slots = np.flatnonzero(wanted.any(axis=(1, 2)))
            if len(slots) == 0:
                break
            self._ask(slots, wanted[slots])
            touched.append(slots)
            changed = slots[grid.update_signs(slots)]
            bricks = grid.with_lower(grid.bricks_at(changed))
        return np.unique(np.concatenate(touched)) if touched else np.empty(0, np.int64)

    def climb(self, touched: IntArray) -> None:
        """Ask beside surprises, and follow what that finds, until there is nothing more.

        ``touched`` (K,) are the slots in which something was asked.
        """
        while len(touched):
            doubts = self._doubts(touched)
            if not doubts.any():
                return
            touched = self.follow(np.empty(0, np.int64), doubts)

    def _ask(self, slots: IntArray, wanted: UInt8Array) -> None:
        """Ask the nodes of wanted bits (M, 8, 8) in some slots (M,)."""
        grid = self.grid
        inner = np.flatnonzero(unpacked(wanted))
        places = (slots[inner >> 9] << 9) | (inner & 511)
        nodes = ticks(grid.nodes_at(places), self._stride, self._asker.resolution)
        answers = self._asker.ask(nodes, self._progress)
        self._progress = None
        self._enter(places, answers)
        grid.known[slots] |= wanted

    def _enter(self, places: IntArray, answers: Float32Array) -> None:
        grid = self.grid
        if len(self._surprise) < len(grid.values):
            more = len(grid.values) - len(self._surprise)
            grown = np.zeros((more, BRICK, BRICK, BRICK), np.float32)
            self._surprise = np.concatenate([self._surprise, grown])
        before = grid.answer(places, answers)
        # What was only taken to be outside or inside was no prediction.
        surprise = np.where(before > 0, before - answers, answers - before)
        surprise[~np.isfinite(surprise)] = 0.0
        self._surprise.reshape(-1)[places] = surprise

    def _doubts(self, touched: IntArray) -> UInt8Array:
        """Bits (slots, 8, 8) of the nodes to be asked for a surprise beside them."""
        grid = self.grid
        doubts = np.zeros_like(grid.known)
        bricks = grid.with_neighbours(grid.bricks_at(touched))
        slots = grid.slots(bricks)
        bricks, slots = bricks[slots > INSIDE], slots[slots > INSIDE]
        for start in range(0, len(slots), _CHUNK):
            chunk = slots[start : start + _CHUNK]
            beside = grid.window(bricks[start : start + _CHUNK], 1, 1, self._surprise)
            fade = np.float32(self._guard.fade)
            for axis in range(3):
                along = np.moveaxis(beside, axis, 0)
                larger = fade * np.maximum(along[:-2], along[2:])
                beside = np.moveaxis(np.maximum(larger, along[1:-1]), 0, axis)
            reach = (self._guard.reach(0) * beside).transpose(3, 0, 1, 2)
            doubts[chunk] = packed(np.abs(grid.values[chunk]) <= reach)
        doubts[: len(self._passed)] &= ~self._passed
        return doubts & ~grid.known


def ticks(nodes: IntArray, stride: int, resolution: int) -> IntArray:
    """Turn padded nodes of a level into nodes of the finest grid.

    The last cell of a coarse level is shorter where the resolution is not a
    multiple of the stride.
    """
    return np.minimum((nodes - 1) * stride, resolution)
