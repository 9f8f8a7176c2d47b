"""How tensors lie in memory so that torch's fast kernels take them."""

from __future__ import annotations

import torch
from torch import nn

from occviewer.networks import Features


def lay_out(network: nn.Module) -> None:
    """Lay out convolution weights as the fast kernels want them."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        elif isinstance(module, nn.Conv3d | nn.ConvTranspose3d):
            module.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]


def as_images(features: Features) -> Features:
    """Planes and grids with the channels of a cell beside each other: lookups are faster."""
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    return {
        name: tensor.contiguous(memory_format=formats.get(tensor.ndim, torch.contiguous_format))
        for name, tensor in features.items()
    }
