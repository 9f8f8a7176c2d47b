"""What an extraction should have asked, and whether its mesh has the signs of the field."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import BoolArray, Float32Array
from occviewer.benchmarks.mise import Logits, mixed
from occviewer.meshes import Mesh


def dense_signs(logits: Logits, resolution: int, level: float, bounds: Float32Array) -> BoolArray:
    """Whether each node (N + 1, N + 1, N + 1) is inside, by asking at all of them."""
    x, y, z = (np.linspace(low, high, resolution + 1).astype(np.float32) for low, high in bounds.T)
    signs = np.empty((resolution + 1,) * 3, bool)
    slab = np.empty((resolution + 1, resolution + 1, 3), np.float32)
    slab[..., 1], slab[..., 2] = y[:, None], z[None, :]
    for index, place in enumerate(x):
        slab[..., 0] = place
        answers = logits(slab.reshape(-1, 3)) >= np.float32(level)
        signs[index] = answers.reshape(signs.shape[1:])
    return signs


def needed_points(signs: BoolArray) -> int:
    """Count the nodes at the corners of cells that the surface passes.

    No extraction can place the vertices of marching cubes with fewer values.

    Parameters
    ----------
    signs : (N + 1, N + 1, N + 1) bool
        Whether each node is inside.
    """
    cells = np.pad(mixed(signs), 1)
    corners = cells
    for axis in range(3):
        count = corners.shape[axis]
        corners = corners.take(range(count - 1), axis) | corners.take(range(1, count), axis)
    return int(corners.sum())


def signs_of_mesh(mesh: Mesh, resolution: int, bounds: Float32Array) -> BoolArray:
    """Work out which nodes of the grid a mesh encloses.

    A vertex of marching cubes lies on an edge of the grid between nodes of different
    sign. Those on edges along x say where the sign changes on the way through the box.

    Parameters
    ----------
    mesh : Mesh
        Extracted at this resolution in this box.

    Returns
    -------
    (N + 1, N + 1, N + 1) bool
    """
    low, high = bounds.astype(np.float64)
    place = (mesh.vertices.astype(np.float64) - low) * (resolution / (high - low))
    nearest = np.rint(place)
    along_x = np.abs(place - nearest).argmax(axis=1) == 0
    # A surface closed at the border has vertices a trace outside, before node 0.
    above = np.floor(place[along_x, 0]).astype(np.int64) + 1
    _, y, z = nearest[along_x].astype(np.int64).T
    changes = np.zeros((resolution + 2, resolution + 1, resolution + 1), bool)
    np.logical_xor.at(changes, (above, y, z), True)
    signs: BoolArray = np.logical_xor.accumulate(changes, axis=0)[:-1]
    return signs
