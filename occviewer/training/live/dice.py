"""Random numbers for many pictures at once, on the device where they are drawn."""

from __future__ import annotations

import torch
from torch import Tensor


class Dice:
    """Draws numbers; a function of the seed.

    Parameters
    ----------
    seed : int
    device : torch.device
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self._generator = torch.Generator(device).manual_seed(seed)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Draw uniform numbers of a shape."""
        drawn = torch.rand(shape, generator=self._generator, device=self.device)
        return low + (high - low) * drawn

    def normal(self, spread: float, *shape: int) -> Tensor:
        """Draw normal numbers of a shape, about 0."""
        return spread * torch.randn(shape, generator=self._generator, device=self.device)

    def whole(self, below: int, *shape: int) -> Tensor:
        """Draw whole numbers from 0 on of a shape."""
        return torch.randint(below, shape, generator=self._generator, device=self.device)

    def log_uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Draw numbers of a shape whose logarithms are uniform."""
        return low * (high / low) ** self.uniform(0, 1, *shape)

    def chance(self, share: float, *shape: int) -> Tensor:
        """Draw whether, true with a probability."""
        return torch.rand(shape, generator=self._generator, device=self.device) < share
