"""The house model: a cloud to three feature planes and a coarse grid, and a small decoder.

It descends from Convolutional Occupancy Networks (Peng et al., ECCV 2020). Two things
differ. A coarse 3D U-Net runs first and tells the planes what it saw along their
normal, so that planes that complete a missing leg agree on where it stands; and skip
connections are added instead of concatenated, which costs half as much. Planes carry
the fine detail (a plane of 64² cells costs as much as a grid of 16³), the grid says
which of the things that planes superimpose is really there.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    sample_channels_last,
    sample_plane,
)
from occviewer.networks.layers import CellGroups, ResnetBlockFC

PADDING = 0.1


class ConvBlock(nn.Module):
    """Residual block of 3-wide convolutions (2D or 3D).

    Parameters
    ----------
    dims : int
        2 or 3.
    size : int
        Channels.
    count : int
        Number of convolutions.
    norm : bool
        Whether a group norm stands before each; not at full resolution, where it costs most.
    """

    def __init__(self, dims: int, size: int, count: int, *, norm: bool) -> None:
        super().__init__()
        conv = nn.Conv2d if dims == 2 else nn.Conv3d
        self.convs = nn.ModuleList(conv(size, size, 3, padding=1) for _ in range(count))
        self.norms = nn.ModuleList(
            nn.GroupNorm(8, size) if norm else nn.Identity() for _ in range(count)
        )
        # Blocks begin as (nearly) nothing, so that deep networks train from the start.
        nn.init.normal_(self.convs[-1].weight, std=1e-3)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, size, ...) to the same shape."""
        net = x
        for norm, conv in zip(self.norms, self.convs, strict=True):
            net = conv(F.relu(norm(net)))
        return x + net


class AddingUNet(nn.Module):
    """U-Net in 2D or 3D whose skip connections are added.

    Parameters
    ----------
    dims : int
        2 or 3.
    sizes : sequence of int
        Channels from the finest level to the coarsest, multiples of 8.
    """

    def __init__(self, dims: int, sizes: Sequence[int]) -> None:
        super().__init__()
        conv = nn.Conv2d if dims == 2 else nn.Conv3d
        transposed = nn.ConvTranspose2d if dims == 2 else nn.ConvTranspose3d
        self.down = nn.ModuleList(
            ConvBlock(dims, size, 2 if level else 1, norm=level > 0)
            for level, size in enumerate(sizes)
        )
        self.up = nn.ModuleList(
            ConvBlock(dims, size, 1, norm=level > 0) for level, size in enumerate(sizes[:-1])
        )
        pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
        self.shrink = nn.ModuleList(conv(fine, coarse, 2, stride=2) for fine, coarse in pairs)
        self.grow = nn.ModuleList(transposed(coarse, fine, 2, stride=2) for fine, coarse in pairs)

    def forward(self, x: Tensor, extra: Tensor | None = None) -> Tensor:
        """Map (B, C, R, ...) to the same shape.

        `extra` (B, C1, R/2, ...) is added before the second level.
        """
        skips = []
        for level, block in enumerate(self.down):
            if level:
                x = self.shrink[level - 1](x)
            if level == 1 and extra is not None:
                x = x + extra
            x = block(x)
            skips.append(x)
        for level in reversed(range(len(self.up))):
            x = self.up[level](self.grow[level](x) + skips[level])
        return x


