"""A part of the training of a latent space that ends by the clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from occviewer.training.latent_settings import LatentSettings

_REPORT_EVERY = 10.0


class Phase:
    """Optimiser, time and curves of such a part.

    Parameters
    ----------
    name : str
        Of the part, in the curves.
    trained : iterable of Parameter
        What learns; made to want gradients.
    settings : LatentSettings
    minutes : float
        How long it may take.
    check : callable
        Called for every step; may raise to stop.
    report : callable
        Told the loss now and then.
    """

    def __init__(
        self,
        name: str,
        trained: Iterable[nn.Parameter],
        settings: LatentSettings,
        minutes: float,
        check: Callable[[], None],
        report: Callable[[dict[str, Any]], None],
    ) -> None:
        self._name, self._trained = name, list(trained)
        for parameter in self._trained:
            parameter.requires_grad_(True)
        self._options = settings.optimisation
        self._optimiser = torch.optim.AdamW(
            self._trained, lr=self._options.learning_rate, weight_decay=0.01, betas=(0.9, 0.98)
        )
        self._check, self._report = check, report
        self._seconds, self.steps = 60 * minutes, 0
        self._began = self._told = time.monotonic()

    @property
    def share(self) -> float:
        """How much of the time, or of the steps where they end it first, is used."""
        by_time = (time.monotonic() - self._began) / self._seconds
        return max(by_time, self.steps / self._options.steps if self._options.steps else 0.0)

    @property
    def falling(self) -> float:
        """A cosine from 1 to nearly 0 as the time goes by."""
        return 0.505 + 0.495 * math.cos(math.pi * min(self.share, 1.0))

    def step(self, loss: Tensor, rate: float) -> None:
        """Move what learns against the gradient of a loss, at a share of the learning rate."""
        for group in self._optimiser.param_groups:
            group["lr"] = rate * self._options.learning_rate
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._trained, self._options.clip)
        self._optimiser.step()
        self._check()
        self.steps += 1
        if time.monotonic() - self._told > _REPORT_EVERY:
            self._told = time.monotonic()
            self._report(
                {f"{self._name}_step": self.steps, f"{self._name}_loss": float(loss.detach())}
            )
