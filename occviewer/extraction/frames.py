"""From the settled levels of one frame to those of the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.extraction.bricks import INSIDE, BrickGrid, packed, unpacked
from occviewer.extraction.field import Asker
from occviewer.extraction.hierarchy import descend, strides
from occviewer.extraction.prediction import predict
from occviewer.extraction.settling import Settling

# The coarsest grid of a frame has so many cells a side: it is asked whole every time.
_START_CELLS = 8

# When more than this share of what was known has turned, the last frame is no help.
_JUMP = 0.2

# A value is taken to have moved by at most this times the largest movement that is
# seen in its brick and those around.
_DRIFT = np.float32(2.0)


@dataclass(frozen=True, eq=False)
class Frame:
    """A settled level, and where its values bound the field.

    Attributes
    ----------
    grid : BrickGrid
        Settled.
    sure : (slots, 8, 8) uint8
        Bits of the nodes that are known or at least as far from the level as the grid
        says.
    """

    grid: BrickGrid
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
    levels = strides(asker.resolution, _START_CELLS)
    grid = descend(asker, levels[:1])
    found = [Frame(grid, grid.known)]
    for index, stride in enumerate(levels[1:], start=1):
        coarse = found[-1].grid
        grid, uncertain = predict(coarse, -(-asker.resolution // stride))
        settling = Settling(grid, asker, stride)
        passed = None
        if last is not None:
            drift = _drift(last[index], coarse, shift)
            uncertain, passed = _compared(last[index], grid, uncertain, drift, shift)
            settling.pass_over(passed)
        settling.climb(settling.follow(grid.near_surface(), uncertain))
        sure = grid.known.copy()
        if passed is not None:
            sure[: len(passed)] |= passed
        found.append(Frame(grid, sure))
    return found


def _compared(
    last: Frame, grid: BrickGrid, uncertain: UInt8Array, drift: Float32Array, shift: float
) -> tuple[UInt8Array, UInt8Array]:
    """Bits of the nodes to ask, and of those that need not be asked, by the last frame."""
    _keep_turned(last, grid, shift)
    uncertain = np.concatenate([uncertain, np.zeros_like(grid.known[len(uncertain) :])])
    bricks = grid.bricks_at(np.arange(len(grid.known)))
    bricks[: INSIDE + 1] = 0  # the shared bricks have no place; there nothing is stored
    old = last.grid.slots(bricks)
    values = last.grid.values[old] + np.float32(shift)
    sure = last.sure[old] & ~grid.known
    turned = (packed(values > 0) ^ grid.inside) & sure
    if _count(turned) > _JUMP * _count(sure):
        return uncertain, np.zeros_like(sure)
    with np.errstate(invalid="ignore"):  # infinite less infinite: nothing is sure there
        left = np.abs(values) - drift[bricks][:, None, None, None]
    passed: UInt8Array = sure & ~turned & packed(left > 0)
    where = unpacked(passed)
    grid.values[where] = np.copysign(left, values)[where]
    asked: UInt8Array = (uncertain & ~passed) | turned
    return asked, passed


def _keep_turned(last: Frame, grid: BrickGrid, shift: float) -> None:
    """Store the bricks in which the last frame knew of another side than is predicted."""
    slots = np.arange(INSIDE + 1, len(last.grid.known))
    bricks = last.grid.bricks_at(slots)
    now = grid.slots(bricks)
    shared = now <= INSIDE
    slots = slots[shared]
    inside = packed(last.grid.values[slots] + np.float32(shift) > 0)
    turned = (inside ^ grid.inside[now[shared]]) & last.sure[slots]
    grid.add(bricks[shared][turned.any(axis=(1, 2))])


def _drift(last: Frame, coarse: BrickGrid, shift: float) -> Float32Array:
    """How far values may have moved, by brick name; infinite where nothing was seen."""
    old = last.grid
    nodes, values = coarse.asked()
    # In padded nodes the coarse node n is the fine node 2 n - 1.
    nodes = np.minimum(2 * nodes - 1, old.cells + 1)
    places = old.places(*nodes)
    row, bit = places >> 3, (places & 7).astype(np.uint8)
    known = (old.known.reshape(-1)[row] >> bit & 1).astype(bool)
    moved = np.abs(values - old.values.reshape(-1)[places] - np.float32(shift))
    drift = np.full(old.table.size, -1.0, np.float32)
    np.maximum.at(drift, old.named(nodes >> 3)[known], moved[known])
    around = drift.reshape(old.table.shape)
    for axis in range(3):
        rows = np.moveaxis(around.copy(), axis, 0)
        kept = np.moveaxis(around, axis, 0)
        np.maximum(kept[1:], rows[:-1], out=kept[1:])
        np.maximum(kept[:-1], rows[1:], out=kept[:-1])
    return np.where(drift < 0, np.float32(np.inf), _DRIFT * drift)


def _count(bits: UInt8Array) -> int:
    return int(np.count_nonzero(unpacked(bits)))
