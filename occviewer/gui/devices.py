"""The devices of this machine on which networks can compute."""

from __future__ import annotations

from functools import cache


@cache
def devices() -> tuple[tuple[str, str], ...]:
    """List them as (text, name); asked once, since that takes a while."""
    import torch

    found = [("Processor (CPU)", "cpu")]
    if torch.cuda.is_available():
        found.append((f"{torch.cuda.get_device_name()} (CUDA)", "cuda"))
    if torch.backends.mps.is_available():
        found.append(("Apple GPU (MPS)", "mps"))
    return tuple(found)
