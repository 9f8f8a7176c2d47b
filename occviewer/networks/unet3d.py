"""The 3D U-Net of Convolutional Occupancy Networks, with the published parameter names.

Its layer order is group norm, convolution, ReLU (Wolny et al., eLife 2020).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name


class SingleConv(nn.Module):
    """Group norm over the input, 3x3x3 convolution without bias, ReLU."""

    def __init__(self, size_in: int, size_out: int, groups: int) -> None:
        super().__init__()
        self.groupnorm = nn.GroupNorm(groups if size_in >= groups else 1, size_in)
        self.conv = nn.Conv3d(size_in, size_out, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, size_in, R, R, R) to (B, size_out, R, R, R)."""
        # torch's group norm on channels-last volumes is twenty times less exact.
        layout = torch.channels_last_3d
        last = x.is_contiguous(memory_format=layout)
        x = self.groupnorm(x.contiguous())
        return F.relu(self.conv(x.contiguous(memory_format=layout) if last else x))


class DoubleConv(nn.Module):
    """Two `SingleConv`; on the way down the first widens to half of the new size."""

    def __init__(self, size_in: int, size_out: int, groups: int, *, encoder: bool) -> None:
        super().__init__()
        middle = max(size_out // 2, size_in) if encoder else size_out
        self.SingleConv1 = SingleConv(size_in, middle, groups)
        self.SingleConv2 = SingleConv(middle, size_out, groups)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, size_in, R, R, R) to (B, size_out, R, R, R)."""
        return self.SingleConv2(self.SingleConv1(x))  # type: ignore[no-any-return]


class Level(nn.Module):
    """One level of the U-Net; the name of its only child is the published one."""

    def __init__(self, size_in: int, size_out: int, groups: int, *, encoder: bool) -> None:
        super().__init__()
        self.basic_module = DoubleConv(size_in, size_out, groups, encoder=encoder)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, size_in, R, R, R) to (B, size_out, R, R, R)."""
        return self.basic_module(x)  # type: ignore[no-any-return]


class UNet3D(nn.Module):
    """U-Net over a feature grid.

    Parameters
    ----------
    size_in, size_out : int
        Channels of the grid that goes in and comes out.
    levels : int
        Number of levels.
    f_maps : int
        Channels at full resolution; doubled at every level.
    groups : int
        Of the group norms.
    """

    def __init__(
        self, size_in: int, size_out: int, *, levels: int, f_maps: int, groups: int = 8
    ) -> None:
        super().__init__()
        sizes = [f_maps * 2**level for level in range(levels)]
        self.encoders = nn.ModuleList(
            Level(size_in if i == 0 else sizes[i - 1], size, groups, encoder=True)
            for i, size in enumerate(sizes)
        )
        self.decoders = nn.ModuleList(
            Level(sizes[i] + sizes[i - 1], sizes[i - 1], groups, encoder=False)
            for i in range(levels - 1, 0, -1)
        )
        self.final_conv = nn.Conv3d(sizes[0], size_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map a grid (B, size_in, R, R, R) to (B, size_out, R, R, R)."""
        skips: list[Tensor] = []
        for index, level in enumerate(self.encoders):
            x = level(F.max_pool3d(x, 2) if index else x)
            skips.append(x)
        for level, skip in zip(self.decoders, reversed(skips[:-1]), strict=True):
            x = F.interpolate(x, size=skip.shape[2:], mode="nearest")
            x = level(torch.cat([skip, x], 1))
        return self.final_conv(x)  # type: ignore[no-any-return]
