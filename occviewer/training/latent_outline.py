"""Training of the outline: the few numbers by which all parts of a shape are moved together."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from occviewer.networks import PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.training.latent_examples import FeaturePool
from occviewer.training.latent_losses import cells_loss, outline_loss
from occviewer.training.latent_settings import LatentSettings

OUTLINE_SHAPES = 1500
"""Varied shapes from which the outline is learnt at first."""

_FIRST_STEPS = 1500  # on cells alone, which cost next to nothing
_FIRST_BATCH = 256
_MOST_FIRST = 0.25  # share of the time for them
_REPORT_EVERY = 10.0
_CHUNK = 32


def train_outline(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    pool: FeaturePool,
    settings: LatentSettings,
    minutes: float,
    check: Callable[[], None] = lambda: None,
    report: Callable[[dict[str, Any]], None] = lambda line: None,
) -> None:
    """Train the outline of a bottleneck whose cells are finished, in place.

    It first learns to give the cells back, and then what the model makes of them.

    Parameters
    ----------
    network : PointCloudNetwork
        Of the finished model, frozen.
    bottleneck : Bottleneck
        All but its outline stays as it is. In evaluation mode afterwards.
    pool : FeaturePool
        Filled; newly varied shapes are added to it.
    settings : LatentSettings
    minutes : float
        How long it may take.
    check : callable
        Called for every step; may raise to stop.
    report : callable
        Told the loss now and then.
    """
    cells = _cells(bottleneck, pool)
    bottleneck.cell_mean.copy_(cells.mean(0))
    bottleneck.cell_std.copy_(cells.std(0, correction=0).clamp(min=1e-3))
    trained = [*bottleneck.to_outline.parameters(), *bottleneck.from_outline.parameters()]
    for parameter in trained:
        parameter.requires_grad_(True)
    optimiser = torch.optim.AdamW(
        trained, lr=settings.optimisation.learning_rate, weight_decay=0.01, betas=(0.9, 0.98)
    )
    clock = _Clock(60 * minutes, settings.optimisation.steps)

    def step(loss: Tensor, rate: float) -> None:
        for group in optimiser.param_groups:
            group["lr"] = rate * settings.optimisation.learning_rate
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, settings.optimisation.clip)
        optimiser.step()
        check()
        clock.tell(report, float(loss.detach()))

    for _ in range(_FIRST_STEPS):
        if clock.share > _MOST_FIRST:
            break
        chosen = torch.randint(len(cells), (_FIRST_BATCH,), device=cells.device)
        step(cells_loss(bottleneck, cells[chosen], settings), 1.0)
    while clock.share < 1:
        if settings.fresh:
            pool.add(settings.fresh)
        batch = pool.draw(settings.optimisation.batch, settings.queries, settings.near_share)
        step(outline_loss(network, bottleneck, batch, settings), 0.5 + 0.5 * clock.falling)
    bottleneck.requires_grad_(False).eval()


class _Clock:
    """How much of the time, or of the steps where they end it first, is used."""

    def __init__(self, seconds: float, steps: int) -> None:
        self._seconds, self._steps, self._done = seconds, steps, 0
        self._began = self._told = time.monotonic()

    @property
    def share(self) -> float:
        by_time = (time.monotonic() - self._began) / self._seconds
        return max(by_time, self._done / self._steps if self._steps else 0.0)

    @property
    def falling(self) -> float:
        """From 1 to -0.98 as the time goes by."""
        return 0.01 + 0.99 * math.cos(math.pi * min(self.share, 1.0))

    def tell(self, report: Callable[[dict[str, Any]], None], loss: float) -> None:
        self._done += 1
        if time.monotonic() - self._told > _REPORT_EVERY:
            self._told = time.monotonic()
            report({"outline_step": self._done, "outline_loss": loss})


@torch.no_grad()
def _cells(bottleneck: Bottleneck, pool: FeaturePool) -> Tensor:
    """Cells (N, Z - outline) of all shapes in a pool."""
    parts = []
    for first in range(0, len(pool), _CHUNK):
        features = pool.features(first, first + _CHUNK)
        parts.append(bottleneck.to_cells(*bottleneck.standardised(features))[0])
    return torch.cat(parts)
