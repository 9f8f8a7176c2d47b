"""What an image encoder makes of pictures: occupancy and cameras."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from occviewer.arrays import BoolArray, Float32Array, Float64Array
from occviewer.networks import OccupancyNetwork, PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.networks.image_encoder import ImageEncoder, camera_angles
from occviewer.training.dataset import uniform_queries
from occviewer.training.image_augmentation import plain_input
from occviewer.training.image_examples import ViewSet, as_images
from occviewer.training.latent_scores import logits_of
from occviewer.training.validation import THRESHOLDS, intersection_over_union

MOST_VALIDATED = 40
"""Shapes of a validation."""

_VIEWS, _QUERIES = 3, 8192
_SYMMETRIES = (2, 4, 8)
_SYMMETRIC = 0.006  # box units that surfaces lie apart after a turn that nobody sees
_SYMMETRY_POINTS = 4000


@dataclass(frozen=True)
class SeenShape:
    """What the pictures of one shape gave.

    Attributes
    ----------
    vectors : (V, Z) float32
    azimuths, elevations, distances : (V,) float64
        Of the estimated cameras; degrees and box units.
    azimuth_errors : (V,) float64
        Degrees, 0 … 180, where the shape is symmetric to the nearest equal azimuth.
    """

    vectors: Float32Array
    azimuths: Float64Array
    elevations: Float64Array
    distances: Float64Array
    azimuth_errors: Float64Array


def validate_images(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    encoder: ImageEncoder,
    views: ViewSet,
    level: float,
    check: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Mean IoU over a few views of some shapes, and the median error of the azimuth.

    Parameters
    ----------
    network, bottleneck, encoder
        In evaluation mode.
    views : ViewSet
    level : float
        Logit at which surfaces lie.
    check : callable
        Called for every shape; may raise to stop.
    """
    ious: list[float] = []
    errors: list[float] = []
    for index, chosen, queries, inside in _validated(views, check):
        seen = see_shape(encoder, views, index, chosen)
        errors.extend(seen.azimuth_errors)
        for vector in torch.from_numpy(seen.vectors):
            found = occupied(network, bottleneck, vector, queries, level)
            ious.append(intersection_over_union(found, inside))
    return {"iou": float(np.mean(ious)), "azimuth_error": float(np.median(errors))}


@torch.no_grad()
def validate_image_network(
    network: OccupancyNetwork, views: ViewSet, check: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """Mean IoU of a network that sees pictures itself, at the threshold that is best for it.

    Parameters
    ----------
    network : OccupancyNetwork
        In evaluation mode.
    views : ViewSet
    check : callable
        Called for every shape; may raise to stop.

    Returns
    -------
    dict with ``iou`` and ``threshold`` (a probability).
    """
    levels = [float(np.log(t / (1 - t))) for t in THRESHOLDS]
    device = next(network.parameters()).device
    ious = []
    for index, chosen, queries, inside in _validated(views, check):
        stored = views[index]
        images = as_images([plain_input(stored[number], network.side) for number in chosen])
        codes = network.encode(images.to(device))
        for number in range(len(chosen)):
            code = {name: tensor[number : number + 1] for name, tensor in codes.items()}
            logits = logits_of(network, code, queries)
            ious.append([intersection_over_union(logits > level, inside) for level in levels])
    means = np.mean(ious, axis=0)
    best = int(means.argmax())
    return {"iou": float(means[best]), "threshold": float(THRESHOLDS[best])}


@torch.no_grad()
def occupied(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    vector: torch.Tensor,
    queries: Float32Array,
    level: float,
) -> BoolArray:
    """Whether queries (M, 3) lie inside the shape of a vector (Z,)."""
    device = next(bottleneck.parameters()).device
    logits = logits_of(network, bottleneck.decode(vector[None].to(device)), queries)
    inside: BoolArray = logits > level
    return inside


@torch.no_grad()
def see_shape(encoder: ImageEncoder, views: ViewSet, index: int, chosen: list[int]) -> SeenShape:
    """Encode some views of a shape and compare the cameras with those that took them."""
    stored = views[index]
    pictures = [stored[number] for number in chosen]
    images = as_images([plain_input(view, encoder.pixels) for view in pictures])
    device = next(encoder.parameters()).device
    vectors, cameras = encoder(images.to(device))
    azimuth, elevation, distance = (
        part.double().cpu().numpy() for part in camera_angles(cameras.float())
    )
    true = np.array([view.camera.azimuth for view in pictures])
    period = 360.0 / symmetry_order(views, index)
    off = np.abs(azimuth - true) % period
    return SeenShape(
        vectors.float().cpu().numpy(),
        azimuth,
        elevation,
        distance,
        np.minimum(off, period - off),
    )


def _validated(
    views: ViewSet, check: Callable[[], None]
) -> Iterator[tuple[int, list[int], Float32Array, BoolArray]]:
    """Numbers of some shapes and of some of their views, labelled queries for each shape."""
    for index in views.usable[:: -(-len(views) // MOST_VALIDATED)]:
        check()
        count = len(views[index])
        chosen = [round(number * count / _VIEWS) for number in range(min(_VIEWS, count))]
        rng = np.random.default_rng(index)
        yield index, chosen, *uniform_queries(views.shapes[index], _QUERIES, rng)


def symmetry_order(views: ViewSet, index: int) -> int:
    """Count the turns about the vertical after which a shape looks as before.

    8 stands for round ones, whose azimuth means nothing beyond that.
    """
    surface = torch.from_numpy(views.shapes[index]["surface"][:_SYMMETRY_POINTS].astype(np.float32))
    half = len(surface) // 2
    moved, still = surface[:half], surface[half:]
    apart = float(torch.cdist(moved, still).amin(1).mean())
    order = 1
    for turns in _SYMMETRIES:
        angle = 2 * math.pi / turns
        turn = torch.tensor(
            [
                [math.cos(angle), 0.0, -math.sin(angle)],
                [0.0, 1.0, 0.0],
                [math.sin(angle), 0.0, math.cos(angle)],
            ]
        )
        if float(torch.cdist(moved @ turn, still).amin(1).mean()) <= apart + _SYMMETRIC:
            order = turns
    return order
