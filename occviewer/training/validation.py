"""Scores of a network on shapes that it does not train on."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import torch

from occviewer.arrays import BoolArray, Float32Array
from occviewer.errors import Cancelled
from occviewer.networks import PointCloudNetwork
from occviewer.training.dataset import ShapeSet, shape_weights, uniform_queries
from occviewer.training.observing import KINDS, Arrays, observe
from occviewer.training.scores import ShapeScore

THRESHOLDS = np.round(np.arange(0.2, 0.71, 0.05), 2)
"""Probabilities tried as the threshold."""

POINTS = 3000
"""Points of scored observations; networks that are made for fewer get so many of them."""

NOISE = 0.005
"""Standard deviation of the noise on the points of scored observations, box units."""

QUERIES = 100_000
"""Points uniform in ±0.55 over which the IoU of a score is taken."""

MOST_SHAPES = 100
"""Shapes of a validation; of more, these are chosen by their names."""

_VALIDATION_QUERIES = 32_768
_CHUNKS = {"cpu": 8192}  # small ones stay in the CPU's caches
_CHUNK = 131_072


@torch.no_grad()
def predict(
    network: PointCloudNetwork, points: Float32Array, queries: Float32Array
) -> Float32Array:
    """Logits (M,) of queries (M, 3) for one cloud (N, 3)."""
    device = next(network.parameters()).device
    features = network.encode(torch.from_numpy(points).to(device)[None])
    chunk = _CHUNKS.get(device.type, _CHUNK)
    parts = [
        network.decode(torch.from_numpy(queries[i : i + chunk]).to(device)[None], features)[0]
        for i in range(0, len(queries), chunk)
    ]
    return torch.cat(parts).float().cpu().numpy()


def intersection_over_union(predicted: BoolArray, truth: BoolArray) -> float:
    """IoU of two labellings (M,); 1 where both are empty."""
    union = np.count_nonzero(predicted | truth)
    return np.count_nonzero(predicted & truth) / union if union else 1.0


def scored_example(
    shape: Arrays, name: str, kind: str, query_count: int
) -> tuple[Float32Array, Float32Array, BoolArray]:
    """Draw the observation and queries by which a shape is scored: the same ones every time.

    Parameters
    ----------
    shape : Arrays
    name : str
        Of the shape; with the kind it decides the draw.
    kind : str
        One of `KINDS`.
    query_count : int
        Number M of queries, uniform in ±0.55.

    Returns
    -------
    points (`POINTS`, 3) with noise `NOISE`, queries (M, 3), and their labels (M,).
    """
    rng = np.random.default_rng([_number(name), KINDS.index(kind)])
    points = observe(shape, kind, POINTS, NOISE, rng)
    # Cameras record in the order of the samples; who takes the first points takes any.
    points = rng.permutation(points)
    return points, *uniform_queries(shape, query_count, rng)


def validate(
    network: PointCloudNetwork,
    shapes: ShapeSet,
    weights: Mapping[str, float] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, float]:
    """Mean IoU by kind of observation, at the threshold that is best for their mean.

    Parameters
    ----------
    network : PointCloudNetwork
        In evaluation mode.
    shapes : ShapeSet
        At most `MOST_SHAPES` of them are taken.
    weights : mapping of str to float, optional
        How much shapes of a category or a library count, as in training; else all count
        alike.
    stopped : callable
        Asked before every observation whether to stop.

    Returns
    -------
    dict with ``whole``, ``half``, ``view`` and ``threshold`` (a probability).

    Raises
    ------
    Cancelled
        When it was to stop.
    """
    levels = [float(np.log(t / (1 - t))) for t in THRESHOLDS]
    scores = {kind: np.zeros(len(levels)) for kind in KINDS}
    weight = shape_weights(shapes.records, weights or {})
    chosen = sorted(range(len(shapes)), key=lambda i: _number(shapes.records[i].name))[:MOST_SHAPES]
    if not weight[chosen].any():  # held back are only shapes that do not count
        weight[:] = 1.0
    predictions = _predictions(network, shapes, chosen, _VALIDATION_QUERIES)
    for index, kind, logits, inside in predictions:
        if stopped():
            raise Cancelled("The validation was stopped.")
        values = [intersection_over_union(logits > level, inside) for level in levels]
        scores[kind] += weight[index] * np.array(values)
    best = int(np.argmax(sum(scores.values())))
    total = weight[chosen].sum()
    result = {kind: float(values[best] / total) for kind, values in scores.items()}
    return {**result, "threshold": float(THRESHOLDS[best])}


def score_occupancy(
    network: PointCloudNetwork, shapes: ShapeSet, threshold: float
) -> Iterator[ShapeScore]:
    """IoU of every shape and kind of observation over `QUERIES` points uniform in ±0.55.

    Parameters
    ----------
    network : PointCloudNetwork
        In evaluation mode.
    shapes : ShapeSet
    threshold : float
        Probability above which a point is inside, between 0 and 1.
    """
    level = float(np.log(threshold / (1 - threshold)))
    for index, kind, logits, inside in _predictions(network, shapes, range(len(shapes)), QUERIES):
        record = shapes.records[index]
        value = intersection_over_union(logits > level, inside)
        yield ShapeScore(record.name, record.category, kind, {"iou": value})


def _predictions(
    network: PointCloudNetwork, shapes: ShapeSet, chosen: Iterable[int], query_count: int
) -> Iterator[tuple[int, str, Float32Array, BoolArray]]:
    """Logits and labels for each of the chosen shapes and each kind of observation."""
    for index in chosen:
        record, shape = shapes.records[index], shapes[index]
        for kind in KINDS:
            points, queries, inside = scored_example(shape, record.name, kind, query_count)
            yield index, kind, predict(network, points[: network.point_count], queries), inside


def _number(name: str) -> int:
    return zlib.crc32(name.encode())
