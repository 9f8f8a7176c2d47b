"""Scores of a network on shapes that it does not train on."""

from __future__ import annotations

import numpy as np
import torch

from occviewer.arrays import BoolArray, Float32Array
from occviewer.networks import PointCloudNetwork
from occviewer.training.dataset import ShapeSet, uniform_queries
from occviewer.training.observing import KINDS, observe

THRESHOLDS = np.round(np.arange(0.2, 0.71, 0.05), 2)
"""Probabilities tried as the threshold."""

_CHUNK = 8192


@torch.no_grad()
def predict(
    network: PointCloudNetwork, points: Float32Array, queries: Float32Array
) -> Float32Array:
    """Logits (M,) of queries (M, 3) for one cloud (N, 3)."""
    device = next(network.parameters()).device
    features = network.encode(torch.from_numpy(points).to(device)[None])
    parts = [
        network.decode(torch.from_numpy(queries[i : i + _CHUNK]).to(device)[None], features)[0]
        for i in range(0, len(queries), _CHUNK)
    ]
    return torch.cat(parts).float().cpu().numpy()


def intersection_over_union(predicted: BoolArray, truth: BoolArray) -> float:
    """IoU of two labellings (M,); 1 where both are empty."""
    union = np.count_nonzero(predicted | truth)
    return np.count_nonzero(predicted & truth) / union if union else 1.0


def validate(
    network: PointCloudNetwork,
    shapes: ShapeSet,
    point_count: int,
    *,
    query_count: int = 32_768,
    noise: float = 0.005,
) -> dict[str, float]:
    """Mean IoU by kind of observation, at the threshold that is best for their mean.

    Returns
    -------
    dict with ``whole``, ``half``, ``view`` and ``threshold`` (a probability).
    """
    rng = np.random.default_rng(0)  # the same observations every time
    levels = np.log(THRESHOLDS / (1 - THRESHOLDS))
    scores = {kind: np.zeros(len(levels)) for kind in KINDS}
    for index in range(len(shapes)):
        shape = shapes[index]
        for kind in KINDS:
            points = observe(shape, kind, point_count, noise, rng)
            queries, inside = uniform_queries(shape, query_count, rng)
            logits = predict(network, points, queries)
            scores[kind] += [intersection_over_union(logits > level, inside) for level in levels]
    best = int(np.argmax(sum(scores.values())))
    result = {kind: float(values[best] / len(shapes)) for kind, values in scores.items()}
    return {**result, "threshold": float(THRESHOLDS[best])}
