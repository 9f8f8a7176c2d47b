"""From the box to the feature planes and grids of convolutional occupancy networks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

PLANES = {"xz": (0, 2), "xy": (0, 1), "yz": (1, 2)}
"""Axes of each feature plane; the first runs along the width of the plane's image."""

_PLANE_MARGIN = 1e-5  # the published networks divide by 1 + padding + margin
_GRID_MARGIN = 1e-3


def normalised_plane(points: Tensor, plane: str, padding: float) -> Tensor:
    """Coordinates (..., 2) in [0, 1) on a plane, of box points (..., 3)."""
    first, second = PLANES[plane]
    flat = torch.stack([points[..., first], points[..., second]], -1)
    return _within(flat / (1 + padding + _PLANE_MARGIN) + 0.5, 1 - _PLANE_MARGIN)


def normalised_grid(points: Tensor, padding: float) -> Tensor:
    """Coordinates (..., 3) in [0, 1) of box points (..., 3)."""
    return _within(points / (1 + padding + _GRID_MARGIN) + 0.5, 1 - _GRID_MARGIN)


def _within(coordinates: Tensor, highest: float) -> Tensor:
    """Move what lies outside [0, 1) to 0 or `highest`; as published, nothing else is moved."""
    return torch.where(coordinates >= 1, highest, coordinates).clamp(min=0)


def plane_cells(coordinates: Tensor, resolution: int) -> Tensor:
    """Cell numbers (..., ) int64 on a plane: x + resolution * y."""
    cell = (coordinates * resolution).long()
    return cell[..., 0] + resolution * cell[..., 1]


def grid_cells(coordinates: Tensor, resolution: int) -> Tensor:
    """Cell numbers (..., ) int64 in a grid: x + resolution * (y + resolution * z)."""
    cell = (coordinates * resolution).long()
    return cell[..., 0] + resolution * (cell[..., 1] + resolution * cell[..., 2])


def sample_plane(features: Tensor, coordinates: Tensor) -> Tensor:
    """Bilinear features (B, M, C) of a plane (B, C, R, R) at coordinates (B, M, 2) in [0, 1]."""
    at = (2 * coordinates - 1)[:, :, None]
    found = F.grid_sample(features, at, padding_mode="border", align_corners=True)
    return found[..., 0].transpose(1, 2)


def sample_grid(features: Tensor, coordinates: Tensor) -> Tensor:
    """Trilinear features (B, M, C) of a grid (B, C, R, R, R) at coordinates (B, M, 3) in [0, 1]."""
    at = (2 * coordinates - 1)[:, :, None, None]
    found = F.grid_sample(features, at, padding_mode="border", align_corners=True)
    return found[..., 0, 0].transpose(1, 2)


def sample_channels_last(features: Tensor, coordinates: Tensor) -> Tensor:
    """Trilinear features like `sample_grid`, for grids in the channels-last layout.

    Eight rows of the grid seen as a table, weighted and summed in one
    `embedding_bag`: many times faster on a CPU than `grid_sample` in 3D, also backwards.
    """
    batch, channels, side = features.shape[:3]
    table = features.permute(0, 2, 3, 4, 1).reshape(-1, channels)
    at = coordinates * (side - 1)
    low = at.floor().clamp(0, side - 2)
    high_share = (at - low).clamp(0, 1)
    low = low.long()
    shares = torch.stack([1 - high_share, high_share], -1)  # (B, M, 3, 2)
    share = (
        shares[..., 2, :, None, None]
        * shares[..., 1, None, :, None]
        * shares[..., 0, None, None, :]
    )
    corner = torch.arange(2, device=low.device)
    x = low[..., 0, None] + corner
    y = (low[..., 1, None] + corner) * side
    z = (low[..., 2, None] + corner) * side**2
    rows = z[..., :, None, None] + y[..., None, :, None] + x[..., None, None, :]
    rows = rows + torch.arange(batch, device=low.device).view(-1, 1, 1, 1, 1) * side**3
    found = F.embedding_bag(
        rows.flatten(2).flatten(0, 1),
        table,
        per_sample_weights=share.flatten(2).flatten(0, 1).to(table.dtype),
        mode="sum",
    )
    return found.view(batch, -1, channels)
