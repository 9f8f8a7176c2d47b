"""Which waypoints are in one piece, and which steps between them lead past such shapes."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch

from occviewer.latent.kinds import BottleneckSpace
from occviewer.latent.tears import SHARES, tear
from occviewer.latent.waypoints import Graph
from occviewer.models.model import Model
from occviewer.networks.bottleneck import Bottleneck

TORN = 0.0125
"""The most of a waypoint; see `occviewer.latent.tears`: a hundredth of its surface."""

NEIGHBOURS = 16
"""Of so many others that look most like a waypoint, what lies between is looked at."""


def measure_steps(
    model: Model,
    bottleneck: Bottleneck,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Leave out waypoints in pieces, and store how torn what lies between the others is.

    A tenth of a second of two cores a step, and a third of it a waypoint.

    Parameters
    ----------
    model : Model
        That of the bottleneck.
    bottleneck : Bottleneck
        Whose axes, waypoints and leniency were measured before.
    progress : callable
        Told how many of how many steps were looked at; may raise to stop.
    """
    if bottleneck.waypoints is None:
        return
    space = BottleneckSpace(model, deepcopy(bottleneck))
    count = len(bottleneck.waypoints)
    own = [tear([model.field(space.between_waypoints(n, n, 0.0))]) for n in range(count)]
    waypoints = bottleneck.waypoints.only(np.flatnonzero(np.array(own) <= TORN))
    bottleneck.keep_waypoints(waypoints if len(waypoints) else None)
    if len(waypoints) < 2:
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
