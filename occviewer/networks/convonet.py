"""Convolutional Occupancy Networks (Peng et al., ECCV 2020) for point clouds.

A PointNet that pools locally, features scattered to planes or a grid, U-Nets over
them, and a small residual MLP on the features at a query. Parameters carry the
published names, so that published checkpoints load as they are.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, PointCloudNetwork
from occviewer.networks.coordinates import (
    PLANES,
    grid_cells,
    normalised_grid,
    normalised_plane,
    plane_cells,
    sample_grid,
    sample_plane,
)
from occviewer.networks.layers import ResnetBlockFC, pool_local_max, scatter_mean
from occviewer.networks.unet import UNet
from occviewer.networks.unet3d import UNet3D


class LocalPoolPointnet(nn.Module):
    """PointNet with local max pooling, then U-Nets over planes and grid.

    Parameters
    ----------
    c_dim : int
        Feature channels.
    hidden_dim : int
        Width of the five residual blocks.
    planes : sequence of str
        Which of ``xz``, ``xy``, ``yz`` to make.
    plane_resolution, grid_resolution : int
        Cells a side; 0 for no grid.
    unet_depth, unet3d_levels : int
        Levels of the U-Nets.
    padding : float
        Of the box: coordinates are divided by 1 + padding.
    """

    def __init__(
        self,
        c_dim: int,
        hidden_dim: int,
        planes: tuple[str, ...],
        plane_resolution: int,
        grid_resolution: int,
        unet_depth: int,
        unet3d_levels: int,
        padding: float,
    ) -> None:
        super().__init__()
        self.planes = planes
        self.plane_resolution = plane_resolution
        self.grid_resolution = grid_resolution
        self.padding = padding
        self.fc_pos = nn.Linear(3, 2 * hidden_dim)
        self.blocks = nn.ModuleList(ResnetBlockFC(2 * hidden_dim, hidden_dim) for _ in range(5))
        self.fc_c = nn.Linear(hidden_dim, c_dim)
        if planes:
            self.unet = UNet(c_dim, c_dim, depth=unet_depth, start_filts=32)
        if grid_resolution:
            self.unet3d = UNet3D(c_dim, c_dim, levels=unet3d_levels, f_maps=32)

    def forward(self, points: Tensor) -> Features:
        """Features of clouds (B, N, 3)."""
        cells: dict[str, tuple[Tensor, int]] = {}
        for name in self.planes:
            at = normalised_plane(points, name, self.padding)
            cells[name] = plane_cells(at, self.plane_resolution), self.plane_resolution**2
        if self.grid_resolution:
            at = normalised_grid(points, self.padding)
            cells["grid"] = grid_cells(at, self.grid_resolution), self.grid_resolution**3

        net = self.blocks[0](self.fc_pos(points))
        for block in self.blocks[1:]:
            pooled = torch.stack([pool_local_max(net, *cell) for cell in cells.values()]).sum(0)
            net = block(torch.cat([net, pooled], 2))
        c = self.fc_c(net)

        features: Features = {}
        for name, (index, count) in cells.items():
            spread = scatter_mean(c, index, count).transpose(1, 2)
            if name == "grid":
                grid = spread.reshape(*spread.shape[:2], *(self.grid_resolution,) * 3)
                grid = grid.contiguous(memory_format=torch.channels_last_3d)
                features["grid"] = self.unet3d(grid)
            else:
                plane = spread.reshape(*spread.shape[:2], *(self.plane_resolution,) * 2)
                plane = plane.contiguous(memory_format=torch.channels_last)
                features[f"plane_{name}"] = self.unet(plane)
        return features


class LocalDecoder(nn.Module):
    """Residual MLP that is given the features at the query before every block."""

    def __init__(self, c_dim: int, hidden_size: int, blocks: int) -> None:
        super().__init__()
        self.fc_p = nn.Linear(3, hidden_size)
        self.fc_c = nn.ModuleList(nn.Linear(c_dim, hidden_size) for _ in range(blocks))
        self.blocks = nn.ModuleList(ResnetBlockFC(hidden_size) for _ in range(blocks))
        self.fc_out = nn.Linear(hidden_size, 1)

    def forward(self, queries: Tensor, found: Tensor) -> Tensor:
        """Logits (B, M) of queries (B, M, 3) with features (B, M, c_dim)."""
        net = self.fc_p(queries)
        for fc_c, block in zip(self.fc_c, self.blocks, strict=True):
            net = block(net + fc_c(found))
        return self.fc_out(F.relu(net))[..., 0]  # type: ignore[no-any-return]


class ConvONet(PointCloudNetwork):
    """Convolutional Occupancy Network for point clouds.

    Parameters
    ----------
    planes : sequence of str
        Feature planes; all three by default, none for a network with a grid only.
    plane_resolution, grid_resolution : int
        Cells a side; no grid with 0.
    c_dim, hidden_dim : int
        Feature channels and width; 32 as published.
    unet_depth, unet3d_levels : int
        Levels of the U-Nets.
    padding : float
        Of the box; 0.1 for single shapes.
    point_count : int
        Points the encoder is given; 3,000 as published.
    """

    architecture: ClassVar[str] = "convonet"

    def __init__(
        self,
        planes: tuple[str, ...] = ("xz", "xy", "yz"),
        plane_resolution: int = 64,
        grid_resolution: int = 0,
        c_dim: int = 32,
        hidden_dim: int = 32,
        unet_depth: int = 4,
        unet3d_levels: int = 3,
        padding: float = 0.1,
        point_count: int = 3000,
    ) -> None:
        config = {
            "planes": list(planes),
            "plane_resolution": plane_resolution,
            "grid_resolution": grid_resolution,
            "c_dim": c_dim,
            "hidden_dim": hidden_dim,
            "unet_depth": unet_depth,
            "unet3d_levels": unet3d_levels,
            "padding": padding,
        }
        super().__init__(config, point_count)
        unknown = set(planes) - set(PLANES)
        if unknown or not (planes or grid_resolution):
            raise ValueError(f"ConvONet needs planes among {list(PLANES)} or a grid: {planes}.")
        self.padding = padding
        self.encoder = LocalPoolPointnet(
            c_dim,
            hidden_dim,
            tuple(planes),
            plane_resolution,
            grid_resolution,
            unet_depth,
            unet3d_levels,
            padding,
        )
        self.decoder = LocalDecoder(c_dim, hidden_dim, blocks=5)

    def encode(self, points: Tensor) -> Features:
        """Encode (B, N, 3) to ``plane_…`` (B, C, R, R) and ``grid`` (B, C, R, R, R)."""
        return self.encoder(points)  # type: ignore[no-any-return]

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3)."""
        found = []
        for name, feature in features.items():
            if name == "grid":
                found.append(sample_grid(feature, normalised_grid(queries, self.padding)))
            else:
                plane = name.removeprefix("plane_")
                at = normalised_plane(queries, plane, self.padding)
                found.append(sample_plane(feature, at))
        return self.decoder(queries, torch.stack(found).sum(0))  # type: ignore[no-any-return]
