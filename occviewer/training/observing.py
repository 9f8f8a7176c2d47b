"""Simulated observations: what a scanner would have seen of a training shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, IntArray

Arrays = dict[str, Any]
"""Arrays of one shape, as `occviewer.training.shape_file.load_shape` returns them."""

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
    """

    whole: float = 0.4
    half: float = 0.25
    view: float = 0.35
    noise: float = 0.01
    fewest: int = 500
    outliers: float = 0.005


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
        Number of points; drawn with replacement only where too few are seen.
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
    distinct = int(rng.integers(mix.fewest, 2 * count))
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
        # Cheaper than a permutation of all, and as good: duplicates are few and harmless.
        return (
            (rng.random(count) * available).astype(np.int64)
            if available > 4 * count
            else (rng.permutation(available)[:count])
        )
    return np.concatenate(
        [rng.permutation(available), rng.integers(0, available, count - available)]
    )


def _cut(surface: Float32Array, rng: np.random.Generator, share: float) -> BoolArray:
    """Mask (N,) of the share of the points on one side of a plane of random direction."""
    direction = rng.normal(size=3)
    height = surface @ (direction / np.linalg.norm(direction)).astype(np.float32)
    return np.asarray(height <= np.quantile(height, share))


def _view(shape: Arrays, surface: Float32Array, count: int, rng: np.random.Generator) -> IntArray:
    """Numbers (count,) of the surface samples that one random camera records."""
    order = rng.permutation(len(shape["cameras"]))
    for camera in order:
        seen = np.flatnonzero(shape["visible"][camera])
        if len(seen) >= 64:  # some cameras look at hardly anything, from inside a shell
            break
    else:
        seen = np.arange(len(surface))
        camera = order[0]
    towards = shape["cameras"][camera] - surface[seen]
    distance = np.linalg.norm(towards, axis=1)
    facing = np.abs(np.einsum("ij,ij->i", towards, shape["normals"][seen].astype(np.float32)))
    weight = np.maximum(facing / distance, 0.02) / distance**2
    cumulative = np.cumsum(weight)
    # Systematic sampling: weights are met without the clumps of independent draws.
    at = (np.arange(count) + rng.random()) / count * cumulative[-1]
    chosen: IntArray = seen[np.minimum(np.searchsorted(cumulative, at), len(seen) - 1)]
    return chosen
