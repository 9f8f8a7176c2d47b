"""From a cloud of the world to the points that an encoder is given."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array
from occviewer.errors import ObservationError
from occviewer.models.info import ModelInfo
from occviewer.observations import FEWEST_POINTS, PointCloud, require_usable
from occviewer.placement import Placement

# More points than this say nothing more about a shape of this resolution.
_MOST_POINTS = 200_000


def prepared(cloud: PointCloud, seed: int) -> PointCloud:
    """Leave out duplicates and stray points, and so many that it does not take long.

    Raises
    ------
    ObservationError
        Too few different points are left.
    """
    usable = require_usable(cloud).subsampled(_MOST_POINTS, seed)
    return require_usable(usable.cleaned(outliers="auto"))


def inside_box(
    cloud: PointCloud,
    placement: Placement,
    bounds: tuple[tuple[float, float, float], tuple[float, float, float]],
) -> tuple[Float32Array, Float32Array | None]:
    """Points (N, 3) that lie in the box, box frame, and their normals where there are any.

    Raises
    ------
    ObservationError
        They are too few.
    """
    low, high = np.array(bounds)
    points = placement.to_box(cloud.points)
    inside = ((points >= low) & (points <= high)).all(axis=1)
    if inside.sum() < FEWEST_POINTS:
        raise ObservationError(
            f"With this placement only {int(inside.sum())} of {len(points):,} points lie in "
            "the model's box; place the cloud there."
        )
    if cloud.normals is None:
        return points[inside], None
    return points[inside], placement.directions_to_box(cloud.normals[inside])


def drawn_points(points: Float32Array, wanted: int, info: ModelInfo, seed: int) -> Float32Array:
    """Draw as many box points (wanted, 3) as an encoder is to have.

    Where there are too few, every point is taken equally often (but for the rest) and
    copies are moved by the noise that the model knows, as they were in training.
    """
    rng = np.random.default_rng(seed)
    if len(points) >= wanted:
        chosen: Float32Array = points[rng.choice(len(points), wanted, replace=False)]
        return chosen
    order = [rng.permutation(len(points)) for _ in range(-(-wanted // len(points)))]
    chosen = points[np.concatenate(order)[:wanted]]
    copies = chosen[len(points) :]
    copies += rng.normal(scale=info.noise, size=copies.shape).astype(np.float32)
    np.clip(copies, *np.array(info.bounds), out=copies)
    return chosen
