"""How well a placement of a cloud suits a model: what is measured, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from occviewer.arrays import Float32Array, Float64Array

if TYPE_CHECKING:
    from occviewer.models.model import Model

# Points of the cloud and of the box at which the field is looked at.
_OBSERVED = 384
_QUERIES = 4096
_BATCH = 4

# Step of the differences that give the slope, and the distance beyond which a point
# counts as simply off the surface (box units).
_STEP = 0.01
_FAR = 0.05


@dataclass(frozen=True)
class Evidence:
    """What the model makes of a cloud under one placement.

    Attributes
    ----------
    distance : float
        Mean distance (box units) of the observed points from the surface, each at most
        0.05; estimated by the logit over its slope.
    doubt : float
        Mean binary entropy (nats) of the occupancy in the box, divided by the share of
        the box that is occupied to the power 2/3: a larger shape has a larger surface,
        where doubt is natural.
    low, high : (3,) float64
        Bounding box of the shape: occupied queries and observed points.
    """

    distance: float
    doubt: float
    low: Float64Array
    high: Float64Array

    @property
    def size(self) -> float:
        """Longest side of the shape's bounding box; 1 under the right placement."""
        return float((self.high - self.low).max())

    @property
    def centre(self) -> Float64Array:
        """Centre (3,) of the shape's bounding box; the origin under the right placement."""
        return (self.low + self.high) / 2


def score(evidence: Evidence) -> float:
    """How likely a placement is; higher is better, comparable between placements only."""
    off_size = max(abs(evidence.size - 1) - _SIZE_TOLERANCE, 0.0)
    off_centre = max(float(np.abs(evidence.centre).max()) - _CENTRE_TOLERANCE, 0.0)
    return -(
        _WEIGHT_DISTANCE * evidence.distance
        + _WEIGHT_DOUBT * evidence.doubt
        + _WEIGHT_SIZE * off_size
        + _WEIGHT_CENTRE * off_centre
    )


# Chosen on simulated scans of validation shapes in random poses. Random queries miss
# the tips of thin parts: a little too small is no fault.
_WEIGHT_DISTANCE = 20.0
_WEIGHT_DOUBT = 1.0
_WEIGHT_SIZE = 1.0
_WEIGHT_CENTRE = 1.0
_SIZE_TOLERANCE = 0.06
_CENTRE_TOLERANCE = 0.04


def gather(model: Model, clouds: Float32Array) -> list[Evidence]:
    """Encode clouds under several placements and look at the fields.

    Parameters
    ----------
    model : Model
        The model.
    clouds : (B, N, 3) float32
        The same points under B placements, box frame.
    """
    found: list[Evidence] = []
    for start in range(0, len(clouds), _BATCH):
        found.extend(_gather_batch(model, clouds[start : start + _BATCH]))
    return found


@torch.no_grad()
def _gather_batch(model: Model, clouds: Float32Array) -> list[Evidence]:
    features = model.features(clouds)
    low, high = (torch.tensor(corner) for corner in model.info.bounds)
    uniform = low + (high - low) * _uniform_queries()
    observed = torch.from_numpy(clouds[:, :_OBSERVED])
    batch, count = observed.shape[:2]
    steps = torch.cat([torch.zeros(1, 3), _STEP * torch.eye(3)])
    near = (observed[:, None] + steps[:, None]).reshape(batch, -1, 3)
    queries = torch.cat([near, uniform.expand(batch, -1, -1)], 1).to(model.device)
    logits = (
        model.network.decode(queries, model.network.prepare(features)).float().cpu() - model.level
    )
    distances = _distances(logits[:, : near.shape[1]].reshape(batch, 4, count))
    doubts = _doubts(logits[:, near.shape[1] :])
    occupied = logits[:, near.shape[1] :] > 0
    return [
        Evidence(
            float(distances[i]),
            float(doubts[i]),
            *_extent(uniform[occupied[i]].numpy(), clouds[i]),
        )
        for i in range(batch)
    ]


@cache
def _uniform_queries() -> Tensor:
    """Well spread points (M, 3) of the unit cube, always the same."""
    engine = torch.quasirandom.SobolEngine(3, scramble=True, seed=0)  # type: ignore[no-untyped-call]
    drawn: Tensor = engine.draw(_QUERIES)
    return drawn


def _distances(values: Tensor) -> Tensor:
    """Mean distance (B,) from the surface, of values (B, 4, N) at points and a step along x, y, z.

    First order: |f| / |grad f|.
    """
    slope = torch.linalg.vector_norm((values[:, 1:] - values[:, :1]) / _STEP, dim=1)
    distances: Tensor = values[:, 0].abs() / slope.clamp(min=1e-6)
    return distances.clamp(max=_FAR).mean(1)


def _doubts(values: Tensor) -> Tensor:
    """Entropy (B,) of logits (B, M) relative to the natural one of a surface of that size."""
    inside = torch.sigmoid(values)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(values, inside, reduction="none")
    share = (values > 0).float().mean(1).clamp(min=1 / values.shape[1])
    doubts: Tensor = entropy.mean(1) / share ** (2 / 3)
    return doubts


def _extent(occupied: Float32Array, observed: Float32Array) -> tuple[Float64Array, Float64Array]:
    # A few strays do not make a shape larger.
    low, high = np.percentile(observed, (0.5, 99.5), axis=0)
    if len(occupied) > 8:
        inner, outer = np.percentile(occupied, (0.2, 99.8), axis=0)
        low, high = np.minimum(low, inner), np.maximum(high, outer)
    return low, high
