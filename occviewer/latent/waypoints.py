"""Ways past shapes that were learned from, and how far shapes give way to them.

A way from one shape to another takes short steps from look to look of the waypoints between
them, as geodesics through a graph of neighbours do (Tenenbaum, de Silva and Langford, "A global
geometric framework for nonlinear dimensionality reduction", Science 290, 2000), and keeps to those
whose middles hang together. Between waypoints that was measured when they were stored; from the
ends of a way it is looked at only where a route would lead, as lazy shortest paths do (Dellin and
Srinivasa, "A unifying formalism for shortest path problems with expensive edge evaluations via
lazy best-first search over paths with edge selectors", ICAPS 2016).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse.csgraph import dijkstra
from torch import Tensor

from occviewer.arrays import Float64Array, IntArray
from occviewer.latent.axes import Axes
from occviewer.networks.waypoints import Waypoints, distances

# A step costs this power of its length, and a little for itself: without the power routes take
# long steps, whose middles are broken; without the rest they go round half of the furniture.
_POWER, _A_STEP = 5.0, 0.002
_OTHER_KIND = 3.0  # times as dear: lamps have globes, but no one expects one between two seats
_TEAR = 0.4  # what a middle costs that is all in pieces
_FAR = 0.05  # how torn what lies between waypoints is that are no neighbours
_EXPECTED = 0.003  # and between an end and a waypoint, until it is looked at
_LOOKS = 10  # routes that are tried, of which each asks for what lies by its ends

_NEIGHBOURS = 6  # of which one is drawn to make a new shape

# Standard deviations, root mean square over the axes by their weights. Wider, and what is
# found is the middle of several shapes, which is none; narrower, and it jumps.
_NEARBY, _RELATIVELY = 0.07, 0.1  # the latter of the distance to the nearest
_MOVED_COUNT = 3.0  # times as much as other axes: a slider must change what it says

# Up to here a shape that is moved stays by itself.
_NEAR = 0.25
_LEAVING = 0.5

_UNSURE_FROM = 0.3  # length of a step; in the middle of longer ones all of thin parts is unsure


@dataclass(frozen=True, eq=False)
class Mixture:
    """A vector that was moved or mixed, and what is left of what it was made of.

    Attributes
    ----------
    vector : (Z,) Tensor
    kept : sequence of float
        Weights with which the details of what was mixed add up.
    unsure : float
        How little is known of its thin parts: 0 of a shape that was seen, 1 of one of which
        only the outline is known.
    """

    vector: Tensor
    kept: Sequence[float]
    unsure: float


@dataclass(frozen=True, eq=False)
class Route:
    """Waypoints from one shape to another.

    Attributes
    ----------
    through : list of int
        Numbers of the waypoints; empty where the shapes lie close together.
    steps : (len(through) + 1,) float64
        Lengths of the steps, 0 … 1, the first from the first shape to the first waypoint.
    """

    through: list[int]
    steps: Float64Array


Tears = Callable[[int, int], float]
"""How torn what lies between an end (0 or 1) and a waypoint is; see `occviewer.latent.tears`."""


class Graph:
    """All steps between waypoints."""

    def __init__(self, waypoints: Waypoints) -> None:
        self._waypoints = waypoints
        self._kinds = waypoints.kinds.cpu().numpy()
        self._apart = waypoints.apart(waypoints.looks)
        self._costs = _costs(self._apart)
        if waypoints.neighbours is not None and waypoints.tears is not None:
            neighbours, known = waypoints.neighbours.cpu(), waypoints.tears.cpu()
            tears = np.full_like(self._costs, _FAR)
            rows = np.arange(len(tears))[:, None]
            tears[rows, neighbours.numpy()] = known.numpy()
            self._costs += _TEAR * np.minimum(tears, tears.T)
        np.fill_diagonal(self._costs, 0)

    def neighbours(self, count: int) -> IntArray:
        """Numbers (N, K) of the waypoints that look most like each, without itself."""
        apart = self._apart.copy()
        np.fill_diagonal(apart, -1)
        nearest: IntArray = np.argsort(apart, 1, kind="stable")[:, 1 : count + 1]
        return nearest

    def between(self, index: int, other: int, share: float) -> Mixture:
        """Mix two waypoints: what lies after a share of the step, 0 … 1."""
        vectors = self._waypoints.vectors
        return _step(vectors[index], vectors[other], share, float(self._apart[index, other]), ())

    def route(self, first: Tensor, last: Tensor, tears: Tears | None = None) -> Route:
        """Find the way of short steps from one look (P,) to another.

        Parameters
        ----------
        first, last : (P,) Tensor
        tears : callable, optional
            Asked for the steps from and to the ends that a route would take.
        """
        ends = torch.stack([first, last])
        to_ends = self._waypoints.apart(ends)
        strange = ~np.isin(self._kinds, self._kinds[to_ends.argmin(0)])
        beyond = _costs(to_ends)
        direct = _costs(distances(ends, ends))
        costs = np.block([[self._costs, beyond], [beyond.T, direct]])
        costs[:, :-2][:, strange] *= _OTHER_KIND
        np.fill_diagonal(costs, 0)
        through = _cheapest(costs)
        asked: set[tuple[int, int]] = set()
        for _ in range(_LOOKS if tears is not None else 0):
            wanted = {(0, through[0]), (1, through[-1])} - asked if through else set()
            if not wanted or tears is None:
                break
            for end, index in wanted:
                more = _TEAR * (tears(end, index) - _EXPECTED)
                costs[end - 2, index] += more
                costs[index, end - 2] += more
            asked |= wanted
            through = _cheapest(costs)
        at = [len(costs) - 2, *through, len(costs) - 1]
        looks = torch.cat([self._waypoints.looks, ends])[at]
        return Route(through, np.diagonal(distances(looks, looks), 1))

    def mixed_with_a_neighbour(
        self, index: int, temperature: float, generator: torch.Generator
    ) -> Mixture:
        """Make a new shape of a waypoint and another that looks like it.

        Parameters
        ----------
        index : int
        temperature : float
            How much of the other: with 1, up to half.
        generator : Generator
            On the CPU.
        """
        nearest = np.argsort(self._costs[index], kind="stable")
        nearest = nearest[nearest != index][:_NEIGHBOURS]
        drawn, share = torch.rand(2, generator=generator).tolist()
        if not len(nearest):
            return Mixture(self._waypoints.vectors[index], (), 0.0)
        other = int(nearest[int(drawn * len(nearest))])
        return self.between(index, other, 0.5 * min(1.0, temperature * share))


class Way:
    """A way from one vector (Z,) to another in short steps.

    Parameters
    ----------
    first, last : (Z,) Tensor
    waypoints : Waypoints
    route : Route
        From the one to the other.
    """

    def __init__(self, first: Tensor, last: Tensor, waypoints: Waypoints, route: Route) -> None:
        self._vectors = torch.stack([first, *waypoints.vectors[route.through], last])
        self._steps = route.steps
        passed = np.concatenate([[0.0], np.cumsum(route.steps)])
        even = np.linspace(0, 1, len(passed))
        # What changes goes at even speed; the same shape twice has no length.
        self._at: Float64Array = passed / passed[-1] if passed[-1] > 0 else even

    def at(self, share: float) -> Mixture:
        """Where the way is after a share of it, 0 … 1; of both ends there is detail."""
        last = len(self._steps) - 1
        step = min(max(int(np.searchsorted(self._at, share, side="right")) - 1, 0), last)
        length = float(self._at[step + 1] - self._at[step])
        t = (share - float(self._at[step])) / length if length > 0 else 0.0
        kept = (1 - t if step == 0 else 0.0, t if step == last else 0.0)
        ends = self._vectors[step], self._vectors[step + 1]
        return _step(*ends, t, float(self._steps[step]), kept)


class Surroundings:
    """Waypoints as they lie around places along some axes.

    Parameters
    ----------
    waypoints : Waypoints
        At least one.
    axes : Axes
        Of the same space.
    """

    def __init__(self, waypoints: Waypoints, axes: Axes) -> None:
        self._vectors, self._axes = waypoints.vectors, axes
        self._places = axes.places(waypoints.vectors)
        self._weights = axes.shares / axes.shares.sum().clamp(min=1e-9)

    def nearest(self, vector: Tensor) -> int:
        """Find the waypoint that lies nearest to a vector (Z,)."""
        return int(self._distances(self._axes.coordinates(vector)).argmin())

    def _distances(self, place: Tensor, counting: Tensor | float = 1.0) -> Tensor:
        """Squared distances (N,) of a place (K,), by how much the axes count."""
        distances: Tensor = (self._places - place).square() @ (self._weights * counting)
        return distances

    def drawn_to(self, moved: Tensor, steps: Tensor, own: float) -> Mixture:
        """Let a vector (Z,) give way to the shapes that lie where it was moved to.

        One step of mean shift (Comaniciu and Meer, IEEE TPAMI 24, 2002).

        Parameters
        ----------
        steps : (K,) Tensor
            How far it was moved along each axis: there it stays where it was moved to.
        own : float
            How much of it is left, 0 … 1.
        """
        place = self._axes.coordinates(moved)
        told = steps != 0
        distances = self._distances(place, torch.where(told, _MOVED_COUNT, 1.0))
        width = _NEARBY**2 + _RELATIVELY**2 * distances.min()
        near = torch.softmax(-distances / (2 * width), 0)
        found = near @ self._vectors
        missed = (place - self._axes.coordinates(found)) * told
        found = found + self._axes.basis @ missed
        mixed = [own, *((1 - own) * near).tolist()]
        return Mixture(torch.lerp(found, moved, own), [own], _unsure(mixed))


def own_when_moved(distance: float) -> float:
    """Share of itself that a shape keeps when it is moved among others.

    Parameters
    ----------
    distance : float
        How far along the axes, in standard deviations.
    """
    return math.exp(-((max(0.0, distance - _NEAR) / _LEAVING) ** 2))


def step_from_an_end(vector: Tensor, waypoint: Tensor, share: float, length: float) -> Mixture:
    """Mix the end of a way with a waypoint, both (Z,): what lies after a share of the step."""
    return _step(vector, waypoint, share, length, (1 - share,))


def _step(
    first: Tensor, last: Tensor, share: float, length: float, kept: Sequence[float]
) -> Mixture:
    unsure = _unsure([share, 1 - share]) * min(1.0, length / _UNSURE_FROM)
    return Mixture(torch.lerp(first, last, share), kept, unsure)


def _costs(lengths: Float64Array) -> Float64Array:
    costs: Float64Array = lengths**_POWER + _A_STEP
    return costs


def _cheapest(costs: Float64Array) -> list[int]:
    """Find what the cheapest path from the one before the last to the last leads through."""
    goal = len(costs) - 1
    start = goal - 1
    _, before = dijkstra(costs, indices=start, return_predecessors=True)
    path, at = [], int(before[goal])
    while at != start:
        path.append(at)
        at = int(before[at])
    return path[::-1]


def _unsure(shares: Sequence[float]) -> float:
    """How unsure thin parts are of a mixture: most where two or more are as much there."""
    return min(1.0, 2 * (1 - sum(share**2 for share in shares)))
