"""Decoders of Occupancy Networks (Mescheder et al., CVPR 2019), under the published names.

All take queries (B, M, 3), a latent ``z`` (B, z_dim) and a code ``c`` (B, c_dim), either of
which can have no columns, and give logits (B, M).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.layers import ResnetBlockFC

_LEAK = 0.2


class CBatchNorm1d(nn.Module):
    """Batch norm whose scale and shift are affine functions of a code.

    Parameters
    ----------
    c_dim, f_dim : int
        Length of the code; number of channels.
    legacy : bool
        The affine functions are linear layers ``fc_gamma`` and ``fc_beta`` in the place of
        convolutions of width 1: the same numbers under other names.
    """

    def __init__(self, c_dim: int, f_dim: int, *, legacy: bool = False) -> None:
        super().__init__()
        self.legacy = legacy
        if legacy:
            self.fc_gamma = nn.Linear(c_dim, f_dim)
            self.fc_beta = nn.Linear(c_dim, f_dim)
        else:
            self.conv_gamma = nn.Conv1d(c_dim, f_dim, 1)
            self.conv_beta = nn.Conv1d(c_dim, f_dim, 1)
        self.bn = nn.BatchNorm1d(f_dim, affine=False)
        gamma, beta = self._layers()
        for weight in (gamma.weight, beta.weight, beta.bias):
            nn.init.zeros_(weight)  # type: ignore[arg-type]
        nn.init.ones_(gamma.bias)  # type: ignore[arg-type]

    def affine(self, c: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and shift (B, f_dim, 1) for codes (B, c_dim)."""
        gamma, beta = self._layers()
        if self.legacy:
            return gamma(c)[:, :, None], beta(c)[:, :, None]
        return gamma(c[:, :, None]), beta(c[:, :, None])

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """Normalise (B, f_dim, M) by codes (B, c_dim)."""
        gamma, beta = self.affine(c)
        return gamma * self.bn(x) + beta  # type: ignore[no-any-return]

    def _layers(self) -> tuple[nn.Linear | nn.Conv1d, nn.Linear | nn.Conv1d]:
        if self.legacy:
            return self.fc_gamma, self.fc_beta
        return self.conv_gamma, self.conv_beta


class CResnetBlockConv1d(nn.Module):
    """Residual block of two conditional batch norms and 1x1 convolutions."""

    def __init__(self, c_dim: int, size: int, *, legacy: bool = False) -> None:
        super().__init__()
        self.bn_0 = CBatchNorm1d(c_dim, size, legacy=legacy)
        self.bn_1 = CBatchNorm1d(c_dim, size, legacy=legacy)
        self.fc_0 = nn.Conv1d(size, size, 1)
        self.fc_1 = nn.Conv1d(size, size, 1)
        nn.init.zeros_(self.fc_1.weight)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """Map (B, size, M) by codes (B, c_dim)."""
        net = self.fc_0(F.relu(self.bn_0(x, c)))
        return x + self.fc_1(F.relu(self.bn_1(net, c)))  # type: ignore[no-any-return]


class ResnetBlockConv1d(nn.Module):
    """Residual block of two batch norms and 1x1 convolutions."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.bn_0 = nn.BatchNorm1d(size)
        self.bn_1 = nn.BatchNorm1d(size)
        self.fc_0 = nn.Conv1d(size, size, 1)
        self.fc_1 = nn.Conv1d(size, size, 1)
        nn.init.zeros_(self.fc_1.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, size, M) to the same."""
        net = self.fc_0(F.relu(self.bn_0(x)))
        return x + self.fc_1(F.relu(self.bn_1(net)))  # type: ignore[no-any-return]


class _Decoder(nn.Module):
    """What the decoders have in common: the options, and the last activation."""

    def __init__(self, z_dim: int, c_dim: int, *, leaky: bool) -> None:
        super().__init__()
        self.z_dim, self.c_dim, self.leaky = z_dim, c_dim, leaky

    def active(self, x: Tensor) -> Tensor:
        """ReLU, or a leaky one: outside the blocks only, which the option leaves alone."""
        return F.leaky_relu(x, _LEAK) if self.leaky else F.relu(x)

    def five(self, name: str) -> list[nn.Module]:
        """Layers ``name0`` to ``name4``."""
        return [getattr(self, f"{name}{number}") for number in range(5)]

    def add_layers(self, name: str, layers: Iterable[nn.Module]) -> None:
        """Add layers as ``name0``, ``name1``, …."""
        for number, layer in enumerate(layers):
            self.add_module(f"{name}{number}", layer)


class DecoderSimple(_Decoder):
    """Decoder ``simple``: a residual MLP to whose first layer the codes are added."""

    def __init__(self, z_dim: int, c_dim: int, hidden_size: int = 128, leaky: bool = False) -> None:
        super().__init__(z_dim, c_dim, leaky=leaky)
        self.fc_p = nn.Linear(3, hidden_size)
        if z_dim:
            self.fc_z = nn.Linear(z_dim, hidden_size)
        if c_dim:
            self.fc_c = nn.Linear(c_dim, hidden_size)
        self.add_layers("block", (ResnetBlockFC(hidden_size) for _ in range(5)))
        self.fc_out = nn.Linear(hidden_size, 1)

    def forward(self, queries: Tensor, z: Tensor, c: Tensor) -> Tensor:
        """Logits (B, M)."""
        net = self.fc_p(queries)
        if self.z_dim:
            net = net + self.fc_z(z)[:, None]
        if self.c_dim:
            net = net + self.fc_c(c)[:, None]
        for block in self.five("block"):
            net = block(net)
        return self.fc_out(self.active(net))[..., 0]  # type: ignore[no-any-return]


