"""The cautious rule that finds points which clearly do not belong to a scan."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, IntArray

_FEWEST_POINTS = 50
_BODY_SHARE = 0.02
_MOST_STRAYS = 0.05
_LINK_SPACINGS = 10.0
_LINK_OF_DIAGONAL = 0.07
_FAR_OF_DIAGONAL = 0.25
_LONE_POINTS = 3
_LONE_FACTOR = 2.0
_CELLS_PER_LINK = 2
_SAMPLE = 50_000
_CELL_LIMIT = 1 << 19  # per side: the cells of three axes must count in 63 bits
_MOST_CELLS = 100_000
_DENSE_CELLS = 1 << 22


def stray_points(points: Float64Array) -> BoolArray:
    """Mark the few points that clearly do not belong to the scan; often none.

    This is the rule behind ``outliers="auto"``. Points are linked into groups across
    gaps of up to ten times the typical spacing and at least 7 % of the diagonal of the
    middle 95 % of the points. Groups with more than 2 % of the points are the body of
    the scan. Two kinds of groups are stray:

    - *far* ones, which spoil the bounding box. The body takes in the groups within a
      quarter of the diagonal of its box, over and over, as its box grows by them; what
      it never reaches is far. A scan that thins out with the distance is reached.
    - *lone* ones, specks of at most three points in the air, whose gap to anything else
      is more than twice the largest spacing of points that are not lone.

    A thin part of a scan is linked to the rest, or its pieces are reached and have more
    than three points; it stays. Nothing is marked in clouds of fewer than 50 points, or
    when more than 5 % would go: such a cloud is scattered rather than dirty.

    Parameters
    ----------
    points : (N, 3) float64
        Finite.

    Returns
    -------
    (N,) bool
    """
    nothing = np.zeros(len(points), bool)
    if len(points) < _FEWEST_POINTS:
        return nothing
    sample = _thinned(points)
    low, middle, high = np.percentile(points[sample], (2.5, 50, 97.5), axis=0)
    diagonal = float(np.linalg.norm(high - low))
    if not diagonal > 0:
        return nothing
    spacings = _spacings(points[sample], middle)
    typical = float(np.median(spacings[spacings > 0])) if (spacings > 0).any() else 0.0
    link = max(_LINK_SPACINGS * typical, _LINK_OF_DIAGONAL * diagonal)
    side = link / _CELLS_PER_LINK
    cells, cell_of_point, counts = _occupied_cells(points, middle, side)
    if len(cells) > _MOST_CELLS:
        return nothing
    groups = _linked(cells)
    sizes = np.bincount(groups, weights=counts)
    body = sizes > _BODY_SHARE * len(points)
    if not body.any():
        return nothing
    lone = ~body & (sizes <= _LONE_POINTS)
    if lone.any():
        usual = spacings[~lone[groups][cell_of_point[sample]]]
        enough = _LONE_FACTOR * float(usual.max(initial=0.0))
        lone &= _gaps_around(cells, groups, lone) * side > enough
    stray = lone | _out_of_reach(cells, groups, body)
    marked = stray[groups][cell_of_point]
    return marked if marked.sum() <= _MOST_STRAYS * len(points) else nothing


def _thinned(points: Float64Array) -> IntArray:
    """Draw the indices of at most `_SAMPLE` points, drawn evenly.

    A sample has wider spacing than the cloud, which makes the rule more cautious.
    """
    if len(points) <= _SAMPLE:
        return np.arange(len(points))
    return np.random.default_rng(0).choice(len(points), _SAMPLE, replace=False)


def _spacings(points: Float64Array, middle: Float64Array) -> Float64Array:
    """Distance of each point to its nearest neighbour (N,)."""
    from scipy.spatial import cKDTree

    centred = points - middle
    # Squares of coordinates must stay within the range of floats.
    scale = float(np.abs(centred).max()) or 1.0
    distances, _ = cKDTree(centred / scale).query(centred / scale, k=2)
    return np.asarray(distances[:, 1] * scale)


def _occupied_cells(
    points: Float64Array, middle: Float64Array, side: float
) -> tuple[IntArray, IntArray, IntArray]:
    """Cells (C, 3) that hold points, the cell of each point (N,), points per cell (C,)."""
    index = np.empty((3, len(points)), np.int32)
    for axis in range(3):
        # Anything half a million cells away is as far as far can be.
        cell = np.floor((points[:, axis] - middle[axis]) / side)
        index[axis] = np.clip(cell, -_CELL_LIMIT, _CELL_LIMIT - 1)
    low = index.min(axis=1).astype(np.int64)
    _, second, third = size = index.max(axis=1) - low + 1
    keys = index[0].astype(np.int64) - low[0]
    keys *= second
    keys += index[1] - low[1]
    keys *= third
    keys += index[2] - low[2]
    total = int(size[0]) * int(second) * int(third)
    if total <= _DENSE_CELLS:
        # Counting every cell of the box is far quicker than sorting many points.
        all_counts = np.bincount(keys, minlength=total)
        unique = np.flatnonzero(all_counts)
        counts = all_counts[unique]
        number = np.empty(total, np.int64)
        number[unique] = np.arange(len(unique))
        inverse = number[keys]
    else:
        unique, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return np.stack(np.unravel_index(unique, tuple(size.tolist())), axis=1), inverse, counts


def _linked(cells: IntArray) -> IntArray:
    """Group number of each cell; cells whose points can be within the link are one group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    reach = _CELLS_PER_LINK + np.sqrt(3.0)
    pairs = cKDTree(cells).query_pairs(reach, output_type="ndarray")
    ones = np.ones(len(pairs), bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(cells), len(cells)))
    return np.asarray(connected_components(graph, directed=False)[1])


def _gaps_around(cells: IntArray, groups: IntArray, lone: BoolArray) -> Float64Array:
    """Distance in cells, at least, from each lone group to all others; 0 for the rest."""
    from scipy.spatial import cKDTree

    gaps = np.zeros(len(lone))
    chosen = np.flatnonzero(lone[groups])
    # A lone group has as many cells as points at most, so one further cell is another's.
    nearest = min(_LONE_POINTS + 1, len(cells))
    distances, others = cKDTree(cells).query(cells[chosen], k=nearest)
    distances[groups[others] == groups[chosen][:, None]] = np.inf
    gaps[lone] = np.inf
    np.minimum.at(gaps, groups[chosen], np.maximum(distances.min(axis=1) - np.sqrt(3.0), 0.0))
    return gaps


def _out_of_reach(cells: IntArray, groups: IntArray, body: BoolArray) -> BoolArray:
    """Mark the groups that a body, growing by what is near it, never reaches."""
    from scipy.spatial import cKDTree

    reached = body.copy()
    while not reached.all():
        inside = reached[groups]
        box = np.ptp(cells[inside], axis=0) + 1
        reach = _FAR_OF_DIAGONAL * float(np.linalg.norm(box)) + np.sqrt(3.0)
        distances, _ = cKDTree(cells[inside]).query(cells[~inside])
        near = np.unique(groups[~inside][distances <= reach])
        if not len(near):
            break
        reached[near] = True
    return ~reached
