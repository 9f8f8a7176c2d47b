"""Which pixels triangles cover, and where in the triangles those pixels lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from occviewer.arrays import FloatArray, IntArray

_CANDIDATES = 400_000  # pixels looked at at a time, so that no step takes long


@dataclass(frozen=True, eq=False)
class Covered:
    """Pixels that triangles cover, one entry for each pair of them.

    Attributes
    ----------
    triangles : (N,) int
    rows, columns : (N,) int
    shares : (N, 3) float64
        Barycentric coordinates of the pixel's middle in the triangle.
    """

    triangles: IntArray
    rows: IntArray
    columns: IntArray
    shares: FloatArray


def rasterised(corners: FloatArray, width: int, height: int) -> Iterator[Covered]:
    """Find the pixels whose middle lies in triangles, some triangles at a time.

    Parameters
    ----------
    corners : (F, 3, 2) float
        In pixels to the right of the left edge and below the upper edge; what lies beyond the
        picture is left out.
    width, height : int
    """
    corners = corners.astype(np.float64)
    first = np.floor(corners.min(1) - 0.5).astype(int) + 1  # the first middle at or after it
    last = np.floor(corners.max(1) - 0.5).astype(int)
    first, last = np.maximum(first, 0), np.minimum(last, (width - 1, height - 1))
    spans = np.maximum(last - first + 1, 0)
    counts = spans[:, 0] * spans[:, 1]
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(corners):
        done = ends[begin - 1] if begin else 0
        end = max(int(np.searchsorted(ends, done + _CANDIDATES, side="right")), begin + 1)
        yield _inside(corners, first, spans, counts, np.arange(begin, end))
        begin = end


def _inside(
    corners: FloatArray, first: IntArray, spans: IntArray, counts: IntArray, chosen: IntArray
) -> Covered:
    triangles = np.repeat(chosen, counts[chosen])
    starts = np.repeat(np.cumsum(counts[chosen]) - counts[chosen], counts[chosen])
    number = np.arange(len(triangles)) - starts
    down, across = np.divmod(number, np.maximum(spans[triangles, 0], 1))
    columns, rows = first[triangles, 0] + across, first[triangles, 1] + down
    a, b, c = corners[triangles].transpose(1, 0, 2)
    point = np.stack([columns + 0.5, rows + 0.5], 1)
    area = _cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        at_b, at_c = _cross(point - a, c - a) / area, _cross(b - a, point - a) / area
    shares = np.stack([1 - at_b - at_c, at_b, at_c], 1)
    kept = (shares >= -1e-9).all(1)  # never where the area is 0, since NaN is not
    return Covered(triangles[kept], rows[kept], columns[kept], shares[kept])


def _cross(one: FloatArray, other: FloatArray) -> FloatArray:
    product: FloatArray = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return product
