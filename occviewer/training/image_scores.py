"""What an image encoder makes of pictures: surfaces, occupancy and cameras."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from occviewer.arrays import BoolArray, Float32Array
from occviewer.networks import HouseNetwork, OccupancyNetwork
from occviewer.networks.camera_numbers import camera_angles
from occviewer.networks.image_encoder import ImageEncoder
from occviewer.networks.surface_maps import surface_errors
from occviewer.training.dataset import uniform_queries
from occviewer.training.image_augmentation import plain_input
from occviewer.training.image_examples import ViewSet, as_images, shown_surface
from occviewer.training.latent_scores import logits_of
from occviewer.training.symmetry import azimuth_error
from occviewer.training.validation import THRESHOLDS, intersection_over_union

MOST_VALIDATED = 40
"""Shapes of a validation."""

_VIEWS, _QUERIES = 3, 8192
_LENIENCIES, _COST = np.linspace(0, 1, 11), 0.002  # logits, and IoU that they may cost


@torch.no_grad()
def validate_images(
    network: HouseNetwork,
    encoder: ImageEncoder,
    views: ViewSet,
    level: float,
    check: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Score a few views of some shapes.

    Parameters
    ----------
    network, encoder
        In evaluation mode.
    views : ViewSet
    level : float
        Logit at which surfaces lie.
    check : callable
        Called for every shape; may raise to stop.

    Returns
    -------
    dict with ``iou``, the mean; ``entry`` and ``exit``, medians of how far the points seen lie
    from where they should, box units, where the views have depths; ``azimuth_error``, median
    in degrees.
    """
    device = next(encoder.parameters()).device
    scores: dict[str, list[float]] = {"iou": [], "azimuth_error": []}
    for index, chosen, queries, inside in _validated(views, check):
        pictures = [views[index][number] for number in chosen]
        inputs = [plain_input(view, encoder.pixels) for view in pictures]
        maps, cameras = encoder.see(as_images([image for image, _ in inputs]).to(device))
        features = encoder.cloud(encoder.points(maps, cameras))
        azimuths = camera_angles(cameras.float())[0].tolist()
        order = views.symmetry(index)
        for number, view in enumerate(pictures):
            code = {name: tensor[number : number + 1] for name, tensor in features.items()}
            logits = logits_of(network, code, queries)
            scores["iou"].append(intersection_over_union(logits > level, inside))
            error = azimuth_error(azimuths[number], view.camera.azimuth, order)
            scores["azimuth_error"].append(error)
            if views[index].has_depths:
                wanted = shown_surface(view, inputs[number][1], encoder.pixels // 2)
                one = slice(number, number + 1)
                errors = surface_errors(maps[one].cpu(), torch.from_numpy(wanted)[None])
                for name, values in zip(("entry", "exit"), errors, strict=True):
                    scores.setdefault(name, []).extend(values[::16].tolist())
    iou = float(np.mean(scores.pop("iou")))
    return {"iou": iou, **{name: float(np.median(values)) for name, values in scores.items()}}


@torch.no_grad()
def measured_leniency(
    network: HouseNetwork,
    encoder: ImageEncoder,
    views: ViewSet,
    level: float,
    check: Callable[[], None] = lambda: None,
) -> float:
    """Find how much less sure shapes of pictures may be asked for.

    Legs whose depth is uncertain are likely nowhere enough, and would be missing.

    Parameters
    ----------
    network, encoder
        In evaluation mode.
    views : ViewSet
        For validation.
    level : float
        Logit at which the model's surfaces lie.
    check : callable
        Called for every shape; may raise to stop.

    Returns
    -------
    float
        The most logits, of 0, 0.1 … 1, that cost the mean IoU no more than 0.002.
    """
    device = next(encoder.parameters()).device
    ious = []
    for index, chosen, queries, inside in _validated(views, check):
        images = as_images(
            [plain_input(views[index][number], encoder.pixels)[0] for number in chosen]
        )
        features, _ = encoder(images.to(device))
        for number in range(len(chosen)):
            code = {name: tensor[number : number + 1] for name, tensor in features.items()}
            above = logits_of(network, code, queries) - level
            ious.append([intersection_over_union(above > -less, inside) for less in _LENIENCIES])
    means = np.mean(ious, axis=0)
    return round(float(_LENIENCIES[means >= means[0] - _COST].max()), 1)


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
        images = as_images([plain_input(stored[number], network.side)[0] for number in chosen])
        codes = network.encode(images.to(device))
        for number in range(len(chosen)):
            code = {name: tensor[number : number + 1] for name, tensor in codes.items()}
            logits = logits_of(network, code, queries)
            ious.append([intersection_over_union(logits > level, inside) for level in levels])
    means = np.mean(ious, axis=0)
    best = int(means.argmax())
    return {"iou": float(means[best]), "threshold": float(THRESHOLDS[best])}


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
