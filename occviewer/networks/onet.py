"""Occupancy Networks (Mescheder et al., CVPR 2019) for point clouds.

A PointNet with residual blocks makes one vector of the cloud; the decoder is a
residual MLP whose batch norms are scaled and shifted by that vector. Parameters carry
the published names, so that published checkpoints load as they are.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, PointCloudNetwork
from occviewer.networks.layers import ResnetBlockFC


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
            pooled = net.amax(1, keepdim=True).expand_as(net)
            net = block(torch.cat([net, pooled], 2))
        return self.fc_c(F.relu(net.amax(1)))  # type: ignore[no-any-return]


class CBatchNorm1d(nn.Module):
    """Batch norm whose scale and shift are affine functions of a code."""

    def __init__(self, c_dim: int, f_dim: int) -> None:
        super().__init__()
        self.conv_gamma = nn.Conv1d(c_dim, f_dim, 1)
        self.conv_beta = nn.Conv1d(c_dim, f_dim, 1)
        self.bn = nn.BatchNorm1d(f_dim, affine=False)
        nn.init.zeros_(self.conv_gamma.weight)
        nn.init.zeros_(self.conv_beta.weight)
        nn.init.ones_(self.conv_gamma.bias)  # type: ignore[arg-type]
        nn.init.zeros_(self.conv_beta.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """Normalise (B, f_dim, M) by codes (B, c_dim, 1)."""
        return self.conv_gamma(c) * self.bn(x) + self.conv_beta(c)  # type: ignore[no-any-return]


class CResnetBlockConv1d(nn.Module):
    """Residual block of two conditional batch norms and 1x1 convolutions."""

    def __init__(self, c_dim: int, size: int) -> None:
        super().__init__()
        self.bn_0 = CBatchNorm1d(c_dim, size)
        self.bn_1 = CBatchNorm1d(c_dim, size)
        self.fc_0 = nn.Conv1d(size, size, 1)
        self.fc_1 = nn.Conv1d(size, size, 1)
        nn.init.zeros_(self.fc_1.weight)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """Map (B, size, M) by codes (B, c_dim, 1)."""
        net = self.fc_0(F.relu(self.bn_0(x, c)))
        return x + self.fc_1(F.relu(self.bn_1(net, c)))  # type: ignore[no-any-return]


class DecoderCBatchNorm(nn.Module):
    """Decoder ``cbatchnorm``: five conditional residual blocks.

    Parameters
    ----------
    c_dim : int
        Length of the code.
    hidden_size : int
        Width of the blocks.
    """

    def __init__(self, c_dim: int = 512, hidden_size: int = 256) -> None:
        super().__init__()
        self.fc_p = nn.Conv1d(3, hidden_size, 1)
        self.block0 = CResnetBlockConv1d(c_dim, hidden_size)
        self.block1 = CResnetBlockConv1d(c_dim, hidden_size)
        self.block2 = CResnetBlockConv1d(c_dim, hidden_size)
        self.block3 = CResnetBlockConv1d(c_dim, hidden_size)
        self.block4 = CResnetBlockConv1d(c_dim, hidden_size)
        self.bn = CBatchNorm1d(c_dim, hidden_size)
        self.fc_out = nn.Conv1d(hidden_size, 1, 1)

    def forward(self, queries: Tensor, c: Tensor) -> Tensor:
        """Logits (B, M) of queries (B, M, 3) given codes (B, c_dim)."""
        net = self.fc_p(queries.transpose(1, 2))
        c = c[:, :, None]
        for block in (self.block0, self.block1, self.block2, self.block3, self.block4):
            net = block(net, c)
        return self.fc_out(F.relu(self.bn(net, c)))[:, 0]  # type: ignore[no-any-return]


class ONet(PointCloudNetwork):
    """Occupancy Network for point clouds: ``pointnet_resnet`` and ``cbatchnorm``.

    Parameters
    ----------
    c_dim : int
        Length of the code ``c``; 512 in the published point-cloud model.
    encoder_hidden, decoder_hidden : int
        Widths; 512 and 256 as published.
    point_count : int
        Points the encoder is given; 300 as published.
    """

    architecture: ClassVar[str] = "onet"

    def __init__(
        self,
        c_dim: int = 512,
        encoder_hidden: int = 512,
        decoder_hidden: int = 256,
        point_count: int = 300,
    ) -> None:
        config = {
            "c_dim": c_dim,
            "encoder_hidden": encoder_hidden,
            "decoder_hidden": decoder_hidden,
        }
        super().__init__(config, point_count)
        self.encoder = ResnetPointnet(c_dim, encoder_hidden)
        self.decoder = DecoderCBatchNorm(c_dim, decoder_hidden)

    def encode(self, points: Tensor) -> Features:
        """Encode clouds (B, N, 3) to ``{"c": (B, c_dim)}``."""
        return {"c": self.encoder(points)}

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3)."""
        return self.decoder(queries, features["c"])  # type: ignore[no-any-return]
