"""The latent space of each kind of model, and the one function that opens it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from occviewer.latent.axes import (
    FEWEST_CODES,
    Axes,
    LatentError,
    Offsets,
    axes_of_vectors,
    normal_axes,
    random_axes,
    trained_axes,
)
from occviewer.latent.particulars import kept_in_blend, kept_when_moved
from occviewer.latent.space import Latent, LatentSpace
from occviewer.latent.tears import SHARES, tear
from occviewer.latent.waypoints import (
    Graph,
    Mixture,
    Surroundings,
    Way,
    own_when_moved,
    step_from_an_end,
)
from occviewer.models.checkpoint import load_bottleneck
from occviewer.models.codes import Code, CodeError
from occviewer.models.known_codes import prior_deviation
from occviewer.models.layout import lay_out
from occviewer.models.model import Model
from occviewer.networks.bottleneck import Bottleneck
from occviewer.networks.waypoints import SIDE, Waypoints, distances, samples
from occviewer.placement import Placement

_RANDOM_AXES = 16


class BottleneckSpace(LatentSpace):
    """Features of a local model through its bottleneck."""

    def __init__(self, model: Model, bottleneck: Bottleneck) -> None:
        self._bottleneck = bottleneck.to(model.device)
        lay_out(self._bottleneck)
        axes = trained_axes(self._bottleneck)
        super().__init__(model, axes, "")
        self.leniency = bottleneck.leniency
        waypoints = bottleneck.waypoints
        self._around = None if waypoints is None else Surroundings(waypoints, axes)
        self._graph_made: Graph | None = None
        self._field, self._looks = model.field, WeakKeyDictionary[Code, Tensor]()
        self._tears = WeakKeyDictionary[Code, dict[int, float]]()

    def way(
        self, first: Latent, last: Latent, looked: Callable[[], None] = lambda: None
    ) -> Way | None:
        """Find a way past waypoints; None where the model has none."""
        waypoints = self._bottleneck.waypoints
        if waypoints is None:
            return None
        ends, graph = (first, last), self._graph(waypoints)
        looks = [self._look(waypoints, end) for end in ends]

        def tears(end: int, index: int) -> float:
            length = float(distances(looks[end][None], waypoints.looks[index][None])[0, 0])
            return self._torn(ends[end], index, length, looked)

        measured = None if waypoints.tears is None else tears
        route = graph.route(looks[0], looks[1], measured)
        return Way(first.vector, last.vector, waypoints, route)

    def between_waypoints(self, index: int, other: int, share: float) -> Code:
        """Make the code of what lies between two waypoints of the model.

        Raises
        ------
        LatentError
            The model has none.
        """
        if self._bottleneck.waypoints is None:
            raise LatentError(f"The model {self._name!r} has no waypoints.")
        mixture = self._graph(self._bottleneck.waypoints).between(index, other, share)
        return self._of_mixture(mixture, (), Placement())

    def _torn(self, end: Latent, index: int, length: float, looked: Callable[[], None]) -> float:
        """Measure how torn the step from an end of a way to a waypoint is."""
        known = self._tears.setdefault(end.code, {})
        waypoints = self._bottleneck.waypoints
        if index not in known and waypoints is not None:
            vector = waypoints.vectors[index]
            steps = (step_from_an_end(end.vector, vector, share, length) for share in SHARES)
            codes = (self._of_mixture(step, (end,), end.code.placement) for step in steps)
            known[index] = tear((self._field(code) for code in codes), looked)
        return known[index]

    def _graph(self, waypoints: Waypoints) -> Graph:
        if self._graph_made is None:
            self._graph_made = Graph(waypoints)
        return self._graph_made

    def _look(self, waypoints: Waypoints, latent: Latent) -> Tensor:
        if latent.code not in self._looks:
            field = self._field(latent.code)
            inside = torch.sigmoid(torch.from_numpy(field.logits(samples()) - field.level))
            occupancies = inside.reshape(1, SIDE, SIDE, SIDE).to(self._device)
            self._looks[latent.code] = waypoints.look(occupancies)[0]
        return self._looks[latent.code]

    def _vector_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        return self._bottleneck.encode({name: t[None] for name, t in tensors.items()})[0]

    def _tensors_of(self, vector: Tensor) -> dict[str, Tensor]:
        return {name: t[0] for name, t in self._bottleneck.decode(vector[None]).items()}

    def _new(self, axes: Axes, count: int, seed: int, temperature: float) -> list[Mixture]:
        waypoints = self._bottleneck.waypoints
        if waypoints is None or self._around is None:
            return super()._new(axes, count, seed, temperature)
        generator, graph = torch.Generator().manual_seed(seed), self._graph(waypoints)
        return [
            graph.mixed_with_a_neighbour(self._around.nearest(vector), temperature, generator)
            for vector in axes.drawn(count, seed, temperature)
        ]

    def _moved(self, vector: Tensor, axes: Axes, offsets: Offsets) -> Mixture:
        steps = axes.steps(offsets)
        distance, moved = float(steps.norm()), axes.moved(vector, offsets)
        if self._around is not None:
            return self._around.drawn_to(moved, steps, own_when_moved(distance))
        kept = kept_when_moved(distance)
        outline, cells = moved.tensor_split([self._bottleneck.outline])
        return Mixture(torch.cat([outline, kept * cells]), [kept], 1 - kept)

    def _mixed(self, vectors: Tensor, shares: Sequence[float]) -> Mixture:
        outlines, cells = vectors.tensor_split([self._bottleneck.outline], 1)
        kept = kept_in_blend(cells, shares)
        own = min(1.0, max(0.0, sum(kept)))
        mixed = (outlines.new_tensor(shares) @ outlines, cells.new_tensor(kept) @ cells)
        vector = torch.cat(mixed)
        if self._around is None or self.axes is None:
            return Mixture(vector, kept, 1 - own)
        drawn = self._around.drawn_to(vector, self.axes.steps(()), own)
        return Mixture(drawn.vector, kept, drawn.unsure)


class VectorSpace(LatentSpace):
    """Codes that are vectors and nothing else: ``c`` or ``z``, or one after the other."""

    def __init__(self, model: Model, axes: Axes | None, why_no_axes: str) -> None:
        super().__init__(model, axes, why_no_axes)
        self._lengths = vector_lengths(model) or {}

    def _vector_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        return torch.cat([tensors[name] for name in self._lengths])

    def _tensors_of(self, vector: Tensor) -> dict[str, Tensor]:
        parts = torch.split(vector, list(self._lengths.values()))
        return {name: part.clone() for name, part in zip(self._lengths, parts, strict=True)}

    def _beyond(
        self, tensors: Mapping[str, Tensor], explained: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        if {n: t.shape for n, t in tensors.items()} != {n: t.shape for n, t in explained.items()}:
            raise KeyError(*self._lengths)
        return {}  # rounding is no detail


class FeatureSpace(LatentSpace):
    """Features of a local model that has no bottleneck: they can be blended only."""

    def _vector_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        return torch.zeros(0, device=self._device)

    def _tensors_of(self, vector: Tensor) -> dict[str, Tensor]:
        return {}


def latent_space(
    model: Model, codes: Sequence[Code] = (), *, random_seed: int | None = None
) -> LatentSpace:
    """Open the latent space of a model.

    Parameters
    ----------
    model : Model
    codes : sequence of Code
        For a model whose codes are vectors: from three on, the axes are their principal
        components. Not needed where axes, a prior or codes were stored with the model.
    random_seed : int, optional
        For such a model: take random orthogonal directions around the first code as axes.

    Returns
    -------
    LatentSpace
        It can always blend. Where it has no `axes`, it says why.

    Raises
    ------
    CheckpointError
        The model's file is damaged.
    LatentError
        The codes are all the same, or there is none to lay random axes around.
    """
    bottleneck = None if model.path is None else load_bottleneck(model.path)
    if bottleneck is not None:
        return BottleneckSpace(model, bottleneck)
    if vector_lengths(model) is None:
        return FeatureSpace(model, None, _why_no_vector(model))
    vectors = [_vector(code, model) for code in codes]
    axes = known_axes(model)
    if random_seed is not None:
        if not vectors:
            raise LatentError("Random axes start from a code: encode a scan first.")
        axes = random_axes(vectors[0], _RANDOM_AXES, random_seed)
    elif len(vectors) >= FEWEST_CODES:
        axes = axes_of_vectors(torch.stack(vectors))
    return VectorSpace(
        model,
        axes,
        f"The model {model.name!r} has a latent vector, but no axes were stored with it: give at "
        f"least {FEWEST_CODES} codes of it with  --like CODE.npz CODE.npz CODE.npz, and the axes "
        "are how those differ.",
    )


def vector_lengths(model: Model) -> dict[str, int] | None:
    """Lengths of the vectors that a model's codes are; None where they are more than vectors."""
    shapes = model.code_shapes()
    flat = all(len(shape) == 1 for shape in shapes.values())
    if not flat or sum(math.prod(shape) for shape in shapes.values()) < 2:
        return None
    return {name: shape[0] for name, shape in shapes.items()}


