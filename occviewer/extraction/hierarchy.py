"""Hierarchical evaluation: ask the field where its surface can be, and nowhere else.

As in multi-resolution isosurface extraction (Mescheder et al., Occupancy
Networks, CVPR 2019, section 3.3) a coarse grid is asked whole and cells are
halved where the surface passes. Two things make the result equal to asking
everything:

* a *guard*: a cell without a sign change is halved all the same while the field
  changes fast enough to have reached the level within it and come back;
* *settling*: on every level, each cell whose corners differ in sign is asked at
  all eight corners, until there is no such cell left. A surface that the coarser
  level did not announce is followed as far as it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, IntArray
from occviewer.extraction.bricks import (
    BRICK,
    INSIDE,
    OUTSIDE,
    BrickGrid,
    coordinates,
    corners_of,
    mixed_cells,
)
from occviewer.extraction.field import BATCH, Asker

# The coarsest grid has at least so many cells a side (when the finest has).
START_CELLS = 32

# Let L bound the field's slope. If the surface has a point x in a cell, then
# |v(c)| <= L |x - c| at each corner c, and the mean of |x - c| over the eight
# corners is between 0.87 edges (x in the middle) and 1.12 (x at a corner, where
# the sign would show it). So a cell can hide a surface when the mean of |v| over
# its corners is below GUARD times the largest change over one edge nearby.
GUARD = 0.87


def evaluate(
    asker: Asker, *, thorough: bool = False, progress: Callable[[float], None] | None = None
) -> BrickGrid:
    """Values at all nodes of the finest grid that its surface touches.

    Parameters
    ----------
    asker : Asker
        Gives the values and the resolution.
    thorough : bool
        Ask every node of the finest grid instead.
    progress : callable, optional
        Told the share that is done, 0 … 1.

    Returns
    -------
    BrickGrid
        In which every cell with a sign change has been asked at all corners.
    """
    strides = [1] if thorough else _strides(asker.resolution)
    # Four times the cells a level, as a surface has.
    shares = np.cumsum([0.0] + [4.0**level for level in range(len(strides))])
    shares /= shares[-1]

    def within(level: int) -> Callable[[float], None] | None:
        if progress is None:
            return None
        low, high = shares[level], shares[level + 1]
        return lambda share: progress(float(low + share * (high - low)))

    grid = BrickGrid(-(-asker.resolution // strides[0]))
    _ask_all(grid, asker, strides[0], keep=len(strides) > 1, progress=within(0))
    settle(grid, asker, strides[0], grid.stored_and_lower())
    for level, stride in enumerate(strides[1:], start=1):
        grid, nodes = halve(grid, -(-asker.resolution // stride), candidates(grid))
        grid.put(nodes, asker.ask(_ticks(nodes, stride, asker.resolution), within(level)))
        settle(grid, asker, stride, grid.stored_and_lower())
    return grid


def settle(grid: BrickGrid, asker: Asker, stride: int, bricks: IntArray) -> None:
    """Ask until every cell with a sign change is known at its eight corners.

    ``bricks`` (3, M) are those whose cells may have changed.
    """
    while True:
        found = []
        for chunk, window in grid.windows(bricks, 0, 1):
            missing = corners_of(mixed_cells(window > 0)) & ~np.isfinite(window)
            if missing.any():
                found.append(coordinates(chunk, missing))
        if not found:
            return
        nodes = np.concatenate(found, axis=1)
        nodes = np.unique(nodes[:, grid.real(nodes)], axis=1)
        if nodes.shape[1] == 0:
            return
        grid.put(nodes, asker.ask(_ticks(nodes, stride, asker.resolution)))
        bricks = grid.with_lower(grid.bricks_of(nodes))


def candidates(grid: BrickGrid) -> IntArray:
    """Find the cells (3, M) of a settled grid, without padding, that can hold the surface."""
    found = []
    for chunk, window in grid.windows(grid.stored_and_lower(), 1, 2):
        corners = window[:, 1:-1, 1:-1, 1:-1]
        cells = coordinates(chunk, mixed_cells(corners > 0) | _hiding(window))
        found.append(cells)
    cells = np.concatenate(found, axis=1)
    own = np.logical_and(cells >= 1, cells <= grid.cells).all(axis=0)
    return cells[:, own] - 1


def halve(coarse: BrickGrid, cells: int, active: IntArray) -> tuple[BrickGrid, IntArray]:
    """Make the next finer grid, and find what to ask: its unknown nodes (3, N) in active cells.

    Parameters
    ----------
    coarse : BrickGrid
        A settled grid.
    cells : int
        Cells a side of the finer grid: twice those of the coarse one, or one
        fewer when the last coarse cell was a half one.
    active : (3, M) int
        Coarse cells to be halved, without padding.
    """
    fine = BrickGrid(cells)
    side = np.arange(fine.side)
    # A brick that no active cell meets lies on one side, that of any of its nodes.
    middle = np.clip(BRICK * side + BRICK // 2, 1, cells + 1)
    inside = coarse.get(np.stack(np.meshgrid(*[(middle + 1) // 2] * 3, indexing="ij"))) > 0
    padding = side * BRICK > cells + 1
    for axis in range(3):
        np.moveaxis(inside, axis, 0)[padding] = False
    fine.table[1:-1, 1:-1, 1:-1] = np.where(inside, INSIDE, OUTSIDE)

    # Stored are the bricks of active cells, and those with both inside and padding.
    stored = np.zeros((fine.side,) * 3, bool)
    last = (side == 0) | (side * BRICK + BRICK - 1 > cells + 1)
    for axis in range(3):
        border = np.moveaxis(inside, axis, 0)
        np.moveaxis(stored, axis, 0)[last] |= border[last]
    low, high = 2 * active + 1, np.minimum(2 * active + 2, cells) + 1
    for ends in product((low, high), repeat=3):
        stored[tuple(end[axis] >> 3 for axis, end in enumerate(ends))] = True
    bricks = fine.add(np.stack(np.nonzero(stored)))
    fine.fill(bricks, _inherited(coarse, fine, bricks))

    for corner in product((0, 1), repeat=3):
        node = active + np.array(corner)[:, None]
        fine.put(np.minimum(2 * node, cells) + 1, coarse.get(node + 1))
    wanted = np.zeros(fine.values.shape, bool)
    x, y, z = np.minimum(2 * active[:, None] + np.array([[0], [1], [2]]), cells) + 1  # (3, M)
    for i, j, k in product(range(3), repeat=3):
        wanted.reshape(-1)[fine.places(x[i], y[j], z[k])] = True
    # The stored bricks have their slots in the order in which they were added.
    return fine, coordinates(bricks, (wanted & ~np.isfinite(fine.values))[INSIDE + 1 :])


def _strides(resolution: int) -> list[int]:
    """Cell sizes of the levels in finest cells, coarse to fine: 8, 4, 2, 1 for 256."""
    strides = [1]
    while -(-resolution // (2 * strides[0])) >= START_CELLS:
        strides.insert(0, 2 * strides[0])
    return strides


def _ticks(nodes: IntArray, stride: int, resolution: int) -> IntArray:
    """Turn padded nodes of a level into nodes of the finest grid.

    The last cell of a coarse level is shorter where the resolution is not a
    multiple of the stride.
    """
    return np.minimum((nodes - 1) * stride, resolution)


def _ask_all(
    grid: BrickGrid,
    asker: Asker,
    stride: int,
    *,
    keep: bool,
    progress: Callable[[float], None] | None,
) -> None:
    """Ask the whole grid, brick by brick; only bricks with both signs are kept, or all."""
    inner = np.stack(np.meshgrid(*[np.arange(BRICK)] * 3, indexing="ij"))[:, None]
    bricks = np.stack(np.nonzero(np.ones((grid.side,) * 3, bool)))
    step = max(1, BATCH // BRICK**3)
    for start in range(0, bricks.shape[1], step):
        chunk = bricks[:, start : start + step]
        nodes = chunk[:, :, None, None, None] * BRICK + inner
        real = grid.real(nodes)
        values = np.full(real.shape, -np.inf, np.float32)
        values[real] = asker.ask(_ticks(nodes[:, real], stride, asker.resolution))
        inside = values > 0
        every = inside.all(axis=(1, 2, 3))
        stored = (inside.any(axis=(1, 2, 3)) & ~every) | keep
        grid.table[tuple(chunk[:, every] + 1)] = INSIDE
        grid.add(chunk[:, stored])
        grid.fill(chunk[:, stored], values[stored])
        if progress is not None:
            progress(min(1.0, (start + step) / bricks.shape[1]))


def _inherited(coarse: BrickGrid, fine: BrickGrid, bricks: IntArray) -> Float32Array:
    """Read off the coarse grid the sides of the nodes of fine bricks (3, M): ±inf, (M, 8, 8, 8).

    A node takes the side of the lowest corner of its coarse cell: in a cell that
    is not active all corners are on one side, and the others are asked anyway.
    """
    below = bricks[:, :, None] * (BRICK // 2) + np.arange(BRICK // 2 + 1)  # (3, M, 5)
    x, y, z = np.minimum(below, coarse.cells + 2)
    x, y, z = np.broadcast_arrays(x[:, :, None, None], y[:, None, :, None], z[:, None, None, :])
    inside = coarse.get(np.stack([x, y, z])) > 0
    spread = (np.arange(BRICK) + 1) // 2
    inside = inside[:, spread][:, :, spread][:, :, :, spread]
    nodes = bricks[:, :, None] * BRICK + np.arange(BRICK)  # (3, M, 8)
    own = np.logical_and(nodes >= 1, nodes <= fine.cells + 1)
    inside &= own[0][:, :, None, None] & own[1][:, None, :, None] & own[2][:, None, None, :]
    return np.where(inside, np.float32(np.inf), np.float32(-np.inf))


def _hiding(window: Float32Array) -> BoolArray:
    """Cells (M, 8, 8, 8) of windows (M, 11, 11, 11) that may hide a surface; see GUARD."""
    known = np.where(np.isfinite(window), window, np.float32(np.nan))
    slope = np.zeros((len(window), BRICK, BRICK, BRICK), np.float32)
    for axis in (1, 2, 3):
        change = np.abs(np.diff(known, axis=axis))
        # Along the axis the cell's edges and the ones before and after; across it,
        # the cell's own two rows each way. Unknown changes (NaN) are passed over.
        for across in {1, 2, 3} - {axis}:
            rows = np.moveaxis(change, across, 0)
            rows = np.fmax(rows[1:9], rows[2:10])
            change = np.moveaxis(rows, 0, across)
        along = np.moveaxis(change, axis, 0)
        along = np.fmax(np.fmax(along[0:8], along[1:9]), along[2:10])
        slope += np.nan_to_num(np.moveaxis(along, 0, axis)) ** 2
    mean = np.abs(known[:, 1:-1, 1:-1, 1:-1])
    for axis in (1, 2, 3):
        pairs = np.moveaxis(mean, axis, 0)
        mean = np.moveaxis((pairs[:-1] + pairs[1:]) / 2, 0, axis)
    hiding: BoolArray = mean**2 <= GUARD**2 * slope  # false where a corner is not known
    return hiding
