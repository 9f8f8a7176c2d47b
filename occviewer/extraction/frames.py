"""From the settled levels of one frame to those of the next."""

from __future__ import annotations

from dataclasses import dataclass

from occviewer.arrays import UInt8Array
from occviewer.extraction.dense import DenseGrid
from occviewer.extraction.field import Asker
from occviewer.extraction.guard import IN_A_FRAME
from occviewer.extraction.hierarchy import Grid, descend, next_level, strides

# The coarsest grid of a frame has so many cells a side: it is asked whole every time.
_START_CELLS = 8

# More for a field that is interpolated between stored features. Its network is small, and for
# that rounds of a few dozen points take as long as thousands of points. And where all is known,
# how far values can have moved is known as well. At least so many: 10 to 19 cells, 16 for powers
# of two.
_START_CELLS_OF_GRAINS = 10


@dataclass(frozen=True, eq=False)
class Frame:
    """A settled level, and where its values bound the field.

    Attributes
    ----------
    grid : BrickGrid
        Settled.
    sure : uint8
        Bits of the nodes that are known or at least as far from the level as the grid
        says; of a dense grid its state.
    """

    grid: Grid
    sure: UInt8Array


def next_frames(last: list[Frame] | None, asker: Asker, shift: float) -> list[Frame]:
    """Settle all levels of a changed field with the help of the frame before.

    Parameters
    ----------
    last : list of Frame, optional
        The levels of the frame before, of the same nodes; None when there is none.
    asker : Asker
        Of the new field or level.
    shift : float
        By how much the values grow because the level has fallen.

    Returns
    -------
    list of Frame
        Coarse to fine; the last one is the finest grid.
    """
    start = _START_CELLS_OF_GRAINS if asker.grain else _START_CELLS
    levels = strides(asker.resolution, start)
    grid = descend(asker, levels[:1])
    found = [Frame(grid, grid.state if isinstance(grid, DenseGrid) else grid.known)]
    for index, stride in enumerate(levels[1:], start=1):
        coarse = found[-1].grid
        settling = next_level(coarse, asker, stride, IN_A_FRAME)
        if last is not None:
            before = last[index]
            settling.take_over(before.grid, before.sure, coarse, shift)
        settling.settle()
        found.append(Frame(settling.grid, settling.sure()))
    return found
