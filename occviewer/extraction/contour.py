"""Signs to triangles: which edges of the grid carry a vertex, and how they are joined.

The backends see signs only (one byte a node), so that every vertex comes out in
the middle of its edge, at a half-integer. That names its edge exactly: blocks are
welded by integers, a value at the level cannot make a crack, and where along the
edge the vertex lies is computed afterwards from the values themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from occviewer.arrays import BoolArray, FloatArray, IntArray, UInt8Array
from occviewer.extraction.bricks import BRICK, INSIDE, BrickGrid
from occviewer.extraction.dense import DenseGrid
from occviewer.team import ALONE, Team

Backend = Literal["flying_edges", "pymcubes"]

Block: TypeAlias = Callable[[], tuple[IntArray, UInt8Array]]
"""Gives the first node (3,) and the signs (X, Y, Z) of a part of the grid."""

# Bricks a side of the blocks that a backend is given: 16 MB of signs at most. PyMCubes holds
# Python's lock for a block, two threads of a team in turns: with 8, others waited for 12 ms.
_BLOCK = {"flying_edges": 32, "pymcubes": 5}


# Threads share out slabs of a dense grid. How many there are does not depend on the threads,
# nor does the mesh.
_LEAST_NODES, _MOST_SLABS = 1 << 19, 4


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


def contour(
    grid: BrickGrid | DenseGrid, backend: Backend = "flying_edges", team: Team = ALONE
) -> Contour:
    """Join the surface between inside and outside nodes of a settled grid.

    Parameters
    ----------
    grid : BrickGrid or DenseGrid
        The finest grid.
    backend : {"flying_edges", "pymcubes"}
        VTK's FlyingEdges (Schroeder et al. 2015) does not hold Python's lock;
        PyMCubes is the reference.
    team : Team
        Shares out the blocks into which a fine grid is cut.
    """
    # Here, because what compiles them takes half a second to import.
    from occviewer.extraction import surface_kernels as kernels

    surface_of = {"flying_edges": _flying_edges, "pymcubes": _pymcubes}[backend]

    def part(block: Block) -> tuple[Contour, IntArray]:
        origin, signs = block()
        points, triangles = surface_of(signs)
        nodes, axes = np.empty((3, len(points)), np.int64), np.empty(len(points), np.int64)
        kernels.edges(points, origin, nodes, axes)
        faces = np.empty(triangles.shape, np.int32)
        kernels.copied(triangles, faces)
        outer = kernels.on_faces(nodes, axes, origin, origin + np.array(signs.shape) - 1)
        return Contour(nodes, axes, faces), outer

    cut = _dense_blocks if isinstance(grid, DenseGrid) else _blocks
    blocks = list(cut(grid, _BLOCK[backend]))  # type: ignore[arg-type]
    shares = [blocks[share] for share in team.parts(len(blocks), 1)]

    def several(share: list[Block]) -> list[tuple[Contour, IntArray]]:
        return [part(block) for block in share]

    found = team.do([partial(several, share) for share in shares])
    parts = [each for some in found for each in some]
    if not parts:
        none = np.empty((3, 0), np.int64)
        return Contour(none, none[0], np.empty((0, 3), np.int32))
    return parts[0][0] if len(parts) == 1 else welded(parts, grid.cells + 3)


def welded(parts: list[tuple[Contour, IntArray]], side: int) -> Contour:
    """Join the contours of blocks, which share those of their vertices that lie on their faces."""
    from occviewer.extraction import surface_kernels as kernels

    edges = []
    for part, outer in parts:
        x, y, z = part.nodes[:, outer]
        edges.append(((x * side + y) * side + z) * 3 + part.axes[outer])
    _, names = np.unique(np.concatenate(edges), return_inverse=True)
    numbers = np.full(len(names), -1, np.int64)
    vertices = sum(len(part.axes) for part, _ in parts)
    nodes, axes = np.empty((3, vertices), np.int64), np.empty(vertices, np.int64)
    faces = np.empty((sum(len(part.faces) for part, _ in parts), 3), np.int32)
    count = face = name = 0
    for part, outer in parts:
        shared = np.full(len(part.axes), -1, np.int64)
        shared[outer] = names[name : name + len(outer)]
        name += len(outer)
        its_faces = faces[face : face + len(part.faces)]
        face += len(part.faces)
        count = kernels.join(
            part.nodes, part.axes, part.faces, shared, numbers, nodes, axes, its_faces, count
        )
    return Contour(nodes[:, :count], axes[:count], faces)


def _blocks(grid: BrickGrid, size: int) -> Iterator[Block]:
    """Blocks of at most so many bricks a side, no larger than the surface in them."""
    stored = grid.table[1:-1, 1:-1, 1:-1] > INSIDE
    shared = (grid.values > 0).view(np.uint8)
    for start in product(range(0, grid.side, size), repeat=3):
        # A block needs the first nodes of the bricks above it.
        some = stored[tuple(slice(s, s + size + 1) for s in start)]
        where = _bounds(some)
        if where is None:
            continue
        # Where no brick is stored there is no surface, but there is next to those that are.
        first = [s + max(along.start, 0) for s, along in zip(start, where, strict=True)]
        last = [
            s + min(along.stop, count)
            for s, along, count in zip(start, where, some.shape, strict=True)
        ]
        slots = grid.table[tuple(slice(f + 1, e + 1) for f, e in zip(first, last, strict=True))]
        ends = np.minimum(BRICK * (np.array(start) + size) + 1, grid.cells + 3)
        yield partial(_block_of_bricks, shared, slots, BRICK * np.array(first), ends)


def _block_of_bricks(
    shared: UInt8Array, slots: IntArray, first: IntArray, ends: IntArray
) -> tuple[IntArray, UInt8Array]:
    bricks = shared[slots].transpose(0, 3, 1, 4, 2, 5)
    signs = bricks.reshape([BRICK * n for n in slots.shape])
    return first, np.ascontiguousarray(signs[tuple(slice(end) for end in ends - first)])


def _dense_blocks(grid: DenseGrid, size: int) -> Iterator[Block]:
    """As `_blocks`, of a dense grid."""
    signs = grid.signs()
    where = _bounds(signs)  # next to what is inside there is at least padding
    if where is None:
        return
    signs = signs[where]
    nodes = [min(BRICK * size, count) for count in signs.shape]
    slabs = min(max(signs.size // _LEAST_NODES, 1), _MOST_SLABS)
    nodes[0] = min(nodes[0], -(-len(signs) // slabs))
    for start in product(*(map(range, (0, 0, 0), signs.shape, nodes))):
        some = signs[tuple(slice(s, s + n + 1) for s, n in zip(start, nodes, strict=True))]
        if min(some.shape) > 1:  # else it is the last face of the blocks before
            first = np.array([s + along.start for s, along in zip(start, where, strict=True)])
            yield partial(_block, first, some)


def _block(first: IntArray, signs: UInt8Array) -> tuple[IntArray, UInt8Array]:
    return first, np.ascontiguousarray(signs)


def _bounds(marked: UInt8Array | BoolArray) -> tuple[slice, slice, slice] | None:
    """Bounds of what is marked, and of what is next to it, be it there or not; None without any."""
    rows = np.bitwise_or.reduce(marked, axis=0)
    x, y, z = np.bitwise_or.reduce(marked, axis=(1, 2)), rows.any(axis=1), rows.any(axis=0)
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
