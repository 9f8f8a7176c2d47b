"""Which device computes."""

from __future__ import annotations

import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.errors import CheckpointError


def choose_device(name: str = "auto") -> torch.device:
    """Device by its name; ``auto`` is the fastest that can run the networks.

    Raises
    ------
    CheckpointError
        This machine, or this installation of torch, has no such device.
    """
    if name == "auto":
        for kind in ("cuda", "mps"):
            if _available(kind) and _can_sample_grids(kind):
                return torch.device(kind)
        return torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise CheckpointError(
            f"There is no device {name!r}; use auto, cpu, cuda or mps."
        ) from error
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if not _available(device.type) or (device.index or 0) >= count:
        raise CheckpointError(
            f"This machine, or this installation of PyTorch, has no {name}; use --device auto."
        )
    return device


def _available(kind: str) -> bool:
    if kind == "cuda":
        return torch.cuda.is_available()
    if kind == "mps":
        return torch.backends.mps.is_available()
    return kind == "cpu"


def _can_sample_grids(kind: str) -> bool:
    """Whether a device knows trilinear lookup, which not every version has on Apple's."""
    try:
        grid = torch.zeros(1, 1, 2, 2, 2, device=kind)
        F.grid_sample(grid, torch.zeros(1, 1, 1, 1, 3, device=kind), align_corners=True)
    except (NotImplementedError, RuntimeError):
        return False
    return True
