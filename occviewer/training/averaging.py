"""The exponential moving average of a network's weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MovingAverage:
    """Average of the weights over the last steps; better than any single one of them.

    Parameters
    ----------
    network : Module
        Its weights are the first average.
    decay : float
        Share of the old average that a step keeps, reached after a short warm-up so
        that the first, random weights are soon forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self._state = {key: value.detach().clone() for key, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after one step."""
        keep = min(self._decay, (1 + step) / (10 + step))
        for key, value in network.state_dict().items():
            average = self._state[key]
            if average.dtype.is_floating_point:
                average.lerp_(value, 1 - keep)
            else:
                average.copy_(value)

    @torch.no_grad()
    def mend_buffers(self, network: nn.Module) -> None:
        """Put averages in place of running statistics that are no longer finite numbers."""
        for name, buffer in network.named_buffers():
            if not torch.isfinite(buffer).all():
                buffer.copy_(self._state[name])

    def state_dict(self) -> dict[str, Tensor]:
        """Averaged weights by the network's own names."""
        return self._state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over averages that were saved.

        Raises
        ------
        KeyError
            When one is missing.
        RuntimeError
            When one has another shape.
        """
        for key, average in self._state.items():
            average.copy_(state[key])
