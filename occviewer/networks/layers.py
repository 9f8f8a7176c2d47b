"""Layers that several architectures share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name


class ResnetBlockFC(nn.Module):
    """Fully connected residual block of the published networks: ReLU first, twice.

    Parameters
    ----------
    size_in, size_out : int
        Widths; where they differ a linear shortcut without bias joins them.
    size_hidden : int, optional
        Width between the two layers, the smaller of the two by default.
    """

    def __init__(
        self, size_in: int, size_out: int | None = None, size_hidden: int | None = None
    ) -> None:
        super().__init__()
        size_out = size_in if size_out is None else size_out
        size_hidden = min(size_in, size_out) if size_hidden is None else size_hidden
        self.fc_0 = nn.Linear(size_in, size_hidden)
        self.fc_1 = nn.Linear(size_hidden, size_out)
        self.shortcut = None if size_in == size_out else nn.Linear(size_in, size_out, bias=False)
        nn.init.zeros_(self.fc_1.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., size_in) to (..., size_out)."""
        dx = self.fc_1(F.relu(self.fc_0(F.relu(x))))
        return (x if self.shortcut is None else self.shortcut(x)) + dx  # type: ignore[no-any-return]


def scatter_mean(values: Tensor, index: Tensor, size: int) -> Tensor:
    """Mean of point features by cell.

    Parameters
    ----------
    values : (B, N, C)
    index : (B, N) int64
        Cell of each point.
    size : int
        Number of cells.

    Returns
    -------
    (B, size, C), zero where a cell holds no point.
    """
    batch, _, channels = values.shape
    expanded = index[:, :, None].expand(-1, -1, channels)
    total = values.new_zeros(batch, size, channels).scatter_add(1, expanded, values)
    count = values.new_zeros(batch, size).scatter_add(1, index, torch.ones_like(values[..., 0]))
    return total / count.clamp(min=1)[:, :, None]


def pool_local_max(values: Tensor, index: Tensor, size: int) -> Tensor:
    """Replace point features (B, N, C) by the maximum over the points of the same cell."""
    batch, _, channels = values.shape
    expanded = index[:, :, None].expand(-1, -1, channels)
    cells = values.new_zeros(batch, size, channels)
    cells = cells.scatter_reduce(1, expanded, values, reduce="amax", include_self=False)
    return cells.gather(1, expanded)


class CellGroups:
    """Points grouped by the cell they lie in, for pooling and spreading.

    The same arithmetic as `pool_local_max` and `scatter_mean`, over the cells that hold
    points instead of all: several times faster on fine grids, which are mostly empty.

    Parameters
    ----------
    cells : (B, N) int64
        Cell of each point.
    size : int
        Number of cells.
    """

    def __init__(self, cells: Tensor, size: int) -> None:
        self._batch, self._size = cells.shape[0], size
        offset = torch.arange(self._batch, device=cells.device)[:, None] * size
        self._occupied, self._group = torch.unique(cells + offset, return_inverse=True)
        self._group = self._group.flatten()
        self._count = torch.bincount(self._group, minlength=len(self._occupied))

    def pool_max(self, values: Tensor) -> Tensor:
        """Replace point features (B, N, C) by the maximum over the points of their cell."""
        flat = values.flatten(0, 1)
        index = self._group[:, None].expand_as(flat)
        pooled = flat.new_zeros(len(self._occupied), flat.shape[1])
        pooled = pooled.scatter_reduce(0, index, flat, "amax", include_self=False)
        return pooled.index_select(0, self._group).view_as(values)

    def spread_mean(self, values: Tensor) -> Tensor:
        """Mean of point features by cell, and the logarithm of 1 + the number of points.

        Returns (B, size, C + 1); zero where a cell holds no point.
        """
        flat = values.flatten(0, 1)
        total = flat.new_zeros(len(self._occupied), flat.shape[1]).index_add(0, self._group, flat)
        count = self._count.to(flat.dtype)[:, None]
        found = torch.cat([total / count, torch.log1p(count)], 1)
        spread = found.new_zeros(self._batch * self._size, found.shape[1])
        return spread.index_copy(0, self._occupied, found).view(self._batch, self._size, -1)
