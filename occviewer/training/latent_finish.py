"""The last part of a training of a latent space: the way back from the cells, made sharp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from occviewer.networks import PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.training.averaging import MovingAverage
from occviewer.training.latent_examples import FeaturePool
from occviewer.training.latent_losses import finish_loss
from occviewer.training.latent_phase import Phase
from occviewer.training.latent_settings import LatentSettings

_RATE = 0.4  # of the learning rate; these layers have learned before
_WARM = 50  # steps
_NEAR_SHARE = 0.3  # of the queries: most of what overlaps is not near the surface


def train_finish(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    pool: FeaturePool,
    settings: LatentSettings,
    minutes: float,
    check: Callable[[], None] = lambda: None,
    report: Callable[[dict[str, Any]], None] = lambda line: None,
) -> None:
    """Train the layers from the cells to the features once more, in place.

    Until now they saw cells with noise, which keeps the cells simple and the features blurred.
    Now they see cells as they are used: without noise, and those that follow from outlines. The
    cells, the outlines and all that is known of the space of shapes stay as they are.

    Parameters and errors are those of `occviewer.training.latent_outline.train_outline`.
    """
    parts = (
        bottleneck.planes_wide,
        bottleneck.planes_out,
        bottleneck.grid_wide,
        bottleneck.grid_out,
        bottleneck.tell,
    )
    bottleneck.requires_grad_(False)
    trained = [parameter for part in parts for parameter in part.parameters()]
    phase = Phase("finish", trained, settings, minutes, check, report)
    average = MovingAverage(bottleneck, settings.optimisation.average)
    while phase.share < 1:
        if settings.fresh:
            pool.add(settings.fresh)
        batch = pool.draw(settings.optimisation.batch, 2 * settings.queries, _NEAR_SHARE)
        rate = _RATE * phase.falling * min(1.0, (phase.steps + 1) / _WARM)
        phase.step(finish_loss(network, bottleneck, batch, settings), rate)
        average.update(bottleneck, phase.steps)
    bottleneck.load_state_dict(average.state_dict())
    bottleneck.requires_grad_(False).eval()
