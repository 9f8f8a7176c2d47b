"""Where on its edge a vertex lies, and the surface's normal there."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, Float64Array, IntArray
from occviewer.extraction.contour import Contour
from occviewer.extraction.field import Asker
from occviewer.extraction.hierarchy import Grid
from occviewer.extraction.refinement import crossings, gradient_normals

# Vertices keep this distance, in cells, from the ends of their edge: no two
# coincide, also where a value is exactly at the level or the box cuts the shape.
_MARGIN = 1e-3


def vertices_and_normals(
    grid: Grid, contour: Contour, asker: Asker, *, normals: bool = True, refine: int = 0
) -> tuple[Float32Array, Float32Array | None]:
    """Vertices (V, 3) float32 in the box frame and their unit normals, or None.

    A vertex lies where the values interpolate to the level. Its normal is the
    downhill gradient of the values: along the edge the difference of its ends,
    across it central differences at both ends, interpolated. These nodes belong
    to the four cells around the edge, which a settled grid knows, so normals ask
    the field nothing.

    Parameters
    ----------
    grid : BrickGrid or DenseGrid
        The finest grid, settled.
    contour : Contour
        Its surface.
    asker : Asker
        Knows the box; asked only for refinement.
    normals : bool
        Whether to compute normals.
    refine : int
        Steps of root finding on the field along each vertex's edge. With any, normals
        are the field's gradient too, at six points a vertex.
    """
    low = asker.corners[0].astype(np.float64)
    cell = (asker.corners[1].astype(np.float64) - low) / grid.cells
    ends = [contour.nodes, contour.nodes + np.eye(3, dtype=np.int64)[:, contour.axes]]
    values = [grid.get(end).astype(np.float64) for end in ends]
    # Padding (-inf) puts the vertex on the border node, i.e. closes the surface there.
    share = _crossing(values[0], values[1])

    closed = ~np.isfinite(values[0] + values[1])
    if refine:
        inner = np.flatnonzero(~closed)
        places = [low + (end.T[inner] - 1.0) * cell for end in ends]
        share[inner] = crossings(
            asker, np.stack(places), np.stack(values)[:, inner], share[inner], refine
        )
        share = np.clip(share, _MARGIN, 1.0 - _MARGIN)

    place = contour.nodes.T - 1.0
    place[np.arange(len(share)), contour.axes] += share
    vertices = (low + place * cell).astype(np.float32)
    if not normals:
        return vertices, None

    gradient = np.zeros_like(place)
    for step in (1, 2):
        across = (contour.axes + step) % 3
        slopes = [_slope(grid, end, across, value) for end, value in zip(ends, values, strict=True)]
        gradient[np.arange(len(share)), across] = slopes[0] + share * (slopes[1] - slopes[0])
    # Where the surface is closed at the border, the lid is flat.
    gradient[closed] = 0.0
    along = np.where(closed, np.where(values[0] > values[1], -1.0, 1.0), values[1] - values[0])
    gradient[np.arange(len(share)), contour.axes] = along
    outward = -gradient / cell
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    directions = outward.astype(np.float32)
    if refine:
        # The lid at the border is no part of the field's surface.
        inner = np.flatnonzero(~closed)
        exact = gradient_normals(asker, vertices[inner], cell)
        told = (exact != 0).any(axis=1)  # a saturated field may have no slope
        directions[inner[told]] = exact[told]
    return vertices, directions


def _crossing(first: Float64Array, second: Float64Array) -> Float64Array:
    """Find the share of the edge after which the values pass zero."""
    # An infinite end makes the other the place: x / (x + inf) is 0.
    first, second = np.abs(first), np.abs(second)
    share = np.where(np.isinf(first), 1.0, first / np.where(np.isinf(first), 1.0, first + second))
    return np.clip(share, _MARGIN, 1.0 - _MARGIN)


def _slope(grid: Grid, nodes: IntArray, axes: IntArray, values: Float64Array) -> Float64Array:
    """Change of the values over one cell along ``axes`` at nodes (3, V)."""
    step = np.eye(3, dtype=np.int64)[:, axes]
    before = grid.get(nodes - step).astype(np.float64)
    after = grid.get(nodes + step).astype(np.float64)
    # At the box's border the padding has no value: a one-sided difference.
    with np.errstate(invalid="ignore"):
        before = np.where(np.isfinite(before), before, 2 * values - after)
        after = np.where(np.isfinite(after), after, 2 * values - before)
        slope = (after - before) / 2
    return np.where(np.isfinite(slope), slope, 0.0)
