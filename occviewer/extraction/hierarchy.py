"""Hierarchical evaluation: ask the field where its surface can be, and nowhere else.

As in multi-resolution isosurface extraction (Mescheder et al., Occupancy
Networks, CVPR 2019, section 3.3) a coarse grid is asked whole and halved where
the surface passes. But a halved cell is not asked at all its nodes:

* its nodes are *predicted* from the coarser grid, and asked are those that the
  prediction needs as corners of surface cells, or that it leaves uncertain (see
  `occviewer.extraction.prediction`), which is what finds parts and holes that the
  coarser grid did not show;
* on every level the grid is then *settled* (see `occviewer.extraction.settling`):
  each cell whose corners differ in sign is asked at all eight corners, until there
  is no such cell left; on the finest level each edge at its ends, which is all that
  vertices come from. A surface that was not predicted is followed as far as it
  goes, and surprises are looked into.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from occviewer.extraction.bricks import BRICK, INSIDE, BrickGrid, packed
from occviewer.extraction.dense import ASKED, DENSE_CELLS, KNOWN, DenseGrid
from occviewer.extraction.field import BATCH, Asker
from occviewer.extraction.guard import ALONE, Guard, guard_for
from occviewer.extraction.prediction import predict
from occviewer.extraction.settling import Settling, ticks

if TYPE_CHECKING:
    from occviewer.extraction.dense_settling import DenseSettling

Grid: TypeAlias = BrickGrid | DenseGrid
"""One level, in either way of storing it."""

# Cells a side of the coarsest grid. Twice as many find no more, half as many less.
START_CELLS = 16


def evaluate(
    asker: Asker, *, thorough: bool = False, progress: Callable[[float], None] | None = None
) -> Grid:
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
    BrickGrid or DenseGrid
        In which every edge with a sign change has been asked at both ends.
    """
    levels = [1] if thorough else strides(asker.resolution)
    return descend(asker, levels, progress, keep=not thorough)


def descend(
    asker: Asker,
    levels: list[int],
    progress: Callable[[float], None] | None = None,
    *,
    keep: bool = True,
) -> Grid:
    """Values at the nodes of the last of some levels that the surface touches.

    Parameters
    ----------
    asker : Asker
        Gives the values and the resolution.
    levels : list of int
        Cell sizes in finest cells, each half of the one before. The first level is
        asked whole.
    progress : callable, optional
        Told the share that is done, 0 … 1.
    keep : bool
        Keep all values of the first level, which predicting from it needs, rather than
        those beside the surface.
    """
    # Four times the cells a level, as a surface has.
    shares = np.cumsum([0.0] + [4.0**level for level in range(len(levels))])
    shares /= shares[-1]

    def within(level: int) -> Callable[[float], None] | None:
        if progress is None:
            return None
        low, high = shares[level], shares[level + 1]
        return lambda share: progress(float(low + share * (high - low)))

    cells = -(-asker.resolution // levels[0])
    grid: Grid
    if keep and cells <= DENSE_CELLS:
        grid = DenseGrid(cells)
        _ask_all_dense(grid, asker, levels[0], within(0))
    else:
        grid = BrickGrid(cells)
        _ask_all(grid, asker, levels[0], keep=keep, progress=within(0))
        if not keep:  # between two bricks of one side each the surface may lie, too
            nothing = np.zeros((0, BRICK, BRICK), np.uint8)
            Settling(grid, asker, levels[0], ALONE, nothing).follow(grid.near_surface())
    for level, stride in enumerate(levels[1:], start=1):
        guard = guard_for(asker.size_of(2 * stride), asker.grain)
        settling = next_level(grid, asker, stride, guard, within(level))
        settling.settle()
        grid = settling.grid
    return grid


def next_level(
    coarse: Grid,
    asker: Asker,
    stride: int,
    guard: Guard,
    progress: Callable[[float], None] | None = None,
) -> Settling | DenseSettling:
    """Predict the level after a settled one, to be settled."""
    cells = -(-asker.resolution // stride)
    # A finer level is predicted from all corners; a mesh takes the ends of edges.
    corners = stride > 1
    if isinstance(coarse, DenseGrid) and cells <= DENSE_CELLS:
        # Here, because what compiles their loops takes half a second to import.
        from occviewer.extraction.dense_prediction import predict_dense
        from occviewer.extraction.dense_settling import DenseSettling

        dense = predict_dense(coarse, cells, guard, asker.team, corners=corners)
        return DenseSettling(dense, asker, stride, guard, progress, corners=corners)
    if isinstance(coarse, DenseGrid):
        coarse = coarse.bricks(asker.team)
    grid, uncertain = predict(coarse, cells, guard, asker.team)
    return Settling(grid, asker, stride, guard, uncertain, progress, corners=corners)


def strides(resolution: int, start: int = START_CELLS) -> list[int]:
    """Cell sizes of the levels in finest cells, coarse to fine: 8, 4, 2, 1 for 128.

    The coarsest grid has at least ``start`` cells a side, when the finest has.
    """
    sizes = [1]
    while -(-resolution // (2 * sizes[0])) >= start:
        sizes.insert(0, 2 * sizes[0])
    return sizes


def _ask_all_dense(
    grid: DenseGrid, asker: Asker, stride: int, progress: Callable[[float], None] | None
) -> None:
    """Ask the whole grid."""
    places = grid.own_places()
    grid.values.fill(-np.inf)
    grid.flat[places] = asker.ask(ticks(grid.nodes_at(places), stride, asker.resolution), progress)
    grid.state.reshape(-1)[places] = KNOWN | ASKED


def _ask_all(
    grid: BrickGrid,
    asker: Asker,
    stride: int,
    *,
    keep: bool,
    progress: Callable[[float], None] | None,
) -> None:
    """Ask the whole grid, brick by brick; only bricks with both signs are kept, or all."""
    bricks = grid.named(np.stack(np.nonzero(np.ones((grid.side,) * 3, bool))))
    inner = np.stack(np.meshgrid(*[np.arange(BRICK)] * 3, indexing="ij"))[:, None]
    step = max(1, BATCH // BRICK**3)
    for start in range(0, len(bricks), step):
        chunk = bricks[start : start + step]
        own = grid.own(chunk)
        nodes = BRICK * grid.coordinates(chunk)[:, :, None, None, None] + inner
        values = np.full(own.shape, -np.inf, np.float32)
        values[own] = asker.ask(ticks(nodes[:, own], stride, asker.resolution))
        inside = values > 0
        every = inside.all(axis=(1, 2, 3))
        stored = (inside.any(axis=(1, 2, 3)) & ~every) | keep
        grid.table.reshape(-1)[chunk[every]] = INSIDE
        grid.fill(grid.add(chunk[stored]), values[stored], packed(own[stored]))
        if progress is not None:
            progress(min(1.0, (start + step) / len(bricks)))
