"""Points on the surface of a mesh."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float64Array
from occviewer.observations.formats.raw import CHUNK_ROWS, RawCloud, RawMesh, counted


def sample_surface(mesh: RawMesh, count: int, seed: int = 0) -> RawCloud | None:
    """Sample points uniformly by area, with the normals of their triangles.

    A triangle is drawn with a probability in proportion to its area, then a point in
    it by ``(1 - √r) a + √r (1 - s) b + √r s c`` with r, s uniform in 0..1
    (Osada et al., "Shape Distributions", 2002, section 3.2).

    Parameters
    ----------
    mesh : RawMesh
        Triangles with corners that are not finite are passed over.
    count : int
        Number of points, at least 1.
    seed : int
        Of the random generator: the same seed gives the same points.

    Returns
    -------
    RawCloud or None
        Points (count, 3) with normals (count, 3) and, where the vertices have colours,
        colours (count, 3); None if no triangle has an area.

    Raises
    ------
    IndexError
        A triangle refers to a vertex that does not exist.
    """
    faces = mesh.faces
    if faces.min() < 0 or faces.max() >= len(mesh.vertices):
        raise IndexError(int(faces.min()) if faces.min() < 0 else int(faces.max()))
    twice_areas = _twice_areas(mesh)
    usable = np.isfinite(twice_areas)
    dropped = int(len(usable) - usable.sum())
    twice_areas[~usable] = 0.0
    largest = float(twice_areas.max(initial=0.0))
    if not largest > 0:
        return None
    total = np.cumsum(twice_areas / largest)
    generator = np.random.default_rng(seed)
    chosen = np.searchsorted(total, generator.random(count) * total[-1], side="right")
    # Rounding can put a draw at the very end of the sum, past the last triangle with an area.
    chosen = np.minimum(chosen, int(np.flatnonzero(twice_areas)[-1]))
    root, s = np.sqrt(generator.random(count)), generator.random(count)
    weights = np.stack([1 - root, root * (1 - s), root * s], axis=1)
    corners = mesh.vertices[faces[chosen]]
    points = np.einsum("nc,ncd->nd", weights, corners)
    normal = _cross(corners)
    # Scaled first: the squares of very large or small areas leave the range of floats.
    normal /= np.abs(normal).max(axis=1, keepdims=True)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    colors = None
    if mesh.colors is not None:
        blend = np.einsum("nc,ncd->nd", weights, mesh.colors[faces[chosen]].astype(np.float64))
        colors = np.rint(blend).astype(np.uint8)
    notes = [*mesh.notes]
    if dropped:
        notes.append(f"passed over {counted(dropped, 'triangle')} with corners that are not finite")
    notes.append(
        f"sampled {counted(count, 'point')} on the surface of a mesh with "
        f"{counted(len(faces), 'triangle')}"
    )
    return RawCloud(points, normal.astype(np.float32), colors, notes)


def _cross(corners: Float64Array) -> Float64Array:
    """Return the normals (n, 3) of triangles (n, 3, 3), twice as long as the area."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    return np.asarray(np.cross(b - a, c - a))


def _twice_areas(mesh: RawMesh) -> Float64Array:
    # In units of the mesh's size, so that squares stay within the range of floats.
    finite = np.abs(mesh.vertices[np.isfinite(mesh.vertices).all(axis=1)])
    size = float(finite.max(initial=0.0)) or 1.0
    areas = np.empty(len(mesh.faces))
    for start in range(0, len(areas), CHUNK_ROWS):
        corners = mesh.vertices[mesh.faces[start : start + CHUNK_ROWS]]
        with np.errstate(all="ignore"):
            areas[start : start + CHUNK_ROWS] = np.linalg.norm(_cross(corners / size), axis=1)
    return areas
