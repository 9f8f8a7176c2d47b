"""The optimiser for what a person waits for."""

from __future__ import annotations

import torch
from torch import Tensor


class Adam:
    """Adam (Kingma and Ba, ICLR 2015) for one tensor.

    `torch.optim` would do, but to make its first optimiser imports half of torch, for which a
    person would wait several seconds before the first step.
    """

    def __init__(self, tensor: Tensor, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self._tensor, self._betas, self._count = tensor, betas, 0
        self._mean, self._square = torch.zeros_like(tensor), torch.zeros_like(tensor)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move the tensor against its gradient."""
        gradient = self._tensor.grad
        assert gradient is not None
        self._count += 1
        first, second = self._betas
        self._mean.lerp_(gradient, 1 - first)
        self._square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        deviation = (self._square / (1 - second**self._count)).sqrt_().add_(1e-8)
        self._tensor.addcdiv_(self._mean, deviation, value=-rate / (1 - first**self._count))
