"""Scores of a network on shapes that it does not train on."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import torch

from occviewer.arrays import BoolArray, Float32Array
from occviewer.networks import PointCloudNetwork
from occviewer.training.dataset import ShapeSet, uniform_queries
from occviewer.training.observing import KINDS, observe
from occviewer.training.scores import ShapeScore
from occviewer.training.shape_file import ShapeRecord

THRESHOLDS = np.round(np.arange(0.2, 0.71, 0.05), 2)
"""Probabilities tried as the threshold."""

NOISE = 0.005
"""Standard deviation of the noise on the points of scored observations, box units."""

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


def validate(network: PointCloudNetwork, shapes: ShapeSet) -> dict[str, float]:
    """Mean IoU by kind of observation, at the threshold that is best for their mean.

    Returns
    -------
    dict with ``whole``, ``half``, ``view`` and ``threshold`` (a probability).
    """
    levels = [float(np.log(t / (1 - t))) for t in THRESHOLDS]
    scores = {kind: np.zeros(len(levels)) for kind in KINDS}
    for _, kind, logits, inside in _predictions(network, shapes, 32_768):
        scores[kind] += [intersection_over_union(logits > level, inside) for level in levels]
    best = int(np.argmax(sum(scores.values())))
    result = {kind: float(values[best] / len(shapes)) for kind, values in scores.items()}
    return {**result, "threshold": float(THRESHOLDS[best])}


def score_occupancy(
    network: PointCloudNetwork, shapes: ShapeSet, threshold: float
) -> Iterator[ShapeScore]:
    """IoU of every shape and kind of observation over 100,000 points uniform in ±0.55."""
    level = float(np.log(threshold / (1 - threshold)))
    for record, kind, logits, inside in _predictions(network, shapes, 100_000):
        value = intersection_over_union(logits > level, inside)
        yield ShapeScore(record.name, record.category, kind, {"iou": value})


def _predictions(
    network: PointCloudNetwork, shapes: ShapeSet, query_count: int
) -> Iterator[tuple[ShapeRecord, str, Float32Array, BoolArray]]:
    """Logits and labels for each shape and kind: the same observations every time."""
    for index, record in enumerate(shapes.records):
        rng = np.random.default_rng(zlib.crc32(record.name.encode()))
        for kind in KINDS:
            points = observe(shapes[index], kind, network.point_count, NOISE, rng)
            queries, inside = uniform_queries(shapes[index], query_count, rng)
            yield record, kind, predict(network, points, queries), inside
