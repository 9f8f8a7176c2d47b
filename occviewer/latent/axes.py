"""Axes of a latent space: directions for sliders, in units of their standard deviation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from occviewer.errors import OccviewerError
from occviewer.networks.bottleneck import Bottleneck

Offsets: TypeAlias = Mapping[int, float] | Sequence[float]
"""How far to move along axes, by their numbers, or along the first ones; in standard deviations."""

FEWEST_CODES = 3
"""Codes from which principal axes can be computed."""

_REACH = 3.0  # standard deviations that a slider goes where no range was observed


class LatentError(OccviewerError):
    """What was asked of a latent space cannot be had."""


@dataclass(frozen=True, eq=False)
class Prior:
    """How likely places along the axes are: a mixture of normal distributions.

    Attributes
    ----------
    centres : (M, K) Tensor
        Middles of the kinds of shapes, in standard deviations from the mean.
    chances : (M,) Tensor
        Share of the shapes that are of each kind.
    spread : (K,) Tensor
        Standard deviation within a kind along each axis, relative to that of all shapes.
    """

    centres: Tensor
    chances: Tensor
    spread: Tensor

    def drawn(self, count: int, seed: int, temperature: float) -> Tensor:
        """Draw places (count, K); more begin with the same ones."""
        generator = torch.Generator().manual_seed(seed)
        chances, spread = self.chances.cpu(), self.spread.cpu()
        draws = []
        for _ in range(count):
            kind = int(torch.multinomial(chances, 1, generator=generator))
            step = torch.randn(len(spread), generator=generator)
            draws.append(self.centres[kind].cpu() + temperature * spread * step)
        return torch.stack(draws) if draws else torch.zeros(0, len(spread))


@dataclass(frozen=True, eq=False)
class Axes:
    """Directions in which vectors can be moved, the most important first.

    Attributes
    ----------
    mean : (Z,) Tensor
        Of the vectors that the axes were found from; for random axes where they start.
    basis : (Z, K) Tensor
        A column an axis, one standard deviation long.
    ranges : (K, 2) Tensor
        How far sliders go, in standard deviations from the mean.
    shares : (K,) Tensor
        Share of the variance that each axis explains; zeros where that is not known.
    origin : {"training", "codes", "random", "prior"}
        What they were found from; those of a prior are random directions, too.
    prior : Prior or None
        How likely vectors are; None where that is not known.
    """

    mean: Tensor
    basis: Tensor
    ranges: Tensor
    shares: Tensor
    origin: Literal["training", "codes", "random", "prior"]
    prior: Prior | None = None

    def __len__(self) -> int:
        return self.basis.shape[1]

    @property
    def can_sample(self) -> bool:
        """Whether new vectors can be drawn: whether the axes are more than directions."""
        return self.prior is not None

    @property
    def identity(self) -> str:
        """A short text that differs where the axes do."""
        content = b"".join(
            tensor.detach().float().cpu().contiguous().numpy().tobytes()
            for tensor in (self.mean, self.basis)
        )
        return hashlib.sha256(content).hexdigest()[:16]

    def moved(self, vector: Tensor, offsets: Offsets) -> Tensor:
        """Move a vector (Z,) along some axes (by their numbers), or along the first ones.

        Offsets count from where the vector is, in standard deviations.

        Raises
        ------
        LatentError
            There is no such axis.
        """
        return vector + self.basis @ self.steps(offsets)

    def steps(self, offsets: Offsets) -> Tensor:
        """Offsets along all axes (K,); raises what `moved` does."""
        given = offsets if isinstance(offsets, Mapping) else dict(enumerate(offsets))
        along = self.basis.new_zeros(len(self))
        for axis, offset in given.items():
            if not 0 <= axis < len(self):
                raise LatentError(
                    f"There is no axis {axis} in this latent space: use 0 … {len(self) - 1}."
                )
            along[axis] = offset
        return along

    def coordinates(self, vector: Tensor) -> Tensor:
        """Where a vector (Z,) lies along the axes (K,), in standard deviations from the mean."""
        return self.places(vector[None])[0]

    def places(self, vectors: Tensor) -> Tensor:
        """Where vectors (N, Z) lie along the axes (N, K), as `coordinates` tells it of one."""
        differences = (vectors - self.mean).cpu().double()
        along: Tensor = differences @ self._inverse.T
        return along.to(vectors)

    @cached_property
    def _inverse(self) -> Tensor:
        # In double: the shortest axes are a thousand times shorter than the longest.
        inverse: Tensor = torch.linalg.pinv(self.basis.cpu().double())
        return inverse

    def drawn(self, count: int, seed: int, temperature: float) -> Tensor:
        """Draw vectors (count, Z) from the prior.

        Raises
        ------
        LatentError
            There is none: the axes are random directions.
        """
        if self.prior is None:
            raise LatentError(
                "Random axes do not say which shapes are likely: give at least "
                f"{FEWEST_CODES} codes to draw new shapes like them."
            )
        along = self.prior.drawn(count, seed, temperature)
        return self.mean + along.to(self.basis) @ self.basis.T


def trained_axes(bottleneck: Bottleneck) -> Axes:
    """Axes, ranges and prior that were measured when a bottleneck was trained."""
    return Axes(
        bottleneck.prior_mean,
        bottleneck.basis,
        bottleneck.ranges.T.contiguous(),
        bottleneck.shares,
        "training",
        Prior(bottleneck.centres, bottleneck.chances, bottleneck.spread),
    )


def axes_of_vectors(vectors: Tensor) -> Axes:
    """Principal components of at least three vectors (N, Z): N - 1 axes at most.

    Raises
    ------
    LatentError
        They are too few, or all the same.
    """
    if len(vectors) < FEWEST_CODES:
        raise LatentError(
            f"Principal axes need at least {FEWEST_CODES} codes, not {len(vectors)}: give more."
        )
    given, vectors = vectors, vectors.cpu().double()  # Apple's GPU has no double
    mean = vectors.mean(0)
    _, lengths, directions = torch.linalg.svd(vectors - mean, full_matrices=False)
    kept = lengths > 1e-6 * lengths[0].clamp(min=1e-12)
    if not kept.any() or lengths[0] < 1e-9:
        raise LatentError("The codes are all the same, so no axis leads from one to another.")
    lengths, directions = lengths[kept], directions[kept]
    deviations = lengths / (len(vectors) - 1) ** 0.5
    along = ((vectors - mean) @ directions.T) / deviations
    ranges = torch.stack([along.amin(0), along.amax(0)], 1)
    basis = directions.T * deviations
    shares = lengths.square() / lengths.square().sum()
    number = len(shares)
    one_kind = Prior(torch.zeros(1, number), torch.ones(1), torch.ones(number))
    return Axes(
        mean.to(given), basis.to(given), ranges.to(given), shares.to(given), "codes", one_kind
    )


def normal_axes(length: int, deviation: float, device: torch.device, seed: int = 0) -> Axes:
    """Axes of vectors whose numbers are drawn from one normal distribution around 0.

    They are at right angles and one standard deviation long. What matters of such a vector
    is seldom one of its numbers, so they are turned at random.
    """
    generator = torch.Generator().manual_seed(seed)
    basis = deviation * torch.linalg.qr(torch.randn(length, length, generator=generator)).Q
    ranges = torch.tensor([[-_REACH, _REACH]]).repeat(length, 1)
    prior = Prior(torch.zeros(1, length), torch.ones(1), torch.ones(length))
    mean, shares = torch.zeros(length), torch.zeros(length)
    return Axes(
        mean.to(device), basis.to(device), ranges.to(device), shares.to(device), "prior", prior
    )


def random_axes(vector: Tensor, count: int, seed: int) -> Axes:
    """Random orthogonal directions around a vector (Z,), a tenth of its length long each.

    Nothing is known of how such vectors vary; a tenth changes a shape without breaking it.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(len(vector), min(count, len(vector)), generator=generator)
    directions = torch.linalg.qr(drawn).Q.to(vector)
    length = 0.1 * vector.norm().clamp(min=1e-6)
    number = directions.shape[1]
    ranges = torch.tensor([[-_REACH, _REACH]]).repeat(number, 1).to(vector)
    return Axes(vector, directions * length, ranges, torch.zeros(number).to(vector), "random")
