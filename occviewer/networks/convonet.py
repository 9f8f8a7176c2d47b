"""Convolutional Occupancy Networks (Peng et al., ECCV 2020) for points and for voxels.

Features on planes or a grid, U-Nets over them, and a small residual MLP on the features at
a query. Parameters carry the published names, so that published checkpoints load as they
are.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, OccupancyNetwork
from occviewer.networks.coordinates import (
    PLANES,
    normalised_grid,
    normalised_plane,
    sample_grid,
    sample_plane,
)
from occviewer.networks.frames import Frame
from occviewer.networks.layers import ResnetBlockFC
from occviewer.networks.local_encoders import LocalPoolPointnet, LocalVoxelEncoder, Volumes

VOXELS = 32
"""Voxels a side that the published networks for voxels take."""


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


class ConvONet(OccupancyNetwork):
    """Convolutional Occupancy Network for point clouds or voxels.

    Parameters
    ----------
    planes : sequence of str
        Feature planes; all three by default, none for a network with a grid only.
    plane_resolution, grid_resolution : int
        Cells a side; no grid with 0.
    c_dim, hidden_dim : int
        Feature channels and width; 32 as published.
    unet_depth, unet3d_levels : int
        Levels of the U-Nets; none with 0.
    padding : float
        Of the box; 0.1 for single shapes.
    point_count : int
        Points the encoder is given; 3,000 as published.
    voxels : bool
        Whether voxels are encoded and not points.
    kernel : int
        Width of the first convolution over voxels.
    blocks, decoder_blocks : int
        Residual blocks of encoder and decoder.
    decoder_hidden : int, optional
        Width of the decoder; `hidden_dim` by default.
    start_filters, f_maps : int
        Channels of the first level of the U-Nets.
    scale, axes : float, str
        Of the network's `Frame`.
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
        *,
        voxels: bool = False,
        kernel: int = 3,
        blocks: int = 5,
        decoder_blocks: int = 5,
        decoder_hidden: int | None = None,
        start_filters: int = 32,
        f_maps: int = 32,
        scale: float = 1.0,
        axes: str = "xyz",
    ) -> None:
        decoder_hidden = hidden_dim if decoder_hidden is None else decoder_hidden
        options = {
            "voxels": (voxels, False),
            "kernel": (kernel, 3),
            "blocks": (blocks, 5),
            "decoder_blocks": (decoder_blocks, 5),
            "decoder_hidden": (decoder_hidden, hidden_dim),
            "start_filters": (start_filters, 32),
            "f_maps": (f_maps, 32),
        }
        config: dict[str, Any] = {
            "planes": list(planes),
            "plane_resolution": plane_resolution,
            "grid_resolution": grid_resolution,
            "c_dim": c_dim,
            "hidden_dim": hidden_dim,
            "unet_depth": unet_depth,
            "unet3d_levels": unet3d_levels,
            "padding": padding,
            # Only what differs, so that checkpoints of older versions say the same.
            **{name: value for name, (value, default) in options.items() if value != default},
        }
        super().__init__(config, 0 if voxels else point_count, Frame(scale, axes))
        unknown = set(planes) - set(PLANES)
        if unknown or not (planes or grid_resolution):
            raise ValueError(f"ConvONet needs planes among {list(PLANES)} or a grid: {planes}.")
        self.padding = padding
        volumes = Volumes(
            tuple(planes),
            plane_resolution,
            grid_resolution,
            unet_depth,
            unet3d_levels,
            start_filters,
            f_maps,
            padding,
        )
        self.encoder: nn.Module
        if voxels:
            self.observed, self.side = "voxels", VOXELS
            self.encoder = LocalVoxelEncoder(c_dim, kernel, volumes)
        else:
            self.encoder = LocalPoolPointnet(c_dim, hidden_dim, blocks, volumes)
        self.decoder = LocalDecoder(c_dim, decoder_hidden, decoder_blocks)

    def encode(self, observation: Tensor) -> Features:
        """Encode observations to ``plane_…`` (B, C, R, R) and ``grid`` (B, C, R, R, R)."""
        if self.observed == "points":
            observation = self.frame.of(observation)
        elif self.observed == "voxels":
            observation = self.frame.of_cells(observation)
        return self.encoder(observation)  # type: ignore[no-any-return]

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3)."""
        queries = self.frame.of(queries)
        found = []
        for name, feature in features.items():
            if name == "grid":
                found.append(sample_grid(feature, normalised_grid(queries, self.padding)))
            else:
                plane = name.removeprefix("plane_")
                at = normalised_plane(queries, plane, self.padding)
                found.append(sample_plane(feature, at))
        return self.decoder(queries, torch.stack(found).sum(0))  # type: ignore[no-any-return]
