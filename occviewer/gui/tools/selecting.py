"""Which points lie in a drawn outline or under a brush. Numbers only, no Qt."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import BoolArray, Float32Array, Float64Array, IntArray


def in_polygon(pixels: Float32Array, polygon: npt.ArrayLike) -> BoolArray:
    """Find points inside a drawn outline.

    An outline may be concave and cross itself: inside is what it goes around (winding
    number other than 0), so that a loop drawn past its beginning leaves no hole.

    Parameters
    ----------
    pixels : (N, 2) float32
        Points on the screen; NaN for those that are not seen.
    polygon : (M, 2)
        Corners of the outline; it is closed from the last to the first.

    Returns
    -------
    (N,) bool
    """
    corners = np.asarray(polygon, np.float64).reshape(-1, 2)
    inside = np.zeros(len(pixels), bool)
    if len(corners) < 3:
        return inside
    candidates = _within(pixels, corners.min(0), corners.max(0))
    # By rows, so that each edge meets only the points beside it: the work is that of a
    # few passes over the points, however many edges a freehand outline has.
    rows = _row(pixels[candidates, 1])
    order = np.argsort(rows, kind="stable")
    candidates, rows = candidates[order], rows[order]
    x, y = (pixels[candidates, axis].astype(np.float64) for axis in (0, 1))
    winding = np.zeros(len(candidates), np.int32)
    ends = np.roll(corners, -1, axis=0)
    lows, highs = np.minimum(corners, ends)[:, 1], np.maximum(corners, ends)[:, 1]
    firsts = np.searchsorted(rows, _row(lows), "left").tolist()
    lasts = np.searchsorted(rows, _row(highs), "right").tolist()
    edges = zip(corners, ends, lows, highs, firsts, lasts, strict=True)
    for start, end, low, high, first, last in edges:
        if low == high or first == last:
            continue
        px, py = x[first:last], y[first:last]
        crossing = start[0] + (py - start[1]) * ((end[0] - start[0]) / (end[1] - start[1]))
        meets = (py >= low) & (py < high) & (px < crossing)
        if end[1] > start[1]:
            winding[first:last] += meets
        else:
            winding[first:last] -= meets
    inside[candidates[winding != 0]] = True
    return inside


def near_path(pixels: Float32Array, path: npt.ArrayLike, radius: float) -> BoolArray:
    """Find points under a brush that was drawn along a path.

    Parameters
    ----------
    pixels : (N, 2) float32
        Points on the screen; NaN for those that are not seen.
    path : (M, 2)
        Where the middle of the brush was, one place after the other.
    radius : float
        Of the brush, pixels.

    Returns
    -------
    (N,) bool
    """
    places = np.asarray(path, np.float64).reshape(-1, 2)
    near = np.zeros(len(pixels), bool)
    starts = places[:-1] if len(places) > 1 else places
    ends = places[1:] if len(places) > 1 else places
    for start, end in zip(starts, ends, strict=True):
        low, high = np.minimum(start, end) - radius, np.maximum(start, end) + radius
        candidates = _within(pixels, low, high)
        distance = distance_to_line(pixels[candidates].astype(np.float64), start, end)
        near[candidates[distance <= radius]] = True
    return near


def distance_to_line(points: Float64Array, start: Float64Array, end: Float64Array) -> Float64Array:
    """Distances (N,) of points (N, 2) from the line between two ends (2,)."""
    way = end - start
    length = float(way @ way)
    share = np.zeros(len(points)) if length == 0 else ((points - start) @ way / length).clip(0, 1)
    return np.asarray(np.linalg.norm(points - (start + share[:, None] * way), axis=1))


def _row(y: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int16]:
    """Name rows of pixels; so far out that no screen has them, all are one."""
    rows: npt.NDArray[np.int16] = np.floor(y).clip(-30_000, 30_000).astype(np.int16)
    return rows


def _within(pixels: Float32Array, low: Float64Array, high: Float64Array) -> IntArray:
    """Find points (indices) in a rectangle of the screen, borders included; NaN is outside."""
    x, y = pixels[:, 0], pixels[:, 1]
    return np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