class DecoderCBatchNorm(_Decoder):
    """Decoder ``cbatchnorm``: five conditional residual blocks.

    Parameters
    ----------
    z_dim, c_dim : int
        Lengths of the latent, which is added to the first layer, and of the code.
    hidden_size : int
        Width of the blocks.
    leaky, legacy : bool
        Published options: a leaky last ReLU; linear layers in the norms.
    """

    def __init__(
        self,
        z_dim: int = 0,
        c_dim: int = 512,
        hidden_size: int = 256,
        leaky: bool = False,
        legacy: bool = False,
    ) -> None:
        super().__init__(z_dim, c_dim, leaky=leaky)
        if z_dim:
            self.fc_z = nn.Linear(z_dim, hidden_size)
        self.fc_p = nn.Conv1d(3, hidden_size, 1)
        blocks = (CResnetBlockConv1d(c_dim, hidden_size, legacy=legacy) for _ in range(5))
        self.add_layers("block", blocks)
        self.bn = CBatchNorm1d(c_dim, hidden_size, legacy=legacy)
        self.fc_out = nn.Conv1d(hidden_size, 1, 1)

    def forward(self, queries: Tensor, z: Tensor, c: Tensor) -> Tensor:
        """Logits (B, M)."""
        net = self.fc_p(queries.transpose(1, 2))
        if self.z_dim:
            net = net + self.fc_z(z)[:, :, None]
        for block in self.five("block"):
            net = block(net, c)
        return self.fc_out(self.active(self.bn(net, c)))[:, 0]  # type: ignore[no-any-return]


class DecoderCBatchNorm2(_Decoder):
    """Decoder ``cbatchnorm2``: any number of blocks; the latent is added to the code."""

    def __init__(
        self, z_dim: int = 0, c_dim: int = 128, hidden_size: int = 256, blocks: int = 5
    ) -> None:
        super().__init__(z_dim, c_dim, leaky=False)
        if z_dim:
            self.fc_z = nn.Linear(z_dim, c_dim)
        self.conv_p = nn.Conv1d(3, hidden_size, 1)
        self.blocks = nn.ModuleList(CResnetBlockConv1d(c_dim, hidden_size) for _ in range(blocks))
        self.bn = CBatchNorm1d(c_dim, hidden_size)
        self.conv_out = nn.Conv1d(hidden_size, 1, 1)

    def forward(self, queries: Tensor, z: Tensor, c: Tensor) -> Tensor:
        """Logits (B, M)."""
        net = self.conv_p(queries.transpose(1, 2))
        if self.z_dim:
            c = c + self.fc_z(z)
        for block in self.blocks:
            net = block(net, c)
        return self.conv_out(F.relu(self.bn(net, c)))[:, 0]  # type: ignore[no-any-return]


class DecoderCBatchNormNoResnet(_Decoder):
    """Decoder ``cbatchnorm_noresnet``: conditional batch norms between plain layers."""

    def __init__(
        self, z_dim: int = 0, c_dim: int = 128, hidden_size: int = 256, leaky: bool = False
    ) -> None:
        super().__init__(z_dim, c_dim, leaky=leaky)
        if z_dim:
            self.fc_z = nn.Linear(z_dim, hidden_size)
        self.fc_p = nn.Conv1d(3, hidden_size, 1)
        self.add_layers("fc_", (nn.Conv1d(hidden_size, hidden_size, 1) for _ in range(5)))
        self.add_layers("bn_", (CBatchNorm1d(c_dim, hidden_size) for _ in range(6)))
        self.fc_out = nn.Conv1d(hidden_size, 1, 1)

    def forward(self, queries: Tensor, z: Tensor, c: Tensor) -> Tensor:
        """Logits (B, M)."""
        net = self.fc_p(queries.transpose(1, 2))
        if self.z_dim:
            net = net + self.fc_z(z)[:, :, None]
        for norm, layer in zip(self.five("bn_"), self.five("fc_"), strict=True):
            net = layer(self.active(norm(net, c)))
        return self.fc_out(self.active(self.get_submodule("bn_5")(net, c)))[:, 0]  # type: ignore[no-any-return]


class DecoderBatchNorm(_Decoder):
    """Decoder ``batchnorm``: unconditional batch norms; the codes are added to the first layer."""

    def __init__(
        self, z_dim: int = 0, c_dim: int = 128, hidden_size: int = 256, leaky: bool = False
    ) -> None:
        super().__init__(z_dim, c_dim, leaky=leaky)
        if z_dim:
            self.fc_z = nn.Linear(z_dim, hidden_size)
        if c_dim:
            self.fc_c = nn.Linear(c_dim, hidden_size)
        self.fc_p = nn.Conv1d(3, hidden_size, 1)
        self.add_layers("block", (ResnetBlockConv1d(hidden_size) for _ in range(5)))
        self.bn = nn.BatchNorm1d(hidden_size)
        self.fc_out = nn.Conv1d(hidden_size, 1, 1)

    def forward(self, queries: Tensor, z: Tensor, c: Tensor) -> Tensor:
        """Logits (B, M)."""
        net = self.fc_p(queries.transpose(1, 2))
        if self.z_dim:
            net = net + self.fc_z(z)[:, :, None]
        if self.c_dim:
            net = net + self.fc_c(c)[:, :, None]
        for block in self.five("block"):
            net = block(net)
        return self.fc_out(self.active(self.bn(net)))[:, 0]  # type: ignore[no-any-return]


def empty_code(batch: int, like: Tensor) -> Tensor:
    """Stand for a code (B, 0) that a network does not have."""
    return torch.empty(batch, 0, dtype=like.dtype, device=like.device)
