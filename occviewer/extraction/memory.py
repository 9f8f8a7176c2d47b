"""An asker that remembers: what is known of a field is not asked again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from occviewer.arrays import Float32Array, IntArray
from occviewer.extraction.bricks import BrickGrid
from occviewer.extraction.field import Asker, Field


class Memory:
    """Logits of one field at nodes of the finest grid, whatever the level.

    Parameters
    ----------
    resolution : int
        Cells a side of the finest grid.
    """

    def __init__(self, resolution: int) -> None:
        # Here a brick holds logits, and NaN where none is known.
        self._grid = BrickGrid(resolution)
        self._grid.values[...] = np.nan

    def add(self, nodes: IntArray, logits: Float32Array) -> None:
        """Remember logits (N,) at nodes (3, N) of the finest grid."""
        places = nodes + 1
        self._grid.add(np.unique(self._grid.named(places >> 3)))
        self._grid.answer(self._grid.places(*places), logits)

    def get(self, nodes: IntArray) -> Float32Array:
        """Logits (N,) at nodes (3, N), NaN where they are not known."""
        return self._grid.get(nodes + 1)


class RememberingAsker(Asker):
    """As `Asker`, but the field is asked only for what the memory does not hold.

    Parameters
    ----------
    memory : Memory
        Of the same field and resolution; it grows by what is asked.
    field, level, resolution, cancel
        As `Asker`'s.
    """

    def __init__(
        self,
        memory: Memory,
        field: Field,
        level: float,
        resolution: int,
        cancel: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__(field, level, resolution, cancel)
        self._memory = memory

    def ask(self, nodes: IntArray, progress: Callable[[float], None] | None = None) -> Float32Array:
        """As `Asker.ask`."""
        self.stop_if_cancelled()
        logits = self._memory.get(nodes)
        unknown = np.isnan(logits)
        if unknown.any():
            logits[unknown] = self.logits(nodes[:, unknown], progress)
            self._memory.add(nodes[:, unknown], logits[unknown])
        self.see(logits)
        return self.relative(logits)
