"""What a level in bricks may take over from the frame before."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from occviewer.arrays import Float32Array, IntArray, UInt8Array
from occviewer.extraction.bricks import INSIDE, BrickGrid, packed, unpacked
from occviewer.extraction.drift import JUMP, allowed


class _Asked(Protocol):
    """A level of which is known what was asked."""

    def asked(self) -> tuple[IntArray, Float32Array]: ...


def compared(
    old: BrickGrid, was_sure: UInt8Array, grid: BrickGrid, coarse: _Asked,
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
    slack = drift[bricks][:, None, None, None] + _slack(old)[slots]
    passed: UInt8Array = sure & ~turned & packed(np.abs(values) > slack)
    where = unpacked(passed)
    grid.values[where] = values[where]
    grid.slack = np.where(where, slack, np.float32(0))
    asked: UInt8Array = (uncertain & ~passed) | turned
    return asked, passed


def _slack(old: BrickGrid) -> Float32Array:
    """By how much values (slots, 8, 8, 8) were wrong at most in the last frame."""
    slack = np.zeros_like(old.values)
    slack[: len(old.slack)] = old.slack
    slack[unpacked(old.known)] = 0.0  # asked after all
    return slack


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


def _drift(old: BrickGrid, coarse: _Asked, shift: float) -> Float32Array:
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
