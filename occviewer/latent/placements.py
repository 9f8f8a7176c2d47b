"""Placements between placements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from occviewer.placement import Placement


def blended_placement(placements: Sequence[Placement], weights: Sequence[float]) -> Placement:
    """Mix placements: centres linearly, scales geometrically, rotations on the shortest arc.

    Parameters
    ----------
    placements : sequence of Placement
        At least one.
    weights : sequence of float
        Divided by their sum; negative ones count as 0, for nothing turns beyond its ends.
    """
    shares = np.clip(np.asarray(weights, np.float64), 0, None)
    if shares.sum() <= 0:
        shares[:] = 1.0
    shares = shares / shares.sum()
    centre = sum(
        (share * one.centre for one, share in zip(placements, shares, strict=True)), np.zeros(3)
    )
    scale = np.exp(sum(s * np.log(one.scale) for one, s in zip(placements, shares, strict=True)))
    rotation, total = placements[0].rotation, shares[0]
    for one, share in zip(placements[1:], shares[1:], strict=True):
        if share > 0:
            total += share
            rotation = _between(rotation, one.rotation, share / total)
    return Placement(rotation, float(scale), centre)


def _between(
    first: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    second: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    share: float,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Turn a share of the way from one rotation (3, 3) to another (Shoemake, 1985)."""
    ends = Rotation.from_matrix(np.stack([first, second]))
    matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = Slerp([0, 1], ends)(
        share
    ).as_matrix()
    return matrix
