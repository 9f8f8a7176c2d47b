"""Training of the outline: the few numbers by which all parts of a shape are moved together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from occviewer.networks import PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.training.latent_examples import FeaturePool
from occviewer.training.latent_losses import cells_loss, outline_loss
from occviewer.training.latent_phase import Phase
from occviewer.training.latent_settings import LatentSettings

OUTLINE_SHAPES = 1500
"""Varied shapes from which the outline is learnt at first."""

_FIRST_STEPS = 1500  # on cells alone, which cost next to nothing
_FIRST_BATCH = 256
_MOST_FIRST = 0.25  # share of the time for them
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
    phase = Phase("outline", trained, settings, minutes, check, report)
    for _ in range(_FIRST_STEPS):
        if phase.share > _MOST_FIRST:
            break
        chosen = torch.randint(len(cells), (_FIRST_BATCH,), device=cells.device)
        phase.step(cells_loss(bottleneck, cells[chosen], settings), 1.0)
    while phase.share < 1:
        if settings.fresh:
            pool.add(settings.fresh)
        batch = pool.draw(settings.optimisation.batch, settings.queries, settings.near_share)
        phase.step(outline_loss(network, bottleneck, batch, settings), phase.falling)
    bottleneck.requires_grad_(False).eval()


@torch.no_grad()
def _cells(bottleneck: Bottleneck, pool: FeaturePool) -> Tensor:
    """Cells (N, Z - outline) of all shapes in a pool."""
    parts = []
    for first in range(0, len(pool), _CHUNK):
        features = pool.features(first, first + _CHUNK)
        parts.append(bottleneck.to_cells(*bottleneck.standardised(features))[0])
    return torch.cat(parts)
