"""Latent spaces: from codes to vectors and back, the same for every kind of model.

What a code holds is taken as two parts: what its vector says, and **detail**, the rest.
A model with a bottleneck has both. The code of an ONet is its vector and has no detail. A
local model without a bottleneck has no vector: all of its features are detail, which can
be blended but has no axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from occviewer.latent.axes import Axes, LatentError, Offsets
from occviewer.latent.placements import blended_placement
from occviewer.latent.waypoints import Mixture, Way
from occviewer.models.codes import Code, CodeError
from occviewer.models.model import Model
from occviewer.placement import Placement

_FACT = "latent"  # among the facts of a code: the vector it was made of


@dataclass(frozen=True, eq=False)
class Latent:
    """Where a code lies in a latent space. Made once per code; editing it is quick.

    Attributes
    ----------
    vector : (Z,) Tensor
        Empty where the model has none.
    detail : mapping of str to Tensor
        What the code holds beyond what the vector says.
    code : Code
    """

    vector: Tensor
    detail: Mapping[str, Tensor] = field(repr=False)
    code: Code = field(repr=False)


class LatentSpace:
    """The latent space of a model; make it with `latent_space`.

    Attributes
    ----------
    axes : Axes or None
        None where there are no sliders; `why_no_axes` says why.
    why_no_axes : str
        One sentence for people; empty where there are axes.
    leniency : float
        Logits; see `occviewer.networks.bottleneck.Bottleneck`. 0 where nothing is known of it.
    """

    leniency = 0.0

    def __init__(self, model: Model, axes: Axes | None, why_no_axes: str) -> None:
        self.axes = axes
        self.why_no_axes = "" if axes is not None else why_no_axes
        self._name, self._device = model.name, model.device
        self._identity = "" if axes is None else axes.identity

    def latent_of(self, code: Code) -> Latent:
        """Find the vector and the detail of a code.

        A code that was edited or sampled remembers its vector.

        Raises
        ------
        CodeError
            The code is of another model.
        """
        tensors = {name: tensor.to(self._device) for name, tensor in code.tensors.items()}
        with torch.no_grad():
            vector = self._remembered(code)
            try:
                vector = self._vector_of(tensors) if vector is None else vector
                explained = self._tensors_of(vector)
                detail = self._beyond(tensors, explained)
            except (KeyError, RuntimeError) as error:
                raise CodeError(
                    f"The code does not fit the latent space of {self._name!r}; encode the scan "
                    "with this model."
                ) from error
        return Latent(vector, detail, code)

    def edited(
        self,
        latent: Latent | Code,
        offsets: Offsets = (),
        detail: float = 1.0,
    ) -> Code:
        """Move a code through the latent space.

        Parameters
        ----------
        latent : Latent or Code
            From `latent_of`, so that one slider after another needs only what changes.
        offsets : mapping of int to float, or sequence of float
            How far along axes (from 0), in standard deviations from where the code is.
        detail : float
            Share of the detail that is kept, 0 … 1. Far from where the code is less of it
            is kept, see `occviewer.latent.particulars`.

        Raises
        ------
        LatentError
            There are no axes, no such axis, or `detail` is out of its range.
        """
        at = self._as_latent(latent)
        if not 0 <= detail <= 1:
            raise LatentError(f"Detail is a share between 0 and 1, not {detail:g}.")
        moving = offsets.values() if isinstance(offsets, Mapping) else offsets
        if not any(moving) and detail == 1:
            return at.code
        if self.axes is None:
            raise LatentError(self.why_no_axes)
        with torch.no_grad():
            moved = self._moved(at.vector, self.axes, offsets)
            tensors = self._tensors_of(moved.vector)
            if detail:
                _add(tensors, at.detail, detail * moved.kept[0])
        facts = {name: value for name, value in at.code.facts.items() if name != _FACT}
        code = self._code(tensors, moved.vector, at.code.placement, at.code.notes, facts)
        return self._lenient(code, moved.unsure, moved.kept[0] * at.code.leniency)

    def sample(self, count: int, seed: int = 0, temperature: float = 1.0) -> list[Code]:
        """Draw new shapes from what is known of the training shapes, or of the codes given.

        Where training shapes are stored with the model, a new shape is one of them, mixed with
        another that looks like it.

        Parameters
        ----------
        count : int
        seed : int
            The same seed gives the same shapes; more shapes begin with the same ones.
        temperature : float
            How far from the middle of a kind of shapes: 1 as the training shapes, 0 the
            middle itself, and of stored training shapes one as it is.

        Raises
        ------
        LatentError
            The model has no latent space to draw from.
        """
        if self.axes is None:
            raise LatentError(self.why_no_axes)
        new = self._new(self.axes, count, seed, temperature)
        return [self._of_mixture(mixture, (), Placement()) for mixture in new]

    def code_at(
        self,
        vector: Tensor,
        placement: Placement | None = None,
        notes: tuple[str, ...] = (),
        facts: Mapping[str, Any] | None = None,
        detail: Mapping[str, Tensor] | None = None,
    ) -> Code:
        """Make the code of a vector (Z,), as an encoder of other observations finds one.

        `detail` is what the code holds beyond what the vector says, if anything.

        Raises
        ------
        LatentError
            The model has no latent space, or vectors of another length.
        """
        if self.axes is None:
            raise LatentError(self.why_no_axes)
        if vector.shape != self.axes.mean.shape:
            raise LatentError(
                f"Vectors of the model {self._name!r} have {len(self.axes.mean)} numbers, not "
                f"{tuple(vector.shape)}."
            )
        vector = vector.to(self._device)
        with torch.no_grad():
            tensors = self._tensors_of(vector)
            _add(tensors, detail or {}, 1.0)
        return self._code(tensors, vector, placement or Placement(), notes, dict(facts or {}))

    def blend(
        self,
        latents: Sequence[Latent | Code],
        weights: Sequence[float],
        placement_weights: Sequence[float] | None = None,
    ) -> Code:
        """Mix codes: their vectors, their detail and where they lie.

        Parameters
        ----------
        latents : sequence of Latent or Code
        weights : sequence of float
            One for each; they are divided by their sum. May be negative.
        placement_weights : sequence of float, optional
            For the placements, from 0; the same as `weights` if not given.

        Raises
        ------
        LatentError
            There are no codes, or the weights do not fit.
        """
        total = float(sum(weights))
        if not latents or len(weights) != len(latents) or abs(total) < 1e-6:
            raise LatentError("A blend needs a weight for each code, and a sum that is not 0.")
        shares = [float(weight) / total for weight in weights]
        used = [(self._as_latent(at), s) for at, s in zip(latents, shares, strict=True) if s]
        with torch.no_grad():
            vectors = torch.stack([at.vector for at, _ in used])
            mixture = self._mixed(vectors, [share for _, share in used])
        placement = blended_placement(
            [_code_of(at).placement for at in latents],
            shares if placement_weights is None else placement_weights,
        )
        return self._of_mixture(mixture, [at for at, _ in used], placement)

    def way(
        self, first: Latent, last: Latent, looked: Callable[[], None] = lambda: None
    ) -> Way | None:
        """Find a way between two codes that leads past shapes that were learned from.

        Parameters
        ----------
        first, last : Latent
        looked : callable
            Called whenever a shape on the way was looked at; may raise to stop.

        Returns
        -------
        Way or None
            None where the model knows none: then what lies between is their `blend`.
        """
        return None

    def on_way(self, way: Way, ends: tuple[Latent, Latent], share: float) -> Code:
        """Make the code after a share of a way, 0 … 1, between the ends it was found for."""
        placement = blended_placement([at.code.placement for at in ends], [1 - share, share])
        return self._of_mixture(way.at(share), ends, placement)

    def _of_mixture(self, mixture: Mixture, mixed: Sequence[Latent], placement: Placement) -> Code:
        with torch.no_grad():
            tensors = self._tensors_of(mixture.vector)
            for at, share in zip(mixed, mixture.kept, strict=True):
                if share:
                    _add(tensors, at.detail, share)
        pairs = zip(mixed, mixture.kept, strict=True)
        before = max(0.0, sum(at.code.leniency * share for at, share in pairs))
        code = self._code(tensors, mixture.vector, placement, (), {})
        return self._lenient(code, mixture.unsure, before)

    def _lenient(self, code: Code, unsure: float, before: float = 0.0) -> Code:
        """Be as lenient with a code as its thin parts are unsure.

        At the level of whole shapes an outline alone loses what is thin: legs are missing on
        the way from one chair to another.

        Parameters
        ----------
        code : Code
        unsure : float
            See `Mixture`.
        before : float
            Leniency that is left of what it was made of, in logits.
        """
        return code.lenient(max(before, min(self.leniency, before + self.leniency * unsure)))

    def _as_latent(self, given: Latent | Code) -> Latent:
        return given if isinstance(given, Latent) else self.latent_of(given)

    def _remembered(self, code: Code) -> Tensor | None:
        """Read the vector that a code was made of; None where it was not made in this space."""
        fact = code.facts.get(_FACT)
        if self.axes is None or not isinstance(fact, Mapping):
            return None
        if fact.get("axes") != self._identity:
            return None
        try:
            vector = torch.tensor(fact.get("vector"), dtype=torch.float32)
            fits = vector.shape == self.axes.mean.shape and bool(vector.isfinite().all())
        except (TypeError, ValueError, RuntimeError):
            fits = False
        if not fits:
            raise CodeError("The latent vector of the code is damaged; encode the scan again.")
        return vector.to(self._device)

    def _code(
        self,
        tensors: dict[str, Tensor],
        vector: Tensor,
        placement: Placement,
        notes: tuple[str, ...],
        facts: dict[str, Any],
    ) -> Code:
        if self._identity:
            facts = {**facts, _FACT: {"axes": self._identity, "vector": vector.tolist()}}
        return Code(tensors, placement, self._name, notes, facts)

    def _new(self, axes: Axes, count: int, seed: int, temperature: float) -> list[Mixture]:
        """Draw vectors; of what a prior says only an outline is known."""
        vectors = axes.drawn(count, seed, temperature)
        return [Mixture(vector, (), 1.0) for vector in vectors]

    def _moved(self, vector: Tensor, axes: Axes, offsets: Offsets) -> Mixture:
        """Move a vector (Z,)."""
        return Mixture(axes.moved(vector, offsets), [1.0], 0.0)

    def _mixed(self, vectors: Tensor, shares: Sequence[float]) -> Mixture:
        """Mix vectors (N, Z)."""
        return Mixture(vectors.new_tensor(shares) @ vectors, shares, 0.0)

    def _beyond(
        self, tensors: Mapping[str, Tensor], explained: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        return {
            name: tensor - explained[name] if name in explained else tensor
            for name, tensor in tensors.items()
        }

    def _vector_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """Find the vector of a code's tensors."""
        raise NotImplementedError

    def _tensors_of(self, vector: Tensor) -> dict[str, Tensor]:
        """Make the tensors that a vector says, all of them new."""
        raise NotImplementedError


def _code_of(given: Latent | Code) -> Code:
    return given.code if isinstance(given, Latent) else given


def _add(tensors: dict[str, Tensor], detail: Mapping[str, Tensor], share: float) -> None:
    """Add a share of some detail to tensors, in place."""
    for name, tensor in detail.items():
        if name in tensors:
            tensors[name].add_(tensor, alpha=share)
        else:
            tensors[name] = tensor * share
