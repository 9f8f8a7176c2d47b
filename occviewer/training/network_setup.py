"""The network of a run, made and laid out for training."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from occviewer.errors import DataError
from occviewer.networks import PointCloudNetwork, build_network


def fresh_network(config: dict[str, Any], points: int) -> PointCloudNetwork:
    """Make the network of a recipe, for clouds of as many points as the examples have.

    Raises
    ------
    DataError
        When the configuration is impossible.
    """
    try:
        return build_network({"point_count": points, **config})
    except Exception as error:  # whatever impossible settings do to a constructor
        raise DataError(f"The recipe's network cannot be made: {error}") from error


def channels_last(network: nn.Module) -> None:
    """Lay out convolution weights as the CPU's and the GPU's fast kernels want them."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
        elif isinstance(module, nn.Conv3d | nn.ConvTranspose3d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether to train in mixed precision; older GPUs only emulate bfloat16.

    Never on a processor: there, gradients of 3D convolutions of 8 channels came out as
    whatever lay in memory (torch 2.13, channels last), for a quarter of time saved.
    """
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def has_fast_bfloat16_pictures(device: torch.device) -> bool:
    """Whether to train a network of 2D convolutions in mixed precision.

    On processors that multiply bfloat16 themselves such a network learns twice as fast, and its
    gradients hold; see `has_fast_bfloat16` for those that do not.
    """
    if device.type == "cpu":
        able = torch.cpu.get_capabilities()
        return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    return has_fast_bfloat16(device)


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay matrices and kernels, but not biases and scales."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
