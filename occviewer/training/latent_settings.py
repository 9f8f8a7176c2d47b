"""Settings of a training of a latent space."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from occviewer.training.recipe import Optimisation


@dataclass(frozen=True)
class LatentSettings:
    """Settings of a training.

    Attributes
    ----------
    optimisation : Optimisation
    network : dict
        Parameters of `Bottleneck` but those of the features.
    outline_share : float
        Share of the time for the outline, after the cells.
    finish_share : float
        Share of the time for the way back from the cells, after the outline.
    queries : int
        Labelled queries of a shape.
    near_share : float
        Share of them near the surface.
    features : float
        Weight of the squared error of standardised features, and of standardised cells,
        against 1 for the occupancy.
    kl : float
        Weight of the divergence of the cells from a standard normal distribution, summed
        over their numbers.
    outline_kl : float
        The same for the outline.
    thin_inside, thin_outside : float
        How much more than others queries weigh that lie in, and beside, the thinnest parts.
        Inside is more, for a leg that may be here or there should not vanish.
    fresh : int
        Newly varied shapes that are encoded each step.
    memory : int
        Bytes to keep features in.
    seed : int
    validate_every : float
        Minutes of training between validations.
    """

    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(batch=16, learning_rate=2e-3)
    )
    network: dict[str, Any] = field(default_factory=dict)
    outline_share: float = 0.15
    finish_share: float = 0.25
    queries: int = 1024
    near_share: float = 0.5
    features: float = 0.3
    kl: float = 2e-5
    outline_kl: float = 3e-4
    thin_inside: float = 4.0
    thin_outside: float = 1.0
    fresh: int = 2
    memory: int = 4 << 30
    seed: int = 0
    validate_every: float = 10.0
