"""Multilinear lookups in feature planes and grids as weighted sums of table rows.

The features of a shape become a table with a row for each node. The four nodes of a
plane around a query, or the eight of a grid, are rows of it, and the interpolated
features one `embedding_bag`. Numbers and weights of the rows are affine functions
of the query's cell and of its place in the cell, so small matrix products make them:
several times faster than index arithmetic on arrays of three columns.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.coordinates import PLANES, normalised_grid, normalised_plane

MOST_ROWS = 1 << 24
"""Row numbers are computed in float32, which holds whole numbers up to here."""


Corners = tuple[tuple[int, tuple[tuple[int, int, int], ...]], ...]
"""For each row of a bag: the first row of its table, and ``(axis, stride, step)`` for each
axis it depends on, i.e. how far the row number moves for one cell along the axis, and whether
it is the lower (0) or the upper (1) node."""


class Lookup:
    """Features of planes (summed) or of a grid at queries of the box.

    Make one with `plane_lookup` or `grid_lookup`.

    Parameters
    ----------
    table : (rows, C) Tensor
        Features, a row a node.
    side : int
        Nodes along each axis.
    extent : (float, float)
        Queries are divided by the first and moved by a half; what is then not below 1 becomes
        the second, and what is negative 0.
    corners : Corners
        The rows of a bag.
    """

    def __init__(
        self, table: Tensor, side: int, extent: tuple[float, float], corners: Corners
    ) -> None:
        self._table = table.contiguous()
        self._side = side
        self._scale, self._highest = extent
        first, strides, factors = _affine(corners)
        self._first, self._strides = first.to(table.device), strides.to(table.device)
        self._factors = [(constant.to(table.device), s.to(table.device)) for constant, s in factors]

    def __call__(self, queries: Tensor) -> Tensor:
        """Features (M, C) at queries (M, 3) of the box."""
        at = (queries / self._scale).add_(0.5)
        at = torch.where(at >= 1, self._highest, at).clamp_(min=0).mul_(self._side - 1)
        cell = at.floor()
        within = at.sub_(cell)
        rows = torch.addmm(self._first, cell, self._strides).to(torch.int32)
        (constant, slope), *others = self._factors
        weights = torch.addmm(constant, within, slope)
        for constant, slope in others:
            weights.mul_(torch.addmm(constant, within, slope))
        return F.embedding_bag(rows, self._table, per_sample_weights=weights, mode="sum")


def plane_lookup(planes: dict[str, Tensor], padding: float) -> Lookup:
    """Bilinear features of planes, summed.

    Parameters
    ----------
    planes : dict of (C, R, R) Tensor
        By their names in `PLANES`, at least one.
    padding : float
        Of the box, as in `normalised_plane`.
    """
    side = next(iter(planes.values())).shape[-1]
    table = torch.cat([plane.permute(1, 2, 0).flatten(0, 1) for plane in planes.values()])
    corners = []
    for number, name in enumerate(planes):
        u, v = PLANES[name]
        for along_v, along_u in product((0, 1), repeat=2):
            corners.append((number * side**2, ((u, 1, along_u), (v, side, along_v))))
    return Lookup(table, side, plane_extent(next(iter(planes)), padding), tuple(corners))


def grid_lookup(grid: Tensor, padding: float) -> Lookup:
    """Trilinear features of a grid.

    Parameters
    ----------
    grid : (C, R, R, R) Tensor
        Axes z, y, x, as in `sample_grid`.
    padding : float
        Of the box, as in `normalised_grid`.
    """
    side = grid.shape[-1]
    table = grid.permute(1, 2, 3, 0).flatten(0, 2)
    corners = tuple(
        (0, ((0, 1, x), (1, side, y), (2, side**2, z))) for z, y, x in product((0, 1), repeat=3)
    )
    return Lookup(table, side, grid_extent(padding), corners)


# A code that moves makes the same lookups again and again, on other tables.
@cache
def _affine(corners: Corners) -> tuple[Tensor, Tensor, list[tuple[Tensor, Tensor]]]:
    """Row numbers and weights of a bag as affine functions: first rows, strides, factors."""
    count, axes = len(corners), len(corners[0][1])
    first, strides = torch.zeros(count), torch.zeros(3, count)
    # A weight is a product over the axes of 1 - f (lower node) or f (upper node).
    constant, slope = torch.zeros(axes, count), torch.zeros(axes, 3, count)
    for column, (row, along) in enumerate(corners):
        first[column] = row
        for factor, (axis, stride, step) in enumerate(along):
            first[column] += stride * step
            strides[axis, column] = stride
            constant[factor, column] = 1 - step
            slope[factor, axis, column] = 2 * step - 1
    return first, strides, list(zip(constant, slope, strict=True))


@cache
def plane_extent(plane: str, padding: float) -> tuple[float, float]:
    """Find what coordinates are divided by and clamped to in planes; see `Lookup`."""
    return _extent(lambda at: normalised_plane(at, plane, padding))


@cache
def grid_extent(padding: float) -> tuple[float, float]:
    """Find what coordinates are divided by and clamped to in a grid; see `Lookup`."""
    return _extent(lambda at: normalised_grid(at, padding))


def _extent(normalise: Callable[[Tensor], Tensor]) -> tuple[float, float]:
    """Find what a normalisation ``clamp(x / scale + 0.5, 0, highest)`` divides and clamps by."""
    near, far = (
        float(normalise(torch.full((1, 3), place, dtype=torch.float64))[0, 0])
        for place in (0.25, 1e6)
    )
    return 0.25 / (near - 0.5), far
