"""From the settled levels of one frame to those of the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.extraction.bricks import INSIDE, BrickGrid, packed, unpacked
from occviewer.extraction.dense import DenseGrid
from occviewer.extraction.dense_frames import JUMP, allowed, take_over_dense
from occviewer.extraction.dense_settling import DenseSettling
from occviewer.extraction.field import Asker
from occviewer.extraction.guard import IN_A_FRAME
from occviewer.extraction.hierarchy import Grid, descend, next_level, strides
from occviewer.extraction.settling import Settling

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
            _take_over(last[index], settling, coarse, shift, asker)
        settling.settle()
        found.append(Frame(settling.grid, settling.sure()))
    return found


def _take_over(
    last: Frame, settling: Settling | DenseSettling, coarse: Grid, shift: float, asker: Asker
) -> None:
    """Tell what to ask from what need not be asked, by the last frame."""
    if isinstance(settling, DenseSettling):
        assert isinstance(last.grid, DenseGrid)
        assert isinstance(coarse, DenseGrid)
        take_over_dense(last.grid, settling.grid, coarse, shift, asker.team)
        return
    assert isinstance(last.grid, BrickGrid)
    settling.uncertain, passed = _compared(
        last.grid, last.sure, settling.grid, coarse, settling.uncertain, shift
    )
    settling.pass_over(passed)


def _compared(
    old: BrickGrid, was_sure: UInt8Array, grid: BrickGrid, coarse: Grid,
    uncertain: UInt8Array, shift: float,
) -> tuple[UInt8Array, UInt8Array]:  # fmt: skip
    """As `occviewer.extraction.dense_frames.take_over_dense`, of bricks.

    Returns the bits of the nodes to be asked beside those that the surface needs, and of those
    that need not be asked for a doubt.
    """
    drift = _drift(old, coarse, shift)
    _keep_turned(old, was_sure, grid, shift)
    uncertain = np.concatenate([uncertain, np.zeros_like(grid.known[len(uncertain) :])])
    bricks = grid.bricks_at(np.arange(len(grid.known)))
    bricks[: INSIDE + 1] = 0  # the shared bricks have no place; there nothing is stored
    slots = old.slots(bricks)
    values = old.values[slots] + np.float32(shift)
    sure = was_sure[slots] & ~grid.known
    turned = (packed(values > 0) ^ grid.inside) & sure
    if _count(turned) > JUMP * _count(sure):
        return uncertain, np.zeros_like(sure)
    with np.errstate(invalid="ignore"):  # infinite less infinite: nothing is sure there
        left = np.abs(values) - drift[bricks][:, None, None, None]
    passed: UInt8Array = sure & ~turned & packed(left > 0)
    where = unpacked(passed)
    grid.values[where] = np.copysign(left, values)[where]
    asked: UInt8Array = (uncertain & ~passed) | turned
    return asked, passed


def _keep_turned(old: BrickGrid, sure: UInt8Array, grid: BrickGrid, shift: float) -> None:
    """Store the bricks in which the last frame knew of another side than is predicted."""
    slots = np.arange(INSIDE + 1, len(old.known))
    bricks = old.bricks_at(slots)
    now = grid.slots(bricks)
    shared = now <= INSIDE
    slots = slots[shared]
    inside = packed(old.values[slots] + np.float32(shift) > 0)
    turned = (inside ^ grid.inside[now[shared]]) & sure[slots]
    grid.add(bricks[shared][turned.any(axis=(1, 2))])


def _drift(old: BrickGrid, coarse: Grid, shift: float) -> Float32Array:
    """How far values may have moved, by brick name; infinite where nothing was seen."""
    nodes, values = coarse.asked()
    # In padded nodes the coarse node n is the fine node 2 n - 1.
    nodes = np.minimum(2 * nodes - 1, old.cells + 1)
    places = old.places(*nodes)
    row, bit = places >> 3, (places & 7).astype(np.uint8)
    known = (old.known.reshape(-1)[row] >> bit & 1).astype(bool)
    moved = np.abs(values - old.values.reshape(-1)[places] - np.float32(shift))
    drift = np.full(old.table.size, -1.0, np.float32)
    np.maximum.at(drift, old.named(nodes >> 3)[known], moved[known])
    return allowed(drift.reshape(old.table.shape)).reshape(-1)


def _count(bits: UInt8Array) -> int:
    return int(np.count_nonzero(unpacked(bits)))
