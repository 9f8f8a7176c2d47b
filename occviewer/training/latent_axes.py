"""The axes of a latent space: the directions in which the training shapes differ most."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from occviewer.errors import DataError
from occviewer.networks import PointCloudNetwork
from occviewer.networks.bottleneck import CENTRES, Bottleneck
from occviewer.training.dataset import ShapeSet, shape_weights
from occviewer.training.latent_scores import logits_of
from occviewer.training.observing import observe

MOST_SHAPES = 1800
"""Shapes that the axes are measured on; of more, as many are drawn."""

RANGE = (0.01, 0.99)
"""Quantiles of the shapes between which sliders run."""

_QUERIES = 4096
_SMALLEST_VARIANCE = 1e-6  # of the largest; what varies less is noise
_KIND_AXES = 32  # along which shapes are sorted into kinds
_ROUNDS = 50
_SHAPES_A_KIND = 12


@torch.no_grad()
def measure_axes(
    network: PointCloudNetwork,
    bottleneck: Bottleneck,
    shapes: ShapeSet,
    weights: Mapping[str, float],
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write axes, ranges and the prior of the training shapes into a bottleneck.

    Shapes are taken whole and as they are, without variation. Axes lead through their
    outlines; what a shape has beside its outline it keeps wherever it is moved to.

    Parameters
    ----------
    network, bottleneck
        In evaluation mode, on the same device.
    shapes : ShapeSet
        Those that were trained on.
    weights : mapping of str to float
        How often shapes of a category or a library are drawn, relative to 1.
    seed : int
    progress : callable
        Told how many of how many shapes are done; may raise to stop.

    Raises
    ------
    DataError
        There are fewer than two shapes that count.
    """
    require_several(shapes, weights)
    rng = np.random.default_rng(seed)
    device = next(network.parameters()).device
    queries = rng.uniform(-0.55, 0.55, (_QUERIES, 3)).astype(np.float32)
    chosen = _drawn(shapes, weights, rng)
    vectors, occupancies = [], []
    for number, index in enumerate(chosen):
        points = observe(shapes[index], "whole", network.point_count, 0.0, rng)
        features = network.encode(torch.from_numpy(points).to(device)[None])
        z = bottleneck.encode({name: tensor.float() for name, tensor in features.items()})
        vectors.append(z[0, : bottleneck.outline].cpu().double())
        z[:, bottleneck.outline :] = 0  # what all shapes of this outline have in common
        logits = torch.from_numpy(logits_of(network, bottleneck.decode(z), queries))
        occupancies.append(torch.sigmoid(logits.double()))
        progress(number + 1, len(chosen))
    mean, basis, coordinates, shares = principal_axes(
        torch.stack(vectors), torch.stack(occupancies)
    )
    limits = torch.tensor(RANGE, dtype=torch.float64)
    bottleneck.prior_mean.zero_()[: bottleneck.outline] = mean
    bottleneck.basis.zero_()[: bottleneck.outline] = basis
    bottleneck.ranges.copy_(coordinates.quantile(limits, dim=0))
    bottleneck.shares.copy_(shares)
    centres, chances, spread = kinds_of_shapes(coordinates, shares, seed)
    # What is not needed of the buffer has no chance.
    bottleneck.centres.zero_()[: len(centres)] = centres
    bottleneck.chances.zero_()[: len(chances)] = chances
    bottleneck.spread.copy_(spread)


def require_several(shapes: ShapeSet, weights: Mapping[str, float]) -> None:
    """Refuse a set of which fewer than two shapes have a weight.

    Raises
    ------
    DataError
        There are no two shapes for an axis to lead from one to the other.
    """
    counting = int((shape_weights(shapes.records, weights) > 0).sum())
    if counting < 2:
        left = "" if counting == len(shapes) else " (the others have the weight 0)"
        raise DataError(
            f"A single training shape{left} spans no latent space: give a larger data set."
            if counting
            else "The weights of the model's recipe leave no shape to train on."
        )


