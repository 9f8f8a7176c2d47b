"""Signs to triangles: which edges of the grid carry a vertex, and how they are joined.

The backends see signs only (one byte a node), so that every vertex comes out in
the middle of its edge, at a half-integer. That names its edge exactly: blocks are
welded by integers, a value at the level cannot make a crack, and where along the
edge the vertex lies is computed afterwards from the values themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt

from occviewer.arrays import FloatArray, IntArray, UInt8Array
from occviewer.extraction.bricks import BRICK, INSIDE, BrickGrid
from occviewer.extraction.dense import DenseGrid

Backend = Literal["flying_edges", "pymcubes"]

# Bricks a side of the blocks that a backend is given: 16 MB of signs at most.
_BLOCK = {"flying_edges": 32, "pymcubes": 8}


@dataclass(frozen=True, eq=False)
class Contour:
    """Triangles between edges of the grid.

    Attributes
    ----------
    nodes : (3, V) int64
        Lower end of each vertex's edge, in padded nodes.
    axes : (V,) int64
        Axis along which the edge runs: 0, 1 or 2.
    faces : (F, 3) int32
        Vertices of each triangle, counter-clockwise as seen from outside.
    """

    nodes: IntArray
    axes: IntArray
    faces: npt.NDArray[np.int32]


def contour(grid: BrickGrid | DenseGrid, backend: Backend = "flying_edges") -> Contour:
    """Join the surface between inside and outside nodes of a settled grid.

    Parameters
    ----------
    grid : BrickGrid or DenseGrid
        The finest grid.
    backend : {"flying_edges", "pymcubes"}
        VTK's FlyingEdges (Schroeder et al. 2015) does not hold Python's lock;
        PyMCubes is the reference.
    """
    # Here, because what compiles them takes half a second to import.
    from occviewer.extraction import surface_kernels as kernels

    surface_of = {"flying_edges": _flying_edges, "pymcubes": _pymcubes}[backend]
    parts: list[Contour] = []
    blocks = _dense_blocks if isinstance(grid, DenseGrid) else _blocks
    for origin, signs in blocks(grid, _BLOCK[backend]):  # type: ignore[arg-type]
        points, triangles = surface_of(signs)
        nodes, axes = np.empty((3, len(points)), np.int64), np.empty(len(points), np.int64)
        kernels.edges(points, origin, nodes, axes)
        faces = np.empty(triangles.shape, np.int32)
        kernels.copied(triangles, faces)
        parts.append(Contour(nodes, axes, faces))
    if not parts:
        none = np.empty((3, 0), np.int64)
        return Contour(none, none[0], np.empty((0, 3), np.int32))
    return parts[0] if len(parts) == 1 else _welded(parts, grid.cells + 3)


def _welded(parts: list[Contour], side: int) -> Contour:
    """Join the contours of blocks, which share the edges on their faces."""
    keys, faces, before = [], [], 0
    for part in parts:
        x, y, z = part.nodes
        keys.append(((x * side + y) * side + z) * 3 + part.axes)
        faces.append(part.faces.astype(np.int64) + before)
        before += len(part.axes)
    key, same = np.unique(np.concatenate(keys), return_inverse=True)
    node, axes = key // 3, key % 3
    x, yz = np.divmod(node, side * side)
    joined = same[np.concatenate(faces)].astype(np.int32)
    return Contour(np.stack([x, *np.divmod(yz, side)]), axes, joined)


def _blocks(grid: BrickGrid, size: int) -> Iterator[tuple[IntArray, UInt8Array]]:
    """First node (3,) and signs (X, Y, Z) of each block that may hold surface."""
    stored = grid.table[1:-1, 1:-1, 1:-1] > INSIDE
    shared = (grid.values > 0).astype(np.uint8)
    for start in product(range(0, grid.side, size), repeat=3):
        # A block needs the first nodes of the bricks above it.
        reach = tuple(slice(s, s + size + 1) for s in start)
        if not stored[reach].any():
            continue
        slots = grid.table[tuple(slice(s + 1, s + size + 2) for s in start)]
        bricks = shared[slots].transpose(0, 3, 1, 4, 2, 5)
        signs = bricks.reshape([BRICK * n for n in slots.shape])
        stop = [min(BRICK * size + 1, grid.cells + 3 - BRICK * s) for s in start]
        yield (
            np.array(start) * BRICK,
            np.ascontiguousarray(signs[: stop[0], : stop[1], : stop[2]]),
        )


def _dense_blocks(grid: DenseGrid, size: int) -> Iterator[tuple[IntArray, UInt8Array]]:
    """As `_blocks`, of a dense grid."""
    nodes = BRICK * size
    signs = grid.signs()
    where = _bounds(signs)
    if where is None:
        return
    signs = signs[where]
    for start in product(*(range(0, count, nodes) for count in signs.shape)):
        block = signs[tuple(slice(s, s + nodes + 1) for s in start)]
        if min(block.shape) > 1:  # else it is the last face of the blocks before
            first = np.array([s + along.start for s, along in zip(start, where, strict=True)])
            yield first, np.ascontiguousarray(block)


def _bounds(signs: UInt8Array) -> tuple[slice, slice, slice] | None:
    """Bounds of the nodes that are inside, and of those next to them; None without any.

    Those next to them are there, for the padding is outside.
    """
    rows = np.bitwise_or.reduce(signs, axis=0)
    x, y, z = np.bitwise_or.reduce(signs, axis=(1, 2)), rows.any(axis=1), rows.any(axis=0)
    if not x.any():
        return None
    found = (np.flatnonzero(each) for each in (x, y, z))
    return tuple(slice(int(each[0]) - 1, int(each[-1]) + 2) for each in found)  # type: ignore[return-value]


def _flying_edges(signs: UInt8Array) -> tuple[FloatArray, IntArray]:
    """Vertices (V, 3) in nodes, each in the middle of an edge, and triangles (F, 3)."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    image = vtkImageData()
    # VTK's first axis runs fastest, numpy's last: the axes come out reversed.
    image.SetDimensions(*signs.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(signs.ravel(), deep=0))
    flying = vtkFlyingEdges3D()
    flying.SetInputData(image)
    flying.SetValue(0, 0.5)
    flying.ComputeNormalsOff()
    flying.ComputeGradientsOff()
    flying.ComputeScalarsOff()
    flying.Update()
    output = flying.GetOutput()
    if output.GetNumberOfPoints() == 0:
        return np.empty((0, 3)), np.empty((0, 3), np.int64)
    points = vtk_to_numpy(output.GetPoints().GetData())
    triangles = vtk_to_numpy(output.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    # Reversing the axes mirrors the surface, so the triangles are turned too.
    return points[:, ::-1], triangles[:, ::-1]


def _pymcubes(signs: UInt8Array) -> tuple[FloatArray, IntArray]:
    """As `_flying_edges`."""
    import mcubes

    points, triangles = mcubes.marching_cubes(signs.astype(np.float32), 0.5)
    return points.reshape(-1, 3), triangles.reshape(-1, 3).astype(np.int64)
