"""Ways past shapes that were learned from, and how far shapes give way to them.

A way from one shape to another takes short steps from look to look of the waypoints between
them, as geodesics through a graph of neighbours do (Tenenbaum, de Silva and Langford, "A global
geometric framework for nonlinear dimensionality reduction", Science 290, 2000).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse.csgraph import dijkstra
from torch import Tensor

from occviewer.arrays import Float64Array
from occviewer.latent.axes import Axes
from occviewer.networks.waypoints import Waypoints, distances

# A step costs this power of its length, and a little for itself: without the power routes take
# long steps, whose middles are broken; without the rest they go round half of the furniture.
_POWER, _A_STEP = 5.0, 0.002
_OTHER_KIND = 3.0  # times as dear: lamps have globes, but no one expects one between two seats

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


class Graph:
    """All steps between waypoints."""

    def __init__(self, waypoints: Waypoints) -> None:
        self._waypoints = waypoints
        self._apart = waypoints.apart(waypoints.looks)

    def route(self, first: Tensor, last: Tensor) -> Route:
        """Find the way of short steps from one look (P,) to another."""
        ends = torch.stack([first, last])
        to_ends = self._waypoints.apart(ends)
        apart = np.block([[self._apart, to_ends], [to_ends.T, distances(ends, ends)]])
        kinds = self._waypoints.kinds.cpu().numpy()
        strange = ~np.isin(kinds, kinds[to_ends.argmin(0)])
        costs = apart**_POWER + _A_STEP
        costs[:, :-2][:, strange] *= _OTHER_KIND
        np.fill_diagonal(costs, 0)
        start, goal = len(apart) - 2, len(apart) - 1
        _, before = dijkstra(costs, indices=start, return_predecessors=True)
        path = [goal]
        while path[-1] != start:
            path.append(int(before[path[-1]]))
        path.reverse()
        return Route(path[1:-1], apart[path[:-1], path[1:]])

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
        apart = self._apart[index]
        nearest = np.argsort(apart, kind="stable")
        nearest = nearest[nearest != index][:_NEIGHBOURS]
        drawn, share = torch.rand(2, generator=generator).tolist()
        vector = self._waypoints.vectors[index]
        if not len(nearest):
            return Mixture(vector, (), 0.0)
        other = int(nearest[int(drawn * len(nearest))])
        t = 0.5 * min(1.0, temperature * share)
        unsure = _unsure([t, 1 - t]) * min(1.0, float(apart[other]) / _UNSURE_FROM)
        return Mixture(torch.lerp(vector, self._waypoints.vectors[other], t), (), unsure)


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
        vector = torch.lerp(self._vectors[step], self._vectors[step + 1], t)
        kept = (1 - t if step == 0 else 0.0, t if step == last else 0.0)
        unsure = _unsure([t, 1 - t]) * min(1.0, float(self._steps[step]) / _UNSURE_FROM)
        return Mixture(vector, kept, unsure)


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


def _unsure(shares: Sequence[float]) -> float:
    """How unsure thin parts are of a mixture: most where two or more are as much there."""
    return min(1.0, 2 * (1 - sum(share**2 for share in shares)))