class HouseEncoder(nn.Module):
    """Cloud to planes and grid (see the module)."""

    def __init__(
        self,
        channels: int,
        plane_resolution: int,
        grid_resolution: int,
        plane_sizes: Sequence[int],
        grid_sizes: Sequence[int],
    ) -> None:
        super().__init__()
        self.plane_resolution = plane_resolution
        self.grid_resolution = grid_resolution
        self.fc_pos = nn.Linear(6, 2 * channels)
        self.blocks = nn.ModuleList(
            ResnetBlockFC(2 * channels, channels, channels) for _ in range(3)
        )
        self.to_plane = nn.Linear(channels, plane_sizes[0] - 1)
        self.to_grid = nn.Linear(channels, grid_sizes[0] - 1)
        self.grid_unet = AddingUNet(3, grid_sizes)
        self.plane_unet = AddingUNet(2, plane_sizes)
        self.project = nn.Conv2d(grid_sizes[0], plane_sizes[1], 1)
        self.plane_bias = nn.Parameter(torch.zeros(len(PLANES), plane_sizes[0]))
        self.plane_out = nn.Conv2d(plane_sizes[0], channels, 1)

    def forward(self, points: Tensor) -> Features:
        """Features of clouds (B, N, 3)."""
        at = normalised_grid(points, PADDING)
        groups = CellGroups(grid_cells(at, self.grid_resolution), self.grid_resolution**3)
        # Where a point lies within its cell tells the network what the cell cannot.
        within = (at * self.grid_resolution) % 1 - 0.5
        net = self.fc_pos(torch.cat([2 * points, within], -1))
        net = self.blocks[0](net)
        for block in self.blocks[1:]:
            net = block(torch.cat([net, groups.pool_max(net)], -1))
        net = F.relu(net)

        side = self.grid_resolution
        grid = groups.spread_mean(self.to_grid(net)).view(len(points), side, side, side, -1)
        grid = self.grid_unet(grid.permute(0, 4, 1, 2, 3))
        planes = self._planes(net, points, grid)
        features = {f"plane_{name}": planes[:, i] for i, name in enumerate(PLANES)}
        features["grid"] = grid
        return features

    def _planes(self, net: Tensor, points: Tensor, grid: Tensor) -> Tensor:
        """Feature planes (B, 3, C, R, R) from point features and the grid (B, G, z, y, x)."""
        batch, side = points.shape[0], self.plane_resolution
        values = self.to_plane(net)
        planes, seen = [], []
        for index, name in enumerate(PLANES):
            cells = plane_cells(normalised_plane(points, name, PADDING), side)
            plane = CellGroups(cells, side**2).spread_mean(values)
            planes.append(plane.view(batch, side, side, -1) + self.plane_bias[index])
            seen.append(_seen_along(grid, name))
        extra = F.relu(self.project(torch.stack(seen, 1).flatten(0, 1)))
        if extra.shape[-1] != side // 2:
            extra = F.interpolate(extra, size=(side // 2, side // 2), mode="nearest")
        stacked = torch.stack(planes, 1).flatten(0, 1).permute(0, 3, 1, 2)
        out = self.plane_out(self.plane_unet(stacked, extra))
        return out.reshape(batch, len(PLANES), *out.shape[1:])  # type: ignore[no-any-return]


class HouseDecoder(nn.Module):
    """Residual MLP on the features at a query: planes summed, the grid's beside them."""

    def __init__(self, channels: int, grid_channels: int, hidden: int, blocks: int) -> None:
        super().__init__()
        self.fc_p = nn.Linear(3 + grid_channels, hidden)
        self.fc_c = nn.ModuleList(nn.Linear(channels, hidden) for _ in range(blocks))
        self.blocks = nn.ModuleList(ResnetBlockFC(hidden) for _ in range(blocks))
        self.fc_out = nn.Linear(hidden, 1)

    def forward(self, queries: Tensor, in_grid: Tensor, in_planes: Tensor) -> Tensor:
        """Logits (B, M) of queries (B, M, 3) with features (B, M, G) and (B, M, C)."""
        net = self.fc_p(torch.cat([queries, in_grid], -1))
        for fc_c, block in zip(self.fc_c, self.blocks, strict=True):
            net = block(net + fc_c(in_planes))
        return self.fc_out(F.relu(net))[..., 0]  # type: ignore[no-any-return]


class HouseNetwork(PointCloudNetwork):
    """Planes and a coarse grid from a cloud, decoded by a small MLP.

    Parameters
    ----------
    channels : int
        Features at a query.
    plane_resolution, grid_resolution : int
        Cells a side.
    plane_sizes, grid_sizes : sequence of int
        Channels of the two U-Nets from fine to coarse, multiples of 8.
    hidden, blocks : int
        Width and depth of the decoder.
    point_count : int
        Points the encoder is given.
    """

    architecture: ClassVar[str] = "house"

    def __init__(
        self,
        channels: int = 32,
        plane_resolution: int = 64,
        grid_resolution: int = 32,
        plane_sizes: tuple[int, ...] = (32, 64, 96, 128),
        grid_sizes: tuple[int, ...] = (16, 32, 64, 128),
        hidden: int = 32,
        blocks: int = 4,
        point_count: int = 3000,
    ) -> None:
        config = {
            "channels": channels,
            "plane_resolution": plane_resolution,
            "grid_resolution": grid_resolution,
            "plane_sizes": list(plane_sizes),
            "grid_sizes": list(grid_sizes),
            "hidden": hidden,
            "blocks": blocks,
        }
        super().__init__(config, point_count)
        self.encoder = HouseEncoder(
            channels, plane_resolution, grid_resolution, plane_sizes, grid_sizes
        )
        self.decoder = HouseDecoder(channels, grid_sizes[0], hidden, blocks)

    def encode(self, points: Tensor) -> Features:
        """Encode (B, N, 3) to ``plane_xz``, ``plane_xy``, ``plane_yz`` and ``grid``."""
        return self.encoder(points)  # type: ignore[no-any-return]

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3)."""
        in_grid = sample_channels_last(features["grid"], normalised_grid(queries, PADDING))
        in_planes = torch.stack(
            [
                sample_plane(features[f"plane_{name}"], normalised_plane(queries, name, PADDING))
                for name in PLANES
            ]
        ).sum(0)
        return self.decoder(queries, in_grid, in_planes)  # type: ignore[no-any-return]


def _seen_along(grid: Tensor, plane: str) -> Tensor:
    """Mean of a grid (B, C, z, y, x) along a plane's normal: (B, C, v, u)."""
    # The rows of a plane's image run along its second axis, as in `plane_cells`.
    return grid.mean({"xz": 3, "xy": 2, "yz": 4}[plane])
