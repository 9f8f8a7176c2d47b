"""The 2D U-Net of Convolutional Occupancy Networks, with the published parameter names."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name


class DownConv(nn.Module):
    """Two 3x3 convolutions, then max pooling unless this is the last level."""

    def __init__(self, size_in: int, size_out: int, *, pooling: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(size_in, size_out, 3, padding=1)
        self.conv2 = nn.Conv2d(size_out, size_out, 3, padding=1)
        self.pooling = pooling

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, size_in, R, R) to the pooled result and the one before pooling."""
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return (F.max_pool2d(x, 2) if self.pooling else x), x


class UpConv(nn.Module):
    """Transposed convolution, concatenation with the skip, two 3x3 convolutions."""

    def __init__(self, size_in: int, size_out: int) -> None:
        super().__init__()
        self.upconv = nn.ConvTranspose2d(size_in, size_out, 2, stride=2)
        self.conv1 = nn.Conv2d(2 * size_out, size_out, 3, padding=1)
        self.conv2 = nn.Conv2d(size_out, size_out, 3, padding=1)

    def forward(self, skip: Tensor, x: Tensor) -> Tensor:
        """Join (B, size_in, R, R) with a skip (B, size_out, 2 R, 2 R)."""
        x = torch.cat([self.upconv(x), skip], 1)
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class UNet(nn.Module):
    """U-Net over feature planes.

    Parameters
    ----------
    size_in, size_out : int
        Channels of the planes that go in and come out.
    depth : int
        Number of levels.
    start_filts : int
        Channels at full resolution; doubled at every level.
    """

    def __init__(self, size_in: int, size_out: int, *, depth: int, start_filts: int) -> None:
        super().__init__()
        sizes = [start_filts * 2**level for level in range(depth)]
        self.down_convs = nn.ModuleList(
            DownConv(size_in if level == 0 else sizes[level - 1], size, pooling=level < depth - 1)
            for level, size in enumerate(sizes)
        )
        self.up_convs = nn.ModuleList(
            UpConv(sizes[level], sizes[level - 1]) for level in range(depth - 1, 0, -1)
        )
        self.conv_final = nn.Conv2d(sizes[0], size_out, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.xavier_normal_(module.weight)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Map planes (B, size_in, R, R) to (B, size_out, R, R)."""
        skips = []
        for block in self.down_convs:
            x, skip = block(x)
            skips.append(skip)
        for block, skip in zip(self.up_convs, reversed(skips[:-1]), strict=True):
            x = block(skip, x)
        return self.conv_final(x)  # type: ignore[no-any-return]
