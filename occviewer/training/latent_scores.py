"""How much of a shape its vector ``z`` alone keeps."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from occviewer.arrays import Float32Array
from occviewer.networks import Features, PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.training.dataset import ShapeSet
from occviewer.training.latent_thinness import ThinParts
from occviewer.training.observing import Arrays
from occviewer.training.validation import intersection_over_union, scored_example

MOST_VALIDATED = 40
"""Shapes of a validation; of more, these are chosen by their names."""
MOST_SCORED = 200
"""Shapes of a final score; as many are chosen by their names."""

_VALIDATION_QUERIES, _QUERIES = 16_384, 100_000
_THIN = 0.5  # from here on a part counts as thin
_LENIENCIES, _KEPT = np.linspace(0, 1, 11), 0.75  # logits, and the share to be kept
_NEAR = 4096
_CHUNK = 16_384


@dataclass(frozen=True)
class LatentScore:
    """What ``z`` keeps of some shapes, seen as whole clouds with noise 0.005.

    Attributes
    ----------
    shapes : int
    iou : float
        Mean over shapes, from ``z`` alone.
    full_iou : float
        The same from the features that ``z`` was made of.
    thin : float
        Share of the points in thin parts that ``z`` keeps inside, over all shapes; NaN
        where no shape has thin parts.
    """

    shapes: int
    iou: float
    full_iou: float
    thin: float


def validate_latent(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    shapes: ShapeSet,
    level: float,
    check: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Score a bottleneck on some shapes quickly: what `LatentScore` holds, but NaN.

    Parameters
    ----------
    network, bottleneck
        In evaluation mode.
    shapes : ShapeSet
    level : float
        Logit at which surfaces lie.
    check : callable
        Called for every shape; may raise to stop.
    """
    score = _score(
        network, bottleneck, shapes, level, MOST_VALIDATED, _VALIDATION_QUERIES, lambda *_: check()
    )
    values = {"iou": score.iou, "full_iou": score.full_iou, "thin": score.thin}
    return {name: value for name, value in values.items() if not math.isnan(value)}


def score_latent(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    shapes: ShapeSet,
    level: float,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> LatentScore:
    """Score a bottleneck on at most `MOST_SCORED` shapes over 100,000 points uniform in ±0.55."""
    return _score(network, bottleneck, shapes, level, MOST_SCORED, _QUERIES, progress)


@torch.no_grad()
def measured_leniency(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    shapes: ShapeSet,
    level: float,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> float:
    """Find how much less sure shapes must be asked for of which only the outline is known.

    An outline alone says where thin parts may be, and that by halves.

    Parameters
    ----------
    network, bottleneck
        In evaluation mode.
    shapes : ShapeSet
        Those of the training.
    level : float
        Logit at which the surfaces of whole shapes lie.
    progress : callable
        Told how many of how many shapes were looked at; may raise to stop.

    Returns
    -------
    float
        The least logits, of 0, 0.1 … 1, with which outlines keep three quarters of the points in
        thin parts, as a mean over shapes; 0 where no shape has thin parts.
    """
    device = next(network.parameters()).device
    chosen = chosen_by_name(shapes, MOST_VALIDATED)
    kept = []
    for done, index in enumerate(chosen):
        shape, name = shapes[index], shapes.records[index].name
        thin = _thin_points(shape)
        if len(thin):
            points, _, _ = scored_example(shape, name, "whole", 1)
            cloud = torch.from_numpy(points[: network.point_count]).to(device)[None]
            outline = bottleneck.encode(network.encode(cloud)).clone()
            outline[:, bottleneck.outline :] = 0
            above = logits_of(network, bottleneck.decode(outline), thin) - level
            kept.append([(above > -leniency).mean() for leniency in _LENIENCIES])
        progress(done + 1, len(chosen))
    enough = np.mean(kept, 0) >= _KEPT if kept else np.ones(1, bool)
    return round(float(_LENIENCIES[int(enough.argmax()) if enough.any() else -1]), 1)


def logits_of(
    network: PointCloudNetwork, features: Mapping[str, torch.Tensor], queries: Float32Array
) -> Float32Array:
    """Logits (M,) of queries (M, 3) for features of one shape (batch of one)."""
    given: Features = dict(features)
    device = next(iter(given.values())).device
    parts = [
        network.decode(torch.from_numpy(queries[i : i + _CHUNK]).to(device)[None], given)[0]
        for i in range(0, len(queries), _CHUNK)
    ]
    return torch.cat(parts).float().cpu().numpy()


def chosen_by_name(shapes: ShapeSet, most: int) -> list[int]:
    """Numbers of at most so many shapes: the same ones every time."""
    order = sorted(range(len(shapes)), key=lambda i: zlib.crc32(shapes.records[i].name.encode()))
    return order[:most]


def _score(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    shapes: ShapeSet,
    level: float,
    most: int,
    queries: int,
    progress: Callable[[int, int], None],
) -> LatentScore:
    chosen = chosen_by_name(shapes, most)
    rows = []
    for row in _scores(network, bottleneck, shapes, chosen, level, queries):
        rows.append(row)
        progress(len(rows), len(chosen))
    iou, full_iou, kept, thin = np.array(rows).T
    return LatentScore(
        shapes=len(rows),
        iou=float(iou.mean()),
        full_iou=float(full_iou.mean()),
        thin=float(kept.sum() / thin.sum()) if thin.sum() else float("nan"),
    )


@torch.no_grad()
def _scores(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    shapes: ShapeSet,
    chosen: list[int],
    level: float,
    count: int,
) -> Iterator[tuple[float, float, int, int]]:
    """IoU by ``z``, IoU by the features, thin points kept, and thin points, of each shape."""
    device = next(network.parameters()).device
    for index in chosen:
        shape, name = shapes[index], shapes.records[index].name
        points, queries, inside = scored_example(shape, name, "whole", count)
        cloud = torch.from_numpy(points[: network.point_count]).to(device)[None]
        features = {key: value.float() for key, value in network.encode(cloud).items()}
        by_z = bottleneck.decode(bottleneck.encode(features))
        thin, kept = _thin_points(shape), 0
        if len(thin):
            kept = int(np.count_nonzero(logits_of(network, by_z, thin) > level))
        yield (
            intersection_over_union(logits_of(network, by_z, queries) > level, inside),
            intersection_over_union(logits_of(network, features, queries) > level, inside),
            kept,
            len(thin),
        )


def _thin_points(shape: Arrays) -> Float32Array:
    """Points (N, 3) inside of a shape that lie in its thin parts."""
    near = shape["near"][:_NEAR].astype(np.float64)
    is_thin = (ThinParts(shape).at(near) >= _THIN) & shape["near_inside"][:_NEAR]
    thin: Float32Array = near[is_thin].astype(np.float32)
    return thin
