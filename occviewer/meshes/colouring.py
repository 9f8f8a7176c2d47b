"""Colours for the vertices of a mesh: one for all, by direction, or those of a scan nearby."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from occviewer.arrays import FloatArray, UInt8Array
from occviewer.errors import Cancelled, MeshError
from occviewer.meshes.mesh import Mesh

Colours: TypeAlias = Literal["none", "uniform", "normals", "scan"]
COLOURS: tuple[Colours, ...] = ("none", "uniform", "normals", "scan")

COLOURED_SUFFIXES = (".glb", ".obj", ".ply")
"""Formats that can hold colours of vertices."""

# A vertex takes the mean of so many points, the nearest counting most: one alone would
# show the scan's noise.
_NEIGHBOURS = 4
_BATCH = 20_000


class PointColours:
    """The colours of a scan, to be laid on meshes that lie where it does.

    Parameters
    ----------
    points : (N, 3) float
        In the frame of the meshes.
    colours : (N, 3) uint8
        RGB of the points.

    Raises
    ------
    MeshError
        There is no point, or not a colour for each.
    """

    def __init__(self, points: FloatArray, colours: UInt8Array) -> None:
        from scipy.spatial import cKDTree

        if len(points) == 0 or colours.shape != (len(points), 3):
            raise MeshError("Colours can be taken only from points that have some.")
        self._tree = cKDTree(points)
        self._colours = colours.astype(np.float32)

    def laid_on(self, mesh: Mesh, cancel: Callable[[], bool] = lambda: False) -> Mesh:
        """Give every vertex the colour of the points nearest to it.

        Raises
        ------
        Cancelled
            `cancel` said true.
        """
        count = min(_NEIGHBOURS, len(self._colours))
        colours = np.empty((len(mesh.vertices), 3), np.uint8)
        for start in range(0, len(colours), _BATCH):
            if cancel():
                raise Cancelled("The colours are no longer wanted.")
            batch = slice(start, start + _BATCH)
            distances, nearest = self._tree.query(mesh.vertices[batch], count)
            shape = (len(colours[batch]), count)
            weights = 1 / np.maximum(np.reshape(distances, shape), 1e-9).astype(np.float32)
            weights /= weights.sum(axis=1, keepdims=True)
            mixed = np.einsum("nk,nkc->nc", weights, self._colours[np.reshape(nearest, shape)])
            colours[batch] = np.round(mixed).astype(np.uint8)
        return replace(mesh, colors=colours)


def uniform(mesh: Mesh, colour: tuple[int, int, int]) -> Mesh:
    """Give every vertex the same colour, red, green and blue in 0 … 255."""
    colours = np.empty((len(mesh.vertices), 3), np.uint8)
    colours[:] = colour
    return replace(mesh, colors=colours)


def by_normals(mesh: Mesh) -> Mesh:
    """Colour a mesh of the box frame by its directions: red for x, green for y, blue for z."""
    mesh = mesh.with_normals()
    assert mesh.normals is not None
    return replace(mesh, colors=((mesh.normals + 1) * 127.5).astype(np.uint8))
