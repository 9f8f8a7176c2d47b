"""Codes that need no observation: those that a model holds, and those drawn from its prior."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from occviewer.models.codes import Code, CodeError
from occviewer.models.observed import taken
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.models.model import Model
    from occviewer.networks import OccupancyNetwork


def stored_codes(model: Model) -> tuple[Code, ...]:
    """Codes of the shapes that a model knows by itself: of its training, or its only one."""
    network = model.network
    stored = network.stored_codes()
    if not len(stored):
        return ()
    name = next(iter(network.code_shapes()))
    return tuple(
        Code({name: row.clone()}, Placement(), model.name, facts={"stored": number})
        for number, row in enumerate(stored)
    )


def prior_deviation(network: OccupancyNetwork) -> float | None:
    """Deviation of each number of a code ``z`` around 0; None where codes are encoded.

    1 for variational autoencoders (the unconditional Occupancy Networks). DeepSDF begins its
    codes with a deviation of one over the root of their length, and bounds their length by 1.
    """
    if network.optimised:
        (length,) = network.code_shapes()["z"]
        return 1 / math.sqrt(length)
    return 1.0 if network.observed == "none" else None


def drawn_codes(model: Model, count: int, seed: int = 0) -> tuple[Code, ...]:
    """Codes drawn from the prior of a latent vector.

    That is a normal one: of `prior_deviation`, or of mean and deviation of the stored codes.

    Parameters
    ----------
    model : Model
        One that takes codes only, or holds some.
    count, seed : int
        How many; the same seed draws the same ones.

    Raises
    ------
    CodeError
        Nothing is known of how the model's codes are spread.
    """
    network = model.network
    shapes, stored = network.code_shapes(), network.stored_codes()
    deviation = prior_deviation(network)
    if len(shapes) != 1 or not (len(stored) > 1 or (deviation is not None and not len(stored))):
        raise CodeError(
            f"The model {model.name!r} says nothing of how its codes are spread; it takes "
            f"{taken(network)}."
        )
    (name, shape), *_ = shapes.items()
    generator = torch.Generator().manual_seed(seed)
    # One after the other, so that the first ones do not depend on how many there are.
    noise = torch.stack([torch.randn(*shape, generator=generator) for _ in range(count)])
    if len(stored):
        noise = stored.mean(0).cpu() + noise * stored.std(0).cpu()
    elif deviation is not None:
        noise = deviation * noise
    return tuple(
        Code({name: row.clone()}, Placement(), model.name, facts={"seed": seed, "drawn": number})
        for number, row in enumerate(noise)
    )
