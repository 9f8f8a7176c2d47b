"""Where on its edge a vertex lies, and the surface's normal there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np

from occviewer.arrays import Float32Array, IntArray
from occviewer.extraction.contour import Contour
from occviewer.extraction.dense import DenseGrid
from occviewer.extraction.field import Asker
from occviewer.extraction.hierarchy import Grid
from occviewer.extraction.refinement import crossings, gradient_normals

# Vertices keep this distance, in cells, from the ends of their edge: no two
# coincide, also where a value is exactly at the level or the box cuts the shape.
_MARGIN = 1e-3

# For fewer vertices a thread is not worth its while.
_LEAST = 4096


def vertices_and_normals(
    grid: Grid, contour: Contour, asker: Asker, *, normals: bool = True, refine: int = 0
) -> tuple[Float32Array, Float32Array | None]:
    """Vertices (V, 3) float32 in the box frame and their unit normals, or None.

    A vertex lies where the values interpolate to the level. Its normal is the
    downhill gradient of the values: along the edge the difference of its ends,
    across it central differences at both ends, interpolated. Some of these nodes are
    not asked, but predicted: of a hundred vertices that turned one normal by three
    degrees. So normals ask the field nothing; those of a refined mesh are exact.

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
    vertices = np.empty((len(contour.axes), 3), np.float32)
    directions = np.empty_like(vertices) if normals else None

    def place(some: slice) -> None:
        edges = _Edges(grid, contour.nodes[:, some], contour.axes[some], asker)
        if refine:
            edges.refine(refine)
        vertices[some] = edges.vertices()
        if directions is not None:
            directions[some] = edges.normals(exact=refine > 0)

    # Refinement asks the field, which shares its queries out itself.
    parts = asker.team.parts(len(vertices), _LEAST if not refine else len(vertices))
    asker.team.do([partial(place, part) for part in parts])
    return vertices, directions


class _Edges:
    """Edges of the grid that the surface crosses, and where.

    Parameters
    ----------
    grid : BrickGrid or DenseGrid
    nodes : (3, V) int64
        Lower ends, in padded nodes.
    axes : (V,) int64
        Along which the edges run.
    asker : Asker
    """

    def __init__(self, grid: Grid, nodes: IntArray, axes: IntArray, asker: Asker) -> None:
        # Here, because what compiles them takes half a second to import.
        from occviewer.extraction import surface_kernels

        self._kernels = surface_kernels
        self._nodes, self._axes, self._asker = nodes, axes, asker
        self._read = _reader(grid, nodes, axes)
        self._low = asker.corners[0].astype(np.float64)
        self._cell = (asker.corners[1].astype(np.float64) - self._low) / grid.cells
        self._ends = np.stack([self._read(end, 0, 0) for end in (0, 1)])
        # Padding (-inf) puts the vertex on the border node, i.e. closes the surface there.
        self._share = np.empty(len(axes), np.float64)
        self._kernels.cross(self._ends, _MARGIN, self._share)

    def refine(self, steps: int) -> None:
        """Find the crossings by asking the field."""
        inner = np.flatnonzero(np.isfinite(self._ends).all(axis=0))
        lower = self._nodes[:, inner].T - 1.0
        places = [lower, lower + np.eye(3)[self._axes[inner]]]
        self._share[inner] = crossings(
            self._asker,
            np.stack([self._low + place * self._cell for place in places]),
            self._ends[:, inner].astype(np.float64),
            self._share[inner],
            steps,
        )
        self._share = np.clip(self._share, _MARGIN, 1.0 - _MARGIN)

    def vertices(self) -> Float32Array:
        """Where the surface crosses the edges (V, 3), box frame."""
        self._vertices = np.empty((len(self._axes), 3), np.float32)
        self._kernels.put(
            self._nodes, self._axes, self._share, self._low, self._cell, self._vertices
        )
        return self._vertices

    def normals(self, *, exact: bool) -> Float32Array:
        """Find the unit normals (V, 3) there; exact ones ask the field."""
        beside = np.empty((2, 2, 2, len(self._axes)), np.float32)
        for end, turn, after in product((0, 1), repeat=3):
            beside[end, turn, after] = self._read(end, turn + 1, 2 * after - 1)
        directions = np.empty((len(self._axes), 3), np.float32)
        self._kernels.slope_normals(
            self._ends, beside, self._axes, self._share, self._cell, directions
        )
        if exact:
            # The lid at the border is no part of the field's surface.
            inner = np.flatnonzero(np.isfinite(self._ends).all(axis=0))
            found = gradient_normals(self._asker, self._vertices[inner], self._cell)
            told = (found != 0).any(axis=1)  # a saturated field may have no slope
            directions[inner[told]] = found[told]
        return directions


def _reader(grid: Grid, nodes: IntArray, axes: IntArray) -> Callable[[int, int, int], Float32Array]:
    """Make a function that reads values (V,) at and beside the ends of edges.

    It is told the end, 0 or 1, and to go so many steps (-1, 0, 1) along the axis that comes
    so many (1 or 2) after that of the edge.
    """
    if isinstance(grid, DenseGrid):
        places, flat = grid.places(*nodes), grid.flat
        strides = np.array([grid.offset(step) for step in ((1, 0, 0), (0, 1, 0), (0, 0, 1))])
        ends = [places, places + strides[axes]]
        across = [np.roll(strides, -turn)[axes] for turn in range(3)]
        return lambda end, turn, step: flat[ends[end] + step * across[turn] if step else ends[end]]

    unit = np.eye(3, dtype=np.int64)

    def read(end: int, turn: int, step: int) -> Float32Array:
        beside = end * unit[:, axes] + step * unit[:, (axes + turn) % 3]
        return grid.get(nodes + beside)

    return read
