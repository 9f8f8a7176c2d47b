"""Points on the surface of a mesh."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, Float64Array, FloatArray, IntArray
from occviewer.errors import MeshError
from occviewer.meshes.mesh import Mesh


def sample_surface(
    mesh: Mesh, count: int, generator: np.random.Generator
) -> tuple[FloatArray, Float32Array]:
    """Points spread evenly over the surface, with the normals of their faces.

    A face is drawn with the probability of its area, and a point in it by the
    square-root warp of the unit square (Osada et al., Shape distributions, 2002).

    Parameters
    ----------
    mesh : Mesh
        Any mesh with area.
    count : int
        Number of points N.
    generator : numpy.random.Generator
        Source of chance.

    Returns
    -------
    points : (N, 3)
        In the mesh's frame and dtype.
    normals : (N, 3) float32
        Unit normals.

    Raises
    ------
    MeshError
        When the mesh has no area.
    """
    faces, weights = places_on_surface(mesh, count, generator)
    corners = mesh.vertices[mesh.faces[faces]]  # (N, 3, 3)
    points = np.einsum("nc,ncd->nd", weights, corners).astype(mesh.vertices.dtype)
    return points, mesh.face_normals[faces]


def places_on_surface(
    mesh: Mesh, count: int, generator: np.random.Generator
) -> tuple[IntArray, Float64Array]:
    """Draw places as `sample_surface` does: faces (N,), and shares (N, 3) of their corners.

    Raises
    ------
    MeshError
        When the mesh has no area.
    """
    total = np.cumsum(mesh.face_areas)
    if len(total) == 0 or not total[-1] > 0:
        raise MeshError("A mesh without area cannot be sampled.")
    chosen = np.searchsorted(total, generator.random(count) * total[-1], side="right")
    chosen = np.minimum(chosen, len(total) - 1)
    root, share = np.sqrt(generator.random(count)), generator.random(count)
    weights = np.stack([1 - root, root * (1 - share), root * share], axis=1)
    return chosen, weights
