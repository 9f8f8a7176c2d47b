"""Axes for models whose codes are vectors, but with which no axes were stored. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from occviewer.document.directions import Directions

if TYPE_CHECKING:
    from occviewer.latent import LatentSpace
    from occviewer.latent.axes import Axes
    from occviewer.models import Code, Model

_SEED = 0


def offered(model: Model, code: Code, gathered: Sequence[Code]) -> tuple[Directions, str]:
    """Find directions for the sliders of a code.

    Parameters
    ----------
    model : Model
        Of the codes, which are vectors.
    code : Code
        The one that is to be moved.
    gathered : sequence of Code
        Shapes that were captured. From three on their principal axes are taken; before that
        random directions around `code`, which are at right angles.

    Returns
    -------
    Directions
    str
        What they are: a sentence for people.
    """
    from occviewer.latent import LatentError, latent_space
    from occviewer.latent.axes import FEWEST_CODES

    if len(gathered) >= FEWEST_CODES:
        try:
            space = latent_space(model, gathered)
            return _directions(space), f"How the {len(gathered)} shapes on the shelf differ."
        except LatentError:
            why = "The shapes on the shelf are all the same"
    else:
        why = "The model says nothing of how shapes differ"
    space = latent_space(model, [code], random_seed=_SEED)
    return _directions(space), (
        f"{why}, so these directions are random. Capture at least {FEWEST_CODES} different "
        "shapes, and the sliders follow how those differ."
    )


def space_along(model: Model, directions: Directions) -> LatentSpace:
    """Open the latent space of such a model with given directions as its axes."""
    from occviewer.latent.kinds import VectorSpace

    return VectorSpace(model, _axes(directions, model), "")


def _directions(space: LatentSpace) -> Directions:
    axes = space.axes
    assert axes is not None
    assert axes.origin == "codes" or axes.origin == "random"
    return Directions(
        axes.mean.cpu().numpy(),
        axes.basis.cpu().numpy(),
        axes.ranges.cpu().numpy(),
        axes.shares.cpu().numpy(),
        axes.origin,
    )


def _axes(directions: Directions, model: Model) -> Axes:
    import torch

    from occviewer.latent.axes import Axes

    mean, basis, ranges, shares = (
        torch.tensor(array, device=model.device) for array in directions.arrays().values()
    )
    return Axes(mean, basis, ranges, shares, directions.origin)
