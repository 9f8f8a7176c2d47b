"""What a training of a latent space makes small."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks import Features, PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.training.latent_examples import LatentBatch
from occviewer.training.latent_settings import LatentSettings


def latent_loss(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    batch: LatentBatch,
    settings: LatentSettings,
    kl_share: float = 1.0,
) -> Tensor:
    """Loss of one batch: occupancy, features and the divergence of the cells.

    The divergence weighs only `kl_share` of that, which rises to 1 as the training begins.
    """
    wanted = bottleneck.standardised(batch.features)
    mean, log_variance = bottleneck.to_cells(*wanted)
    found = bottleneck.from_cells(_drawn(mean, log_variance))
    error = torch.stack([F.mse_loss(*pair) for pair in zip(found, wanted, strict=True)]).mean()
    occupancy = _occupancy(network, bottleneck.unstandardised(*found), batch, settings)
    divergence = _divergence(mean, log_variance)
    return occupancy + settings.features * error + settings.kl * kl_share * divergence


def outline_loss(
    network: PointCloudNetwork, bottleneck: Bottleneck, batch: LatentBatch, settings: LatentSettings
) -> Tensor:
    """Loss of what the outline alone makes of one batch, through cells that are finished."""
    with torch.no_grad():
        cells, _ = bottleneck.to_cells(*bottleneck.standardised(batch.features))
    found, loss = _by_outline(bottleneck, cells, settings)
    features = bottleneck.unstandardised(*bottleneck.from_cells(found))
    return loss + _occupancy(network, features, batch, settings)


def finish_loss(
    network: PointCloudNetwork, bottleneck: Bottleneck, batch: LatentBatch, settings: LatentSettings
) -> Tensor:
    """Loss of what the layers after the cells make of one batch; nothing else gets a gradient.

    Most of it comes with its own cells, a quarter with those that follow from its outlines.
    """
    with torch.no_grad():
        wanted = bottleneck.standardised(batch.features)
        cells, _ = bottleneck.to_cells(*wanted)
        own = len(cells) - len(cells) // 4
        cells[own:] = bottleneck.cells_of(_drawn(*bottleneck.outline_of(cells[own:])))
    found = bottleneck.from_cells(cells)
    error = torch.stack(
        [F.mse_loss(is_now[:own], truth[:own]) for is_now, truth in zip(found, wanted, strict=True)]
    ).mean()
    features = bottleneck.unstandardised(*found)
    return _occupancy(network, features, batch, settings) + settings.features * error


def cells_loss(bottleneck: Bottleneck, cells: Tensor, settings: LatentSettings) -> Tensor:
    """Loss of the cells (B, Z - outline) that come back from their outlines: quick to compute."""
    return _by_outline(bottleneck, cells, settings)[1]


def _by_outline(
    bottleneck: Bottleneck, cells: Tensor, settings: LatentSettings
) -> tuple[Tensor, Tensor]:
    mean, log_variance = bottleneck.outline_of(cells)
    found = bottleneck.cells_of(_drawn(mean, log_variance))
    error = ((found - cells) / bottleneck.cell_std).square().mean()
    divergence = _divergence(mean, log_variance)
    return found, settings.features * error + settings.outline_kl * divergence


def _drawn(mean: Tensor, log_variance: Tensor) -> Tensor:
    return mean + torch.randn_like(mean) * (0.5 * log_variance).exp()


def _occupancy(
    network: PointCloudNetwork, features: Features, batch: LatentBatch, settings: LatentSettings
) -> Tensor:
    """Cross entropy at the queries of a batch, where thin parts weigh more."""
    logits = network.decode(batch.queries, features).float()
    more = torch.where(batch.inside > 0.5, settings.thin_inside, settings.thin_outside)
    weight = 1 + more * batch.thin
    each = F.binary_cross_entropy_with_logits(logits, batch.inside, reduction="none")
    return (weight * each).sum() / weight.sum()


def _divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """From a standard normal distribution; Kingma and Welling (2014), appendix B."""
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1).mean()
