"""What can be seen of a mesh, from outside and from a camera, by ray casting (Embree)."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, FloatArray, IntArray
from occviewer.errors import DataError

_BATCH = 1 << 18


def fibonacci_directions(count: int) -> Float32Array:
    """Spread unit vectors (count, 3) evenly over the sphere (golden-angle spiral)."""
    index = np.arange(count) + 0.5
    height = 1.0 - 2.0 * index / count
    angle = np.pi * (1.0 + np.sqrt(5.0)) * index
    radius = np.sqrt(1.0 - height**2)
    return np.stack([radius * np.cos(angle), height, radius * np.sin(angle)], 1).astype(np.float32)


def viewing_directions(*, floor: bool, count: int = 48) -> Float32Array:
    """Directions in which a point may see infinity, axes first: (D, 3) unit vectors.

    The axes come first because they settle most points. With `floor`, the shape is
    taken to stand on the ground, and nothing is seen from steeply below it: a sofa
    that its artist left without a bottom is solid all the same.
    """
    axes = np.array(
        [[0, 1, 0], [0, 0, 1], [1, 0, 0], [-1, 0, 0], [0, 0, -1], [0, -1, 0]], np.float32
    )
    directions = np.concatenate([axes, fibonacci_directions(count)])
    return directions[directions[:, 1] > -0.3] if floor else directions


class Occluder:
    """A triangle mesh that rays can be cast at.

    Parameters
    ----------
    triangles : (F, 3, 3)
        Corner positions; the unit is the box's, so that lengths are near 1.

    Raises
    ------
    DataError
        When Embree's Python binding is not installed.
    """

    def __init__(self, triangles: FloatArray) -> None:
        try:
            from embreex.mesh_construction import TriangleMesh
            from embreex.rtcore_scene import EmbreeScene
        except ImportError as error:
            raise DataError(
                "Preparing data casts rays with Embree, which is not installed: "
                'run  pip install "occviewer[data]".'
            ) from error
        self._scene = EmbreeScene(robust=True)
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(triangles, np.float32))

    def occluded(self, origins: FloatArray, directions: FloatArray) -> BoolArray:
        """Whether a ray from each origin (N, 3) along its direction (N, 3) hits anything: (N,)."""
        return np.asarray(self._run(origins, directions, "OCCLUDED") >= 0)

    def between(self, origins: FloatArray, targets: FloatArray) -> BoolArray:
        """Whether anything stands between each origin (N, 3) and its target (N, 3): (N,)."""
        # Distances come in lengths of the direction, so the target lies at 1.
        return np.asarray(self.distance(origins, targets - origins) < 1.0)

    def distance(self, origins: FloatArray, directions: FloatArray) -> Float32Array:
        """Distance (N,) to the first hit, in lengths of the direction; large where none."""
        return self._run(origins, directions, "DISTANCE").astype(np.float32)

    def first_hits(
        self, origins: FloatArray, directions: FloatArray
    ) -> tuple[Float32Array, IntArray]:
        """Distances (N,) as `distance` gives them, and the triangles hit (N,), -1 where none."""
        origins = np.ascontiguousarray(origins, np.float32)
        directions = np.ascontiguousarray(directions, np.float32)
        distances = np.empty(len(origins), np.float32)
        triangles = np.empty(len(origins), np.int32)
        for start in range(0, len(origins), _BATCH):
            rows = slice(start, start + _BATCH)
            hits = self._scene.run(origins[rows], directions[rows], output=True)
            distances[rows], triangles[rows] = hits["tfar"], hits["primID"]
        return distances, triangles

    def sees_infinity(self, points: FloatArray, directions: FloatArray) -> BoolArray:
        """Whether each point (N, 3) sees infinity along at least one direction (D, 3): (N,)."""
        points = np.ascontiguousarray(points, np.float32)
        seen = np.zeros(len(points), bool)
        open_points = np.arange(len(points))
        for direction in directions:
            rays = np.broadcast_to(direction, (len(open_points), 3))
            free = ~self.occluded(points[open_points], rays)
            seen[open_points[free]] = True
            open_points = open_points[~free]
            if not len(open_points):
                break
        return seen

    def sees_camera(
        self, points: FloatArray, normals: FloatArray, camera: FloatArray, offset: float = 1e-3
    ) -> BoolArray:
        """Whether a camera at (3,) sees each surface point (N, 3): (N,).

        Rays start `offset` off the surface, on the camera's side of it.
        """
        towards = camera - points
        side = np.sign(np.einsum("ij,ij->i", towards, normals))[:, None]
        origins = points + offset * side * normals
        return ~self.between(origins, np.broadcast_to(camera, origins.shape))

    def _run(self, origins: FloatArray, directions: FloatArray, query: str) -> FloatArray:
        origins = np.ascontiguousarray(origins, np.float32)
        directions = np.ascontiguousarray(directions, np.float32)
        if len(origins) == 0:
            return np.zeros(0, np.float32)
        parts = [
            self._scene.run(origins[i : i + _BATCH], directions[i : i + _BATCH], query=query)
            for i in range(0, len(origins), _BATCH)
        ]
        return np.concatenate(parts)
