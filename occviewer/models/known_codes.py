"""Codes that need no observation: those that a model holds, and those drawn from its prior."""

from __future__ import annotations

import json
import math
from pathlib import Path
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
    return tuple(stored_code(model, number) for number in range(len(model.network.stored_codes())))


def stored_code(model: Model, number: int) -> Code:
    """Code of one of the shapes (from 0) that a model knows by itself."""
    name = next(iter(model.code_shapes()))
    row = model.network.stored_codes()[number]
    return Code({name: row.clone()}, Placement(), model.name, facts={"stored": number})


def stored_names(model: Model) -> tuple[str, ...]:
    """Names of the shapes that a model knows by itself: as its training split has them.

    DeepSDF's specifications name a file that lists the shapes in the order of their codes. It
    is looked for where it is named, from the folder of the experiment upwards, and beside it.
    Where it is missing or lists others, shapes are numbered.
    """
    count = len(model.network.stored_codes())
    names = _listed_names(model.path) if model.path is not None and count > 1 else []
    if len(names) == count:
        return tuple(names)
    return tuple(f"Shape {number}" for number in range(1, count + 1))


def _listed_names(weights: Path) -> list[str]:
    experiment = weights.parent.parent
    try:
        split = Path(json.loads((experiment / "specs.json").read_text("utf-8"))["TrainSplit"])
        places = [experiment / split.name, *(folder / split for folder in _above(experiment))]
        found = next(place for place in places if place.is_file())
        listed = json.loads(found.read_text("utf-8"))
        return [
            str(shape)
            for classes in listed.values()
            for shapes in classes.values()
            for shape in shapes
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return []


def _above(folder: Path) -> list[Path]:
    return [folder, *list(folder.absolute().parents)[:4]]


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