def known_axes(model: Model) -> Axes | None:
    """Axes that a model knows without being given codes; None where it knows none.

    They are the principal axes of the codes that came with it, from three on, or random ones
    of equal importance where codes are drawn from a normal distribution.
    """
    network = model.network
    stored = network.stored_codes()
    if len(stored) >= FEWEST_CODES:
        return axes_of_vectors(stored.to(model.device))
    lengths = vector_lengths(model) or {}
    deviation = prior_deviation(network)
    if list(lengths) == ["z"] and deviation is not None and not len(stored):
        return normal_axes(lengths["z"], deviation, model.device)
    return None


def _why_no_vector(model: Model) -> str:
    if model.network.observed == "none":
        return f"The model {model.name!r} is one shape, so there is nothing to slide or to sample."
    return (
        f"The model {model.name!r} keeps shapes in local features without a latent vector, "
        "so there are no sliders and no samples, but interpolation works; a model of the "
        "architecture 'house' gets a latent space by  occviewer train-latent."
    )


def _vector(code: Code, model: Model) -> Tensor:
    lengths = vector_lengths(model) or {}
    if {name: tuple(t.shape) for name, t in code.tensors.items()} != {
        name: (length,) for name, length in lengths.items()
    }:
        raise CodeError(
            f"The code does not fit the model {model.name!r}; encode the scan with this model."
        )
    return torch.cat([code.tensors[name].to(model.device) for name in lengths])
