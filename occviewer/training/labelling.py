"""Exact occupancy labels and surface samples for any triangle mesh, watertight or not.

A point is inside when it is enclosed: it cannot see infinity along any of some fifty
directions. On a watertight mesh, where nothing can leak, a point that sees another
point of the outside is outside too, so that deep hollows are carved; there the labels
agree with the winding number, except that closed cavities are filled. On the many
meshes with holes, doubled walls and flipped faces, where the winding number fails,
the rule still says what a person would.

Surfaces without volume behind them (a sheet of paper, a lampshade modelled as one
layer) and parts thinner than `THINNEST` are thickened to `THINNEST`, one cell of a
64-cell grid over the box: planes of 64² cells can hold them, and an extraction at 64
cells, the coarsest that a person works with, shows them without holes. Everything
thicker is labelled exactly as it was modelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, Float64Array, FloatArray, IntArray
from occviewer.errors import DataError
from occviewer.training.visibility import Occluder, viewing_directions

BOX = 0.55
"""Queries lie in ±BOX, as in the published networks (longest side 1, padding 0.1)."""
THINNEST = 2 * BOX / 64
"""Thickness, in box units, below which parts are thickened."""

_SIDE = 1e-3  # how far off a surface its two sides are looked at, box units
_CAMERAS = 24
_FIRST_SAMPLES = 20_000
_SECOND_LOOKS = 24
_NEAR_SIGMAS = (0.015, 0.05)


@dataclass(frozen=True)
class SampleCounts:
    """How much of a shape is stored.

    Attributes
    ----------
    uniform, near : int
        Labelled query points, in the bounding box and near the surface.
    surface : int
        Points of the surface with normals.
    """

    uniform: int = 60_000
    near: int = 40_000
    surface: int = 16_384


DEFAULT_COUNTS = SampleCounts()


@dataclass(frozen=True, eq=False)
class LabelledShape:
    """What training needs of one shape, in the box frame (+Y up, longest side 1).

    Attributes
    ----------
    bounds : (2, 3) float32
        Padded bounding box; every point outside it is outside the shape.
    uniform, near : (U, 3), (M, 3) float16
        Query points: uniform within `bounds`, and near the surface.
    uniform_inside, near_inside : (U,), (M,) bool
        Their labels.
    surface, normals : (S, 3) float16, (S, 3) float16
        Area-uniform samples of the outer surface and unit normals to the outside.
    cameras : (K, 3) float32
        Camera positions around the shape.
    visible : (K, S) bool
        Which surface samples each camera sees.
    """

    bounds: Float32Array
    uniform: FloatArray
    uniform_inside: BoolArray
    near: FloatArray
    near_inside: BoolArray
    surface: FloatArray
    normals: FloatArray
    cameras: Float32Array
    visible: BoolArray


def normalise(vertices: FloatArray) -> tuple[Float64Array, float, Float64Array]:
    """Vertices (V, 3) centred with longest side 1, and the scale and centre that did it.

    Raises
    ------
    DataError
        When the vertices are not finite or span no volume at all.
    """
    vertices = np.asarray(vertices, np.float64)
    if not len(vertices) or not np.isfinite(vertices).all():
        raise DataError("The mesh has no vertices, or vertices that are not finite numbers.")
    low, high = vertices.min(0), vertices.max(0)
    longest = float((high - low).max())
    if longest <= 0:
        raise DataError("All vertices of the mesh lie on one point.")
    centre = (low + high) / 2
    return (vertices - centre) / longest, 1.0 / longest, centre


class ShapeLabeller:
    """Decides inside and outside for one normalised mesh.

    Parameters
    ----------
    triangles : (F, 3, 3)
        Triangles in the box frame (see `normalise`).
    watertight : bool
        Whether every edge has two faces. If so, hollows are carved by a second look
        (see the module). If not, the shape is taken to stand on the ground and may
        be open below (see `viewing_directions`).
    rng : numpy Generator
        For surface samples.

    Raises
    ------
    DataError
        When no triangle has an area.
    """

    def __init__(
        self, triangles: FloatArray, *, watertight: bool, rng: np.random.Generator
    ) -> None:
        edges = triangles[:, 1:] - triangles[:, :1]
        crosses = np.cross(edges[:, 0], edges[:, 1])
        areas = np.linalg.norm(crosses, axis=1) / 2
        keep = areas > 1e-12
        if not keep.any():
            raise DataError("The mesh has no triangle with an area.")
        self._triangles = np.asarray(triangles[keep], np.float64)
        self._areas = areas[keep]
        self._face_normals = crosses[keep] / (2 * areas[keep, None])
        self._occluder = Occluder(self._triangles)
        self._directions = viewing_directions(floor=not watertight)
        # Without it, a slanting look from inside an open bottom would reach infinity.
        grounded = np.concatenate([self._triangles, _ground(self._triangles)])
        self._horizon = self._occluder if watertight else Occluder(grounded)
        self._rng = rng
        self.bounds = np.stack(
            [self._triangles.min((0, 1)) - 0.01, self._triangles.max((0, 1)) + 0.01]
        ).astype(np.float32)
        self._anchors = self._outside_anchors() if watertight else None
        self._surface, thin = self._look_at_surface(_FIRST_SAMPLES)
        self._thin_tree, self._thin_normals = self._thin_parts(thin)

    def inside(self, points: FloatArray) -> BoolArray:
        """Label box points (N, 3): (N,) bool."""
        points = np.asarray(points, np.float64)
        result = np.zeros(len(points), bool)
        near_box = ((points >= self.bounds[0]) & (points <= self.bounds[1])).all(1)
        candidates = np.flatnonzero(near_box)
        seen = self._sees_outside(points[candidates])
        result[candidates[~seen]] = True
        rest = candidates[seen]
        result[rest[self._in_thin_part(points[rest])]] = True
        return result

    def sample_surface(self, count: int) -> tuple[Float64Array, Float64Array]:
        """Area-uniform samples (count, 3) of the outer surface with outward unit normals.

        Raises
        ------
        DataError
            When hardly any of the surface can be seen from outside.
        """
        points, normals = self._surface
        for _ in range(8):
            if len(points) >= count:
                return points[:count], normals[:count]
            (more, more_normals), _ = self._look_at_surface(2 * count)
            points = np.concatenate([points, more])
            normals = np.concatenate([normals, more_normals])
        raise DataError("Less than a tenth of the mesh can be seen from outside.")

    def sees_camera(self, points: FloatArray, normals: FloatArray, camera: FloatArray) -> BoolArray:
        """Which surface points (N, 3) a camera at (3,) sees: (N,) bool."""
        return self._occluder.sees_camera(points, normals, camera)

    def _outside_anchors(self) -> Float64Array:
        """Points (A, 3) of the outside, spread over the bounding box."""
        low, high = self.bounds
        candidates: Float64Array = self._rng.uniform(low, high, (2_000, 3))
        return candidates[self._occluder.sees_infinity(candidates, self._directions)]

    def _sees_outside(self, points: FloatArray) -> BoolArray:
        seen = self._horizon.sees_infinity(points, self._directions)
        if self._anchors is not None and len(self._anchors):
            hidden = np.flatnonzero(~seen)
            for _ in range(_SECOND_LOOKS):
                anchors = self._anchors[self._rng.integers(0, len(self._anchors), len(hidden))]
                free = ~self._occluder.between(points[hidden], anchors)
                seen[hidden[free]] = True
                hidden = hidden[~free]
        return seen

    def _sample(
        self, count: int, weights: FloatArray
    ) -> tuple[Float64Array, Float64Array, IntArray]:
        """Points (count, 3) on the mesh by face weights, their face normals and faces."""
        cumulative = np.cumsum(weights)
        faces = np.searchsorted(cumulative, self._rng.random(count) * cumulative[-1], side="right")
        faces = np.minimum(faces, len(weights) - 1)
        u, v = self._rng.random((2, count))
        flip = u + v > 1
        u[flip], v[flip] = 1 - u[flip], 1 - v[flip]
        a, b, c = self._triangles[faces].transpose(1, 0, 2)
        points = a + u[:, None] * (b - a) + v[:, None] * (c - a)
        return points, self._face_normals[faces], faces

    def _look_at_surface(
        self, count: int, weights: FloatArray | None = None
    ) -> tuple[tuple[Float64Array, Float64Array], tuple[Float64Array, Float64Array, IntArray]]:
        """Sample the mesh: its outer samples with outward normals, and its thin parts.

        The thin parts come as the points in the middle of them, normals and faces.
        """
        points, normals, faces = self._sample(count, self._areas if weights is None else weights)
        front = self._sees_outside(points + _SIDE * normals)
        back = self._sees_outside(points - _SIDE * normals)
        outward = np.where((back & ~front)[:, None], -normals, normals)
        solid = front ^ back
        thickness = np.zeros(count)
        inner = points[solid] - 1e-5 * outward[solid]
        thickness[solid] = self._occluder.distance(inner, -outward[solid])
        thin = (front & back) | (solid & (thickness < THINNEST))
        middles = points - outward * np.minimum(thickness, THINNEST)[:, None] / 2
        seen = front | back
        return (points[seen], outward[seen]), (middles[thin], outward[thin], faces[thin])

    def _thin_parts(
        self, first: tuple[Float64Array, Float64Array, IntArray]
    ) -> tuple[Any, Float64Array]:
        """Put points in the middle of thin parts into a KD-tree (None if none); their normals."""
        from scipy.spatial import cKDTree

        middles, normals, faces = first
        if len(middles) < 8:  # grazing hits in corners, not parts
            return None, np.zeros((0, 3))
        # Denser samples on the faces concerned: closer together than half the
        # thickness, so that the slabs around them leave no holes.
        weights = np.zeros(len(self._areas))
        weights[np.unique(faces)] = self._areas[np.unique(faces)]
        wanted = int(np.clip(weights.sum() / (0.33 * THINNEST) ** 2, 1_000, 60_000))
        _, (more, more_normals, _) = self._look_at_surface(wanted, weights)
        return cKDTree(np.concatenate([middles, more])), np.concatenate([normals, more_normals])

    def _in_thin_part(self, points: FloatArray) -> BoolArray:
        result = np.zeros(len(points), bool)
        if self._thin_tree is None or not len(points):
            return result
        distance, nearest = self._thin_tree.query(points, k=4, distance_upper_bound=0.65 * THINNEST)
        middles = self._thin_tree.data
        for k in range(4):
            found = np.flatnonzero(np.isfinite(distance[:, k]))
            index = nearest[found, k]
            offset = points[found] - middles[index]
            height = np.abs(np.einsum("ij,ij->i", offset, self._thin_normals[index]))
            result[found[height < THINNEST / 2]] = True
        return result


def label_shape(
    triangles: FloatArray,
    *,
    watertight: bool,
    rng: np.random.Generator,
    counts: SampleCounts = DEFAULT_COUNTS,
) -> LabelledShape:
    """Label one normalised mesh for training (see `LabelledShape`).

    Parameters
    ----------
    triangles : (F, 3, 3)
        Triangles in the box frame, longest side 1.
    watertight : bool
        See `ShapeLabeller`.
    rng : numpy Generator
        Source of every sample, so that one seed gives one result.
    counts : SampleCounts
        How many samples of each kind.

    Raises
    ------
    DataError
        When the mesh has no area, no outside, or encloses and covers nothing.
    """
    labeller = ShapeLabeller(triangles, watertight=watertight, rng=rng)
    low, high = labeller.bounds
    uniform = rng.uniform(low, high, (counts.uniform, 3)).astype(np.float16)
    surface, normals = labeller.sample_surface(counts.surface)
    anchors = surface[rng.integers(0, counts.surface, counts.near)]
    sigma = rng.choice(_NEAR_SIGMAS, (counts.near, 1))
    near = np.clip(anchors + rng.normal(size=(counts.near, 3)) * sigma, -BOX, BOX)
    near = near.astype(np.float16)
    # The labels are those of the rounded coordinates, which is what is stored.
    uniform_inside = labeller.inside(uniform.astype(np.float64))
    near_inside = labeller.inside(near.astype(np.float64))
    if not near_inside.any():
        raise DataError("The mesh encloses nothing, and no part of it could be thickened.")
    cameras = _cameras(rng)
    visible = np.stack([labeller.sees_camera(surface, normals, camera) for camera in cameras])
    return LabelledShape(
        bounds=labeller.bounds,
        uniform=uniform,
        uniform_inside=uniform_inside,
        near=near,
        near_inside=near_inside,
        surface=surface.astype(np.float16),
        normals=normals.astype(np.float16),
        cameras=cameras,
        visible=visible,
    )


def _ground(triangles: Float64Array) -> Float64Array:
    """Two triangles (2, 3, 3) that close the footprint of a shape from below."""
    low, high = triangles.min((0, 1)), triangles.max((0, 1))
    a, b, c, d = (
        [x, low[1] - 1e-4, z]
        for x, z in ((low[0], low[2]), (high[0], low[2]), (high[0], high[2]), (low[0], high[2]))
    )
    return np.array([[a, b, c], [a, c, d]])


def _cameras(rng: np.random.Generator) -> Float32Array:
    """Camera positions a person would scan furniture from: all round, mostly from above."""
    # Latitudes from 70 down to -15 degrees; longitudes by the golden angle, turned at random.
    latitude = np.radians(np.linspace(70, -15, _CAMERAS))
    longitude = np.pi * (1 + np.sqrt(5)) * np.arange(_CAMERAS) + rng.uniform(0, 2 * np.pi)
    unit = np.stack(
        [
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
            np.cos(latitude) * np.cos(longitude),
        ],
        axis=1,
    )
    distance = rng.uniform(1.2, 2.5, (_CAMERAS, 1))
    return (unit * distance).astype(np.float32)
