"""Encoders of Convolutional Occupancy Networks (Peng et al., ECCV 2020), published names.

Features of points or voxels are averaged over the cells of planes and of a grid, and
U-Nets go over those: one 2D U-Net for all planes, a 3D one for the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features
from occviewer.networks.coordinates import (
    grid_cells,
    normalised_grid,
    normalised_plane,
    plane_cells,
)
from occviewer.networks.layers import ResnetBlockFC, pool_local_max, scatter_mean
from occviewer.networks.unet import UNet
from occviewer.networks.unet3d import UNet3D


@dataclass(frozen=True)
class Volumes:
    """What features are spread over, and the U-Nets that go over it.

    Attributes
    ----------
    planes : tuple of str
        Which of ``xz``, ``xy``, ``yz`` to make.
    plane_resolution, grid_resolution : int
        Cells a side; no grid with 0.
    unet_depth, unet3d_levels : int
        Levels of the U-Nets; none with 0.
    start_filters, f_maps : int
        Channels of the first level of the U-Nets.
    padding : float
        Of the box: coordinates are divided by 1 + padding.
    """

    planes: tuple[str, ...] = ()
    plane_resolution: int = 64
    grid_resolution: int = 0
    unet_depth: int = 4
    unet3d_levels: int = 3
    start_filters: int = 32
    f_maps: int = 32
    padding: float = 0.1


class LocalEncoder(nn.Module):
    """What the encoders have in common: from features at points to planes and a grid."""

    def __init__(self, volumes: Volumes) -> None:
        super().__init__()
        self.volumes = volumes

    def add_unets(self, c_dim: int) -> None:
        """Make the U-Nets; last of all layers, where the published networks have them."""
        v = self.volumes
        if v.planes and v.unet_depth:
            self.unet = UNet(c_dim, c_dim, depth=v.unet_depth, start_filts=v.start_filters)
        if v.grid_resolution and v.unet3d_levels:
            self.unet3d = UNet3D(c_dim, c_dim, levels=v.unet3d_levels, f_maps=v.f_maps)

    def cells(self, points: Tensor) -> dict[str, tuple[Tensor, int]]:
        """Cell of each point (B, N), and the number of cells, of each plane and the grid."""
        v = self.volumes
        cells: dict[str, tuple[Tensor, int]] = {}
        for name in v.planes:
            at = normalised_plane(points, name, v.padding)
            cells[name] = plane_cells(at, v.plane_resolution), v.plane_resolution**2
        if v.grid_resolution:
            at = normalised_grid(points, v.padding)
            cells["grid"] = grid_cells(at, v.grid_resolution), v.grid_resolution**3
        return cells

    def spread(self, c: Tensor, cells: dict[str, tuple[Tensor, int]]) -> Features:
        """Planes and grid of features (B, N, C) at points in the given cells."""
        v = self.volumes
        features: Features = {}
        for name, (index, count) in cells.items():
            spread = scatter_mean(c, index, count).transpose(1, 2)
            if name == "grid":
                grid = spread.reshape(*spread.shape[:2], *(v.grid_resolution,) * 3)
                grid = grid.contiguous(memory_format=torch.channels_last_3d)
                features["grid"] = self.unet3d(grid) if v.unet3d_levels else grid
            else:
                plane = spread.reshape(*spread.shape[:2], *(v.plane_resolution,) * 2)
                plane = plane.contiguous(memory_format=torch.channels_last)
                features[f"plane_{name}"] = self.unet(plane) if v.unet_depth else plane
        return features


class LocalPoolPointnet(LocalEncoder):
    """Encoder ``pointnet_local_pool``: a PointNet that pools over cells.

    Parameters
    ----------
    c_dim : int
        Feature channels.
    hidden_dim : int
        Width of the residual blocks.
    blocks : int
        Their number.
    volumes : Volumes
    """

    def __init__(self, c_dim: int, hidden_dim: int, blocks: int, volumes: Volumes) -> None:
        super().__init__(volumes)
        self.fc_pos = nn.Linear(3, 2 * hidden_dim)
        self.blocks = nn.ModuleList(
            ResnetBlockFC(2 * hidden_dim, hidden_dim) for _ in range(blocks)
        )
        self.fc_c = nn.Linear(hidden_dim, c_dim)
        self.add_unets(c_dim)

    def forward(self, points: Tensor) -> Features:
        """Features of clouds (B, N, 3)."""
        cells = self.cells(points)
        net = self.blocks[0](self.fc_pos(points))
        for block in self.blocks[1:]:
            pooled = torch.stack([pool_local_max(net, *cell) for cell in cells.values()]).sum(0)
            net = block(torch.cat([net, pooled], 2))
        return self.spread(self.fc_c(net), cells)


class LocalVoxelEncoder(LocalEncoder):
    """Encoder ``voxel_simple_local``: one convolution, whose results lie at the voxels.

    Parameters
    ----------
    c_dim : int
        Feature channels.
    kernel : int
        Width of the convolution: 1 or 3.
    volumes : Volumes
    """

    def __init__(self, c_dim: int, kernel: int, volumes: Volumes) -> None:
        super().__init__(volumes)
        self.conv_in = nn.Conv3d(1, c_dim, kernel, padding=0 if kernel == 1 else 1)
        self.add_unets(c_dim)

    def forward(self, voxels: Tensor) -> Features:
        """Features of occupancies (B, R, R, R), along x, y and z, that fill ±0.5."""
        c = F.relu(self.conv_in(voxels[:, None])).flatten(2).transpose(1, 2)
        along = [torch.linspace(-0.5, 0.5, side, device=voxels.device) for side in voxels.shape[1:]]
        points = torch.stack(torch.meshgrid(*along, indexing="ij"), -1).flatten(0, 2)
        return self.spread(c, self.cells(points.expand(len(voxels), -1, -1)))
