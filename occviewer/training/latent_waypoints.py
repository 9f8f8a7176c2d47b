"""Which of the shapes that were learned from become waypoints between others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks import Features, PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.networks.waypoints import SIDE, Waypoints, samples
from occviewer.training.dataset import ShapeSet, uniform_queries
from occviewer.training.latent_scores import chosen_by_name, logits_of
from occviewer.training.observing import observe
from occviewer.training.validation import intersection_over_union

MOST_WAYPOINTS = 1600
"""Shapes that are looked at; of more, these are chosen by their names."""

_COUNTING = 0.5  # of the weight of the category that weighs most
_KNOWN = 0.7  # IoU from the vector alone; what is known less well would be a broken waypoint
_WHOLE = 0.98  # share of it that hangs together
_BETWEEN_COUNTS = 8
_CELLS = 64  # a side, as thick as the thinnest parts; see `occviewer.training.labelling`
_STRANGE = 0.4  # distance to the nearest other; nothing leads past what nothing is like
_QUERIES = 8192


@torch.no_grad()
def measure_waypoints(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    shapes: ShapeSet,
    level: float,
    weights: Mapping[str, float],
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Store the training shapes that their vectors know well in a bottleneck.

    Parameters
    ----------
    network, bottleneck
        In evaluation mode, on the same device.
    shapes : ShapeSet
        Those that were trained on.
    level : float
        Logit at which surfaces lie.
    weights : mapping of str to float
        How often shapes of a category or a library are drawn, relative to 1. Categories that
        count for little are there to learn from, and no one expects them halfway.
    seed : int
        For the points that are drawn of the shapes.
    progress : callable
        Told how many of how many shapes were looked at; may raise to stop.
    """
    device = next(network.parameters()).device
    rng = np.random.default_rng(seed)
    counting = [weights.get(record.category, 1.0) for record in shapes.records]
    least = _COUNTING * max(counting, default=0.0)
    chosen = [i for i in chosen_by_name(shapes, len(shapes)) if counting[i] >= max(least, 1e-9)]
    chosen = chosen[:MOST_WAYPOINTS]
    categories = sorted({record.category for record in shapes.records})
    vectors, occupancies, kinds = [], [], []
    for number, index in enumerate(chosen):
        shape = shapes[index]
        points = observe(shape, "whole", network.point_count, 0.0, rng)
        features = network.encode(torch.from_numpy(points).to(device)[None])
        z = bottleneck.encode({name: tensor.float() for name, tensor in features.items()})
        known = bottleneck.decode(z)
        queries, inside = uniform_queries(shape, _QUERIES, rng)
        found = logits_of(network, known, queries) > level
        if intersection_over_union(found, inside) >= _KNOWN and _is_whole(network, known, level):
            above = logits_of(network, known, samples()) - level
            vectors.append(z[0])
            kinds.append(categories.index(shapes.records[index].category))
            occupancies.append(torch.sigmoid(torch.from_numpy(above)).reshape(SIDE, SIDE, SIDE))
        progress(number + 1, len(chosen))
    waypoints = None
    if vectors:
        all_known = Waypoints.of(
            torch.stack(vectors).cpu(), torch.stack(occupancies), torch.tensor(kinds)
        )
        waypoints = all_known.without_strangers(_STRANGE).to(device)
    bottleneck.keep_waypoints(waypoints if waypoints is not None and len(waypoints) else None)


def connected_share(logits: Tensor) -> float:
    """Share of what is above 0 in a grid (S, S, S) that hangs together with its deepest place.

    Cells that touch by a corner hang together. 0 where nothing is above 0.
    """
    deepest = torch.zeros_like(logits)
    deepest.view(-1)[logits.argmax()] = 1.0
    occupied = logits > 0
    if not occupied.any():
        return 0.0
    places = occupied.nonzero()
    low, high = places.amin(0).tolist(), (places.amax(0) + 1).tolist()
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    solid = occupied[box].float()[None, None]
    reached = deepest[box][None, None]
    count = 0.0
    while (reached_now := float(reached.sum())) > count:
        count = reached_now
        for _ in range(_BETWEEN_COUNTS):
            reached = F.max_pool3d(reached, 3, stride=1, padding=1) * solid
    return count / float(solid.sum())


def _is_whole(network: PointCloudNetwork, features: Features, level: float) -> bool:
    above = torch.from_numpy(logits_of(network, features, samples(_CELLS)) - level)
    return connected_share(above.reshape(_CELLS, _CELLS, _CELLS)) >= _WHOLE
