"""What is wrong with a cloud: duplicates and outliers. Everything returns masks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from occviewer.arrays import BoolArray, Float64Array, extremes

_QUERY_ROWS = 200_000
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def first_of_duplicates(points: Float64Array, distance: float = 0.0) -> BoolArray:
    """Mark each point that repeats no earlier one.

    Parameters
    ----------
    points : (N, 3) float64
        Finite.
    distance : float
        0 compares coordinates exactly. Above, points count as one when they fall
        into the same cell of a grid with this spacing (world units), so none that
        are further apart than √3 times the distance are merged; two close points on
        either side of a cell's wall stay both.

    Returns
    -------
    (N,) bool
    """
    low, high = extremes(points)
    # Beyond 2^53 cells the grid is finer than the numbers themselves.
    exact = distance <= 0 or float((high - low).max()) / 2**53 >= distance

    def column(axis: int) -> Float64Array:
        values = points[:, axis] if exact else np.floor((points[:, axis] - low[axis]) / distance)
        return np.asarray(values + 0.0)  # turns -0.0 into 0.0, which has other bits

    hashes = _hash_rows(map(column, range(3)))
    ordered_hashes = np.sort(hashes)
    if not (ordered_hashes[1:] == ordered_hashes[:-1]).any():
        return np.ones(len(points), bool)  # the usual case, without the slower argsort
    del ordered_hashes
    # Equal rows have equal hashes, so they stand beside each other, the first one in
    # front; the comparison of neighbours keeps different rows of equal hash apart.
    order = np.argsort(hashes, kind="stable")
    del hashes
    first = np.zeros(len(points), bool)
    first[0] = True
    for axis in range(3):
        ordered = column(axis)[order]
        first[1:] |= ordered[1:] != ordered[:-1]
    mask = np.empty(len(points), bool)
    mask[order] = first
    return mask


def statistical_outliers(
    points: Float64Array, neighbours: int = 16, ratio: float = 2.0
) -> BoolArray:
    """Mark points whose neighbours are unusually far away.

    The mean distance to the nearest neighbours is compared with its mean plus
    `ratio` standard deviations over the cloud (Rusu et al., "Towards 3D Point Cloud
    Based Object Maps for Household Environments", 2008, section 4.1).

    Parameters
    ----------
    points : (N, 3) float64
        Finite.
    neighbours : int
        Number of neighbours of each point, at least 1.
    ratio : float
        Standard deviations above the mean at which a point is an outlier.

    Returns
    -------
    (N,) bool
        All False for clouds with no more points than neighbours.
    """
    from scipy.spatial import cKDTree

    if len(points) <= neighbours:
        return np.zeros(len(points), bool)
    # Around the origin and of size 1: squared distances of large coordinates lose digits.
    centred = points - np.median(points, axis=0)
    centred /= float(np.abs(centred).max()) or 1.0
    tree = cKDTree(centred)
    means = np.empty(len(points))
    for start in range(0, len(points), _QUERY_ROWS):
        part = centred[start : start + _QUERY_ROWS]
        distances, _ = tree.query(part, k=neighbours + 1)
        means[start : start + _QUERY_ROWS] = distances[:, 1:].mean(axis=1)
    return np.asarray(means > means.mean() + ratio * means.std())


def _hash_rows(columns: Iterable[Float64Array]) -> npt.NDArray[np.uint64]:
    """64-bit hashes of the bits of rows given by columns (N,); equal rows, equal hashes."""
    hashed: npt.NDArray[np.uint64] | None = None
    for column in columns:
        bits = column.view(np.uint64)
        hashed = bits + _GOLDEN if hashed is None else hashed + bits + _GOLDEN
        # The finalizer of SplitMix64 (Steele et al. 2014) spreads every bit over all.
        hashed ^= hashed >> np.uint64(30)
        hashed *= np.uint64(0xBF58476D1CE4E5B9)
        hashed ^= hashed >> np.uint64(27)
        hashed *= np.uint64(0x94D049BB133111EB)
        hashed ^= hashed >> np.uint64(31)
    assert hashed is not None
    return hashed