def principal_axes(vectors: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Axes of a space of vectors, ordered by how much they change what is seen.

    The numbers of a variational autoencoder's vector all vary about equally, so that principal
    components of it come in no useful order. The vectors are therefore whitened,
    and the axes are the directions there that explain most of the variance of the shapes:
    reduced-rank regression (Izenman, 1975) of occupancies on ``z``.

    Parameters
    ----------
    vectors : (N, Z) Tensor
        Of the shapes.
    seen : (N, Q) Tensor
        Occupancy of the shapes at Q places.

    Returns
    -------
    mean : (Z,) Tensor
    basis : (Z, Z) Tensor
        A column an axis, one standard deviation long, the most important first. Its sign is
        such that the positive direction fills more of the box.
    coordinates : (N, Z) Tensor
        Of the vectors along the axes, in standard deviations.
    shares : (Z,) Tensor
        Share of the variance of what is seen that each axis explains.
    """
    mean = vectors.mean(0)
    centred = vectors - mean
    _, lengths, directions = torch.linalg.svd(centred, full_matrices=False)
    if len(directions) < vectors.shape[1]:  # fewer shapes than numbers: the rest is any direction
        directions = _completed(directions)
        lengths = torch.cat([lengths, lengths.new_zeros(len(directions) - len(lengths))])
    deviations = lengths / (len(vectors) - 1) ** 0.5
    floor = (_SMALLEST_VARIANCE**0.5 * deviations.max()).clamp(min=1e-12)
    deviations = torch.maximum(deviations, floor)
    white = centred @ directions.T / deviations
    differences = seen - seen.mean(0)
    together = white.T @ differences / (len(vectors) - 1)
    # The left singular vectors, through the small one of the two Gram matrices.
    values, axes = torch.linalg.eigh(together @ together.T)
    values, axes = values.flip(0).clamp(min=0), axes.flip(1)
    axes = axes * _signs(axes.T @ together.sum(1))
    variance = differences.square().sum() / (len(vectors) - 1)
    basis = directions.T @ (deviations[:, None] * axes)
    return mean, basis, white @ axes, values / variance.clamp(min=1e-12)


def kinds_of_shapes(
    coordinates: Tensor, shares: Tensor, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """Sort shapes into kinds by where they lie along the axes: k-means (Lloyd, 1982).

    Chairs and cupboards lie in different places of the space, with little between them. A
    mixture of normal distributions says so, one for all shapes does not.

    Parameters
    ----------
    coordinates : (N, Z) Tensor
        Of the shapes along the axes.
    shares : (Z,) Tensor
        How much each axis changes shapes.
    seed : int

    Returns
    -------
    centres : (K, Z) Tensor
        At most `CENTRES`, fewer where there are few shapes.
    chances : (K,) Tensor
        Share of the shapes that are of each kind.
    spread : (Z,) Tensor
        Standard deviation within a kind along each axis.
    """
    seen = coordinates[:, :_KIND_AXES] * shares[:_KIND_AXES].clamp(min=0).sqrt()
    count = max(1, min(CENTRES, len(seen) // _SHAPES_A_KIND))
    generator = torch.Generator().manual_seed(seed)
    means = _far_apart(seen, count, generator)
    for _ in range(_ROUNDS):
        kind = torch.cdist(seen, means).argmin(1)
        means = _means(seen, kind, means)
    kind = torch.cdist(seen, means).argmin(1)
    sizes = torch.bincount(kind, minlength=count)
    used = sizes > 0
    centres = _means(coordinates, kind, coordinates.new_zeros(count, coordinates.shape[1]))
    spread = (coordinates - centres[kind]).square().mean(0).sqrt()
    return centres[used], sizes[used].to(coordinates) / len(coordinates), spread


def _far_apart(points: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Choose points to begin with: k-means++ (Arthur and Vassilvitskii, 2007)."""
    chosen = [int(torch.randint(len(points), (1,), generator=generator))]
    nearest = torch.full((len(points),), float("inf"), dtype=points.dtype)
    while len(chosen) < count:
        nearest = torch.minimum(nearest, (points - points[chosen[-1]]).square().sum(1))
        chances = nearest if nearest.sum() > 0 else torch.ones_like(nearest)
        chosen.append(int(torch.multinomial(chances, 1, generator=generator)))
    return points[chosen]


def _means(points: Tensor, kind: Tensor, otherwise: Tensor) -> Tensor:
    """Mean of the points of each kind (K, ...); of a kind without points as it was."""
    sums = torch.zeros_like(otherwise).index_add_(0, kind, points)
    sizes = torch.bincount(kind, minlength=len(otherwise))[:, None]
    return torch.where(sizes > 0, sums / sizes.clamp(min=1), otherwise)


def _drawn(shapes: ShapeSet, weights: Mapping[str, float], rng: np.random.Generator) -> list[int]:
    weight = shape_weights(shapes.records, weights)
    counting = np.flatnonzero(weight > 0)
    if len(counting) <= MOST_SHAPES:
        return [int(index) for index in counting]
    shares = weight[counting] / weight.sum()
    return sorted(int(i) for i in rng.choice(counting, MOST_SHAPES, replace=False, p=shares))


def _completed(rows: Tensor) -> Tensor:
    """Orthonormal rows (R, Z) with as many more as make a square."""
    _, _, whole = torch.linalg.svd(rows, full_matrices=True)
    return torch.cat([rows, whole[len(rows) :]])


def _signs(values: Tensor) -> Tensor:
    return torch.where(values < 0, -1.0, 1.0).to(values.dtype)
