"""Encoders of Occupancy Networks (Mescheder et al., CVPR 2019), under the published names."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.layers import ResnetBlockFC


class SimplePointnet(nn.Module):
    """Encoder ``pointnet_simple``: four layers, each but the last followed by global pooling."""

    def __init__(self, c_dim: int = 128, hidden_dim: int = 128) -> None:
        super().__init__()
        self.fc_pos = nn.Linear(3, 2 * hidden_dim)
        self.fc_0 = nn.Linear(2 * hidden_dim, hidden_dim)
        self.fc_1 = nn.Linear(2 * hidden_dim, hidden_dim)
        self.fc_2 = nn.Linear(2 * hidden_dim, hidden_dim)
        self.fc_3 = nn.Linear(2 * hidden_dim, hidden_dim)
        self.fc_c = nn.Linear(hidden_dim, c_dim)

    def forward(self, points: Tensor) -> Tensor:
        """Codes (B, c_dim) of clouds (B, N, 3)."""
        net = self.fc_0(F.relu(self.fc_pos(points)))
        for layer in (self.fc_1, self.fc_2, self.fc_3):
            net = layer(F.relu(_with_maximum(net)))
        return self.fc_c(F.relu(net.amax(1)))  # type: ignore[no-any-return]


class ResnetPointnet(nn.Module):
    """PointNet of five residual blocks with global max pooling after each.

    Parameters
    ----------
    c_dim : int
        Length of the code.
    hidden_dim : int
        Width of the blocks.
    """

    def __init__(self, c_dim: int = 512, hidden_dim: int = 512) -> None:
        super().__init__()
        self.fc_pos = nn.Linear(3, 2 * hidden_dim)
        self.block_0 = ResnetBlockFC(2 * hidden_dim, hidden_dim)
        self.block_1 = ResnetBlockFC(2 * hidden_dim, hidden_dim)
        self.block_2 = ResnetBlockFC(2 * hidden_dim, hidden_dim)
        self.block_3 = ResnetBlockFC(2 * hidden_dim, hidden_dim)
        self.block_4 = ResnetBlockFC(2 * hidden_dim, hidden_dim)
        self.fc_c = nn.Linear(hidden_dim, c_dim)

    def forward(self, points: Tensor) -> Tensor:
        """Code (B, c_dim) of clouds (B, N, 3)."""
        net = self.block_0(self.fc_pos(points))
        for block in (self.block_1, self.block_2, self.block_3, self.block_4):
            net = block(_with_maximum(net))
        return self.fc_c(F.relu(net.amax(1)))  # type: ignore[no-any-return]


class ConvEncoder(nn.Module):
    """Encoder ``simple_conv`` of images: five strided convolutions, then the mean."""

    def __init__(self, c_dim: int = 128) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(3, 32, 3, stride=2)
        self.conv1 = nn.Conv2d(32, 64, 3, stride=2)
        self.conv2 = nn.Conv2d(64, 128, 3, stride=2)
        self.conv3 = nn.Conv2d(128, 256, 3, stride=2)
        self.conv4 = nn.Conv2d(256, 512, 3, stride=2)
        self.fc_out = nn.Linear(512, c_dim)

    def forward(self, images: Tensor) -> Tensor:
        """Codes (B, c_dim) of RGB images (B, 3, H, W) in [0, 1], which are not standardised."""
        net = self.conv0(images)
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            net = layer(F.relu(net))
        return self.fc_out(F.relu(net.mean((2, 3))))  # type: ignore[no-any-return]


class VoxelEncoder(nn.Module):
    """Encoder ``voxel_simple`` of 32³ occupancies: one convolution, then four strided ones."""

    def __init__(self, c_dim: int = 128) -> None:
        super().__init__()
        self.conv_in = nn.Conv3d(1, 32, 3, padding=1)
        self.conv_0 = nn.Conv3d(32, 64, 3, padding=1, stride=2)
        self.conv_1 = nn.Conv3d(64, 128, 3, padding=1, stride=2)
        self.conv_2 = nn.Conv3d(128, 256, 3, padding=1, stride=2)
        self.conv_3 = nn.Conv3d(256, 512, 3, padding=1, stride=2)
        self.fc = nn.Linear(512 * 2**3, c_dim)

    def forward(self, voxels: Tensor) -> Tensor:
        """Codes (B, c_dim) of occupancies (B, 32, 32, 32) along x, y and z."""
        net = self.conv_in(voxels[:, None])
        for layer in (self.conv_0, self.conv_1, self.conv_2, self.conv_3):
            net = layer(F.relu(net))
        return self.fc(F.relu(net.flatten(1)))  # type: ignore[no-any-return]


class LatentEncoder(nn.Module):
    """Encoder ``simple`` of the latent ``z``: points with their occupancies to a normal.

    Parameters
    ----------
    z_dim, c_dim : int
        Lengths of the latent and of the code that it is conditioned on, which can be 0.
    leaky : bool
        Leaky ReLUs, and means in the place of maxima, as the published option has it.
    """

    def __init__(self, z_dim: int = 128, c_dim: int = 0, *, leaky: bool = False) -> None:
        super().__init__()
        self.leaky = leaky
        self.fc_pos = nn.Linear(3, 128)
        if c_dim:
            self.fc_c = nn.Linear(c_dim, 128)
        self.fc_0 = nn.Linear(1, 128)
        self.fc_1 = nn.Linear(128, 128)
        self.fc_2 = nn.Linear(256, 128)
        self.fc_3 = nn.Linear(256, 128)
        self.fc_mean = nn.Linear(128, z_dim)
        self.fc_logstd = nn.Linear(128, z_dim)

    def forward(
        self, points: Tensor, occupancies: Tensor, c: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the standard deviation (B, z_dim).

        Parameters
        ----------
        points : (B, N, 3)
        occupancies : (B, N)
            1 inside, 0 outside.
        c : (B, c_dim), optional
        """
        net = self.fc_0(occupancies[..., None]) + self.fc_pos(points)
        if c is not None and c.shape[1]:
            net = net + self.fc_c(c)[:, None]
        net = self.fc_1(self._active(net))
        for layer in (self.fc_2, self.fc_3):
            pooled = self._pooled(net)[:, None].expand_as(net)
            net = layer(self._active(torch.cat([net, pooled], 2)))
        net = self._pooled(net)
        return self.fc_mean(net), self.fc_logstd(net)

    def _active(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, 0.2) if self.leaky else F.relu(x)

    def _pooled(self, x: Tensor) -> Tensor:
        return x.mean(1) if self.leaky else x.amax(1)


def _with_maximum(net: Tensor) -> Tensor:
    """Append to each point's features (B, N, C) the maximum over the points."""
    return torch.cat([net, net.amax(1, keepdim=True).expand_as(net)], 2)
