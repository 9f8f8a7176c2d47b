"""Codes found by optimisation: for decoders that came without an encoder.

As in DeepSDF (Park et al., CVPR 2019, section 4.2 and 6.3): the code whose field is 0 at
the observed points, under a normal prior. Where normals are known, points a little to
either side of the surface say what is inside; points around the shape are outside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from occviewer.arrays import Float32Array
from occviewer.models.adam import Adam
from occviewer.networks import Features, OccupancyNetwork

STEPS = 800
"""Steps of the published optimisation."""

_RATE = 5e-3
_PRIOR = 1e-4
_FAR = 0.1  # what lies around the shape is at least so far from it, network units
_OFFSETS = (0.01, 0.03)  # to either side of the surface, network units
_START = 0.01  # deviation of the code that is begun with
_OUTSIDE = 512  # points around the shape, a step
_PER_STEP = 2048  # points on the surface, a step
_FIRST_PREVIEWS, _PREVIEW_EVERY = (10, 25), 50


def search_code(
    network: OccupancyNetwork,
    points: Float32Array,
    normals: Float32Array | None,
    *,
    steps: int = STEPS,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
    preview: Callable[[Features], None] = lambda features: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Features, int]:
    """Find the code ``z`` whose surface goes through points.

    Parameters
    ----------
    network : OccupancyNetwork
        One that gives distances, positive inside, for a vector ``z``.
    points : (N, 3) float32
        Box frame.
    normals : (N, 3) float32, optional
        To the outside; rows of zeros where unknown.
    steps : int
        Of the optimisation.
    seed : int
        For the code that is begun with, and the points of each step.
    progress : callable
        Told the share that is done; may raise `occviewer.errors.Cancelled` to give it up.
    preview : callable
        Given the features so far: soon, and then every so many steps.
    stopped : callable
        Says whether to stop and keep what was reached.

    Returns
    -------
    features : dict of Tensor
        ``z`` (1, Z), on the network's device.
    steps : int
        How many were done.
    """
    device = next(network.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    surface = torch.from_numpy(np.asarray(points, np.float32))
    outward = None if normals is None else torch.from_numpy(np.asarray(normals, np.float32))
    size = network.code_shapes()["z"]
    start = _START * torch.randn(1, *size, generator=generator)
    z = start.to(device).requires_grad_(True)
    adam, done = Adam(z), 0
    for step in range(steps):
        if stopped():
            break
        queries, wanted = _near_surface(network, surface, outward, generator)
        around = _around(network, surface, generator)
        z.grad = None
        asked = torch.cat([queries, around])[None].to(device)
        found = network.decode(asked, {"z": z})[0]
        near, far = found[: len(queries)], found[len(queries) :]
        error = (near - wanted.to(device)).abs().mean()
        if len(far):
            error = error + torch.relu(far + _FAR).mean()
        (error + _PRIOR * z.square().mean()).backward()  # type: ignore[no-untyped-call]
        adam.step(_RATE if step < steps // 2 else _RATE / 10)
        done = step + 1
        progress(done / steps)
        if done in _FIRST_PREVIEWS or (done % _PREVIEW_EVERY == 0 and done < steps):
            preview({"z": z.detach().clone()})
    return {"z": z.detach()}, done


def _near_surface(
    network: OccupancyNetwork,
    surface: Tensor,
    outward: Tensor | None,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Draw queries (M, 3) of the box, and say what values (M,) they should have."""
    rows = torch.randint(len(surface), (min(_PER_STEP, len(surface)),), generator=generator)
    at = surface[rows]
    queries, wanted = [at], [torch.zeros(len(at))]
    if outward is not None:
        known = outward[rows].norm(dim=1) > 0.5
        for offset in _OFFSETS:
            # An offset is in network units, and the points are in the box.
            step = outward[rows][known] * (offset / network.frame.scale)
            for sign in (1, -1):
                queries.append(at[known] + sign * step)
                wanted.append(torch.full((int(known.sum()),), -sign * offset))
    return torch.cat(queries), torch.cat(wanted)


def _around(network: OccupancyNetwork, surface: Tensor, generator: torch.Generator) -> Tensor:
    """Draw queries (M, 3) on the unit sphere of the network that no point comes near."""
    direction = torch.randn(_OUTSIDE, 3, generator=generator)
    around = direction / (direction.norm(dim=1, keepdim=True) * network.frame.scale)
    apart = torch.cdist(around, surface[:: max(len(surface) // 1000, 1)]).amin(1)
    far: Tensor = around[apart * network.frame.scale > 2 * _FAR]
    return far
