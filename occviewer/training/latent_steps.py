"""Which steps from waypoint to waypoint lead past shapes in one piece."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import torch

from occviewer.latent.kinds import BottleneckSpace
from occviewer.latent.tears import SHARES, tear
from occviewer.latent.waypoints import Graph
from occviewer.models.model import Model
from occviewer.networks.bottleneck import Bottleneck

NEIGHBOURS = 16
"""Of so many others that look most like a waypoint, what lies between is looked at."""


def measure_steps(
    model: Model,
    bottleneck: Bottleneck,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Store with waypoints how torn what lies between neighbours is.

    A tenth of a second a step on two cores.

    Parameters
    ----------
    model : Model
        That of the bottleneck.
    bottleneck : Bottleneck
        Whose axes, waypoints and leniency were measured before; nothing happens where it has
        fewer than two waypoints.
    progress : callable
        Told how many of how many steps were looked at; may raise to stop.
    """
    waypoints = bottleneck.waypoints
    if waypoints is None or len(waypoints) < 2:
        return
    space = BottleneckSpace(model, deepcopy(bottleneck))
    neighbours = Graph(waypoints).neighbours(NEIGHBOURS)
    steps = sorted({(min(a, b), max(a, b)) for a, row in enumerate(neighbours) for b in row})
    torn = {}
    for number, (index, other) in enumerate(steps):
        codes = (space.between_waypoints(index, other, share) for share in SHARES)
        torn[index, other] = tear(model.field(code) for code in codes)
        progress(number + 1, len(steps))
    tears = [[torn[min(a, b), max(a, b)] for b in row] for a, row in enumerate(neighbours)]
    device = waypoints.looks.device
    waypoints.keep_tears(
        torch.as_tensor(neighbours.copy(), device=device),
        torch.tensor(tears, dtype=torch.float32, device=device),
    )
    bottleneck.keep_waypoints(waypoints)
