"""Simulated observations: what a scanner would have seen of a training shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, IntArray

Arrays = dict[str, Any]
"""Arrays of one shape, as `occviewer.training.shape_file.load_shape` returns them."""

FEWEST_SEEN = 64
"""Surface samples that a camera must see for its view to be an observation."""

KINDS = ("whole", "half", "view")
"""Kinds of observation: all round, cut by a random plane, seen from one camera."""


@dataclass(frozen=True)
class ObservationMix:
    """How observations are drawn while training.

    Attributes
    ----------
    whole, half, view : float
        Shares of the kinds; they are normalised.
    noise : float
        Largest standard deviation of the noise added to points, in box units; the
        deviation is drawn anew for every cloud.
    fewest : int
        Clouds thin out to this many different points.
    outliers : float
        Largest share of points that are nowhere near the surface.

    Raises
    ------
    ValueError
        When a value is out of its range.
    """

    whole: float = 0.4
    half: float = 0.25
    view: float = 0.35
    noise: float = 0.01
    fewest: int = 500
    outliers: float = 0.005

    def __post_init__(self) -> None:
        shares = (self.whole, self.half, self.view)
        if min(shares) < 0 or sum(shares) <= 0:
            raise ValueError("whole, half and view must be 0 or more, and not all 0")
        if self.noise < 0:
            raise ValueError("noise must be 0 or more")
        if self.fewest < 1:
            raise ValueError("fewest must be at least 1")
        if not 0 <= self.outliers <= 1:
            raise ValueError("outliers must lie between 0 and 1")


def observe(
    shape: Arrays, kind: str, count: int, noise: float, rng: np.random.Generator
) -> Float32Array:
    """Points (count, 3) that one observation of the shape gives, in the shape's frame.

    Parameters
    ----------
    shape : Arrays
        With ``surface``, ``normals``, ``cameras``, ``visible``.
    kind : str
        One of `KINDS`. ``half`` keeps the half of the points on one side of a plane of
        random direction; ``view`` keeps what one random camera sees, denser where the
        surface faces it and where it is near, as a depth camera does.
    count : int
        Number of points; some come several times only where too few are seen, or where
        a camera is so near that it would record a place more than once.
    noise : float
        Standard deviation of Gaussian noise on each coordinate.
    rng : numpy Generator
    """
    surface = shape["surface"].astype(np.float32)
    chosen: IntArray
    if kind == "whole":
        chosen = _choose(rng, len(surface), count)
    elif kind == "half":
        seen = np.flatnonzero(_cut(surface, rng, 0.5))
        chosen = seen[_choose(rng, len(seen), count)]
    elif kind == "view":
        chosen = _view(shape, surface, count, rng)
    else:
        raise ValueError(f"Unknown kind of observation {kind!r}; known are {KINDS}.")
    return _with_noise(surface[chosen], noise, rng)


def observe_randomly(
    shape: Arrays, count: int, mix: ObservationMix, rng: np.random.Generator
) -> Float32Array:
    """Points (count, 3) of an observation drawn from the mix, with noise, gaps and outliers."""
    shares = np.array([mix.whole, mix.half, mix.view])
    kind = KINDS[rng.choice(3, p=shares / shares.sum())]
    surface = shape["surface"].astype(np.float32)
    # About half of the clouds are as dense as they can be, the others thinner.
    distinct = int(rng.integers(min(mix.fewest, count), 2 * count))
    chosen: IntArray
    if kind == "half":
        seen = np.flatnonzero(_cut(surface, rng, rng.uniform(0.35, 0.85)))
        chosen = seen[_choose(rng, len(seen), min(distinct, count))]
    elif kind == "view":
        chosen = _view(shape, surface, min(distinct, count), rng)
        if rng.random() < 0.25:  # two scans from two sides
            chosen = np.concatenate([chosen, _view(shape, surface, min(distinct, count), rng)])
    else:
        chosen = _choose(rng, len(surface), min(distinct, count))
    chosen = chosen[_choose(rng, len(chosen), count)]
    points = _with_noise(surface[chosen], mix.noise * rng.random(), rng)
    stray = int(count * mix.outliers * rng.random())
    if stray and rng.random() < 0.3:
        points[:stray] = rng.uniform(-0.5, 0.5, (stray, 3))
    return points


def _with_noise(points: Float32Array, noise: float, rng: np.random.Generator) -> Float32Array:
    return (points + rng.normal(scale=noise, size=points.shape)).astype(np.float32)


def _choose(rng: np.random.Generator, available: int, count: int) -> IntArray:
    """Pick `count` of `available` numbers, without repetition where there are enough."""
    if available >= count:
        return rng.choice(available, count, replace=False)
    return np.concatenate(
        [rng.permutation(available), rng.integers(0, available, count - available)]
    )


def _cut(surface: Float32Array, rng: np.random.Generator, share: float) -> BoolArray:
    """Mask (N,) of the share of the points on one side of a plane of random direction."""
    direction = rng.normal(size=3)
    height = surface @ (direction / np.linalg.norm(direction)).astype(np.float32)
    return np.asarray(height <= np.quantile(height, share))


def _view(shape: Arrays, surface: Float32Array, count: int, rng: np.random.Generator) -> IntArray:
    """Numbers (count,) of the surface samples that one random camera records.

    Of a shape that no camera sees anything of, all samples count as seen.
    """
    camera = _camera(shape["visible"], rng)
    seen = np.flatnonzero(shape["visible"][camera])
    if len(seen) == 0:  # flawed labels of one shape must not end hours of training
        seen = np.arange(len(surface))
    towards = shape["cameras"][camera] - surface[seen]
    distance = np.linalg.norm(towards, axis=1)
    facing = np.abs(np.einsum("ij,ij->i", towards, shape["normals"][seen].astype(np.float32)))
    weight = np.maximum(facing / distance, 0.02) / distance**2
    cumulative = np.cumsum(weight)
    # Systematic sampling: weights are met without the clumps of independent draws.
    at = (np.arange(count) + rng.random()) / count * cumulative[-1]
    chosen: IntArray = seen[np.minimum(np.searchsorted(cumulative, at), len(seen) - 1)]
    return chosen


def _camera(visible: BoolArray, rng: np.random.Generator) -> int:
    """Draw one of the cameras (K, N) that see enough; some look at hardly anything.

    A camera inside a shell or behind a thin leg gives no observation to learn from.
    Where none sees enough, it is the one that sees most.
    """
    counts = np.count_nonzero(visible, axis=1)
    for camera in rng.permutation(len(counts)):
        if counts[camera] >= FEWEST_SEEN:
            return int(camera)
    return int(np.argmax(counts))
