"""Closed solids put together to one mesh: what furniture is made of.

Frame of everything here: metres or any other unit, +Y up, +Z to the front. Every solid
is a closed surface with its normals outside, so that a mesh of several is watertight
and encloses their union.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from occviewer.arrays import Float64Array, IntArray

Point = Sequence[float] | Float64Array


class Assembly:
    """A growing mesh of closed solids.

    Attributes
    ----------
    vertices : list of (V, 3) arrays
    faces : list of (F, 3) arrays
        One of each a solid; faces count within their solid.
    """

    def __init__(self) -> None:
        self.vertices: list[Float64Array] = []
        self.faces: list[IntArray] = []

    def mesh(self) -> tuple[Float64Array, IntArray]:
        """Vertices (V, 3) and triangles (F, 3) of all solids together."""
        starts = np.cumsum([0, *(len(v) for v in self.vertices[:-1])])
        faces = [f + start for f, start in zip(self.faces, starts, strict=True)]
        return np.concatenate(self.vertices), np.concatenate(faces)

    def transformed(self, linear: Float64Array, offset: Point) -> Assembly:
        """Map all solids by ``linear @ point + offset``; a mirror image stays closed."""
        result = Assembly()
        result.vertices = [v @ linear.T + np.asarray(offset) for v in self.vertices]
        flipped = np.linalg.det(linear) < 0
        result.faces = [f[:, ::-1] if flipped else f for f in self.faces]
        return result

    def add(self, other: Assembly) -> None:
        """Take over all solids of another assembly."""
        self.vertices += other.vertices
        self.faces += other.faces

    def box(self, low: Point, high: Point) -> None:
        """Axis-parallel box between two corners."""
        self.rounded_box(low, high, 0.0)

    def rounded_box(self, low: Point, high: Point, radius: float) -> None:
        """Box between two corners whose edges are rounded, such as a cushion."""
        a, b = np.minimum(low, high), np.maximum(low, high)
        radius = min(radius, 0.499 * float((b - a).min()))
        ball = _BALL * radius if radius > 1e-6 else np.zeros((1, 3))
        corners = np.array(np.meshgrid(*zip(a + radius, b - radius, strict=True))).reshape(3, -1).T
        self.hull((corners[:, None] + ball[None]).reshape(-1, 3))

    def hull(self, points: Float64Array) -> None:
        """Convex hull of points (N, 3)."""
        from scipy.spatial import ConvexHull

        hull = ConvexHull(points)
        faces = hull.simplices.copy()
        a, b, c = (points[faces[:, k]] for k in range(3))
        outwards = np.einsum("ij,ij->i", np.cross(b - a, c - a), hull.equations[:, :3]) > 0
        faces[~outwards] = faces[~outwards][:, ::-1]
        used, compact = np.unique(faces, return_inverse=True)
        self.vertices.append(points[used])
        self.faces.append(compact.reshape(-1, 3))

    def plate(self, outline: Float64Array, low: float, high: float) -> None:
        """Horizontal plate with a convex outline (N, 2) in x and z, between two heights."""
        ring = np.insert(outline, 1, 0.0, axis=1)
        self.hull(np.concatenate([ring + [0, low, 0], ring + [0, high, 0]]))

    def bar(
        self, start: Point, end: Point, width: float, end_width: float | None = None, sides: int = 4
    ) -> None:
        """Straight bar with `sides` sides, from one width to another (diameters)."""
        widths = [width, width if end_width is None else end_width]
        self.sweep(np.array([start, end], np.float64), regular_outline(sides), widths)

    def sweep(
        self,
        path: Float64Array,
        section: Float64Array,
        widths: float | Sequence[float] | Float64Array = 1.0,
    ) -> None:
        """Carry a section (M, 2), counter-clockwise, along a path (N, 3), scaled by `widths`.

        The section's first axis stays level where it can, so that the second points up.
        """
        scale = np.broadcast_to(np.asarray(widths, np.float64), (len(path),))
        ahead = np.gradient(path, axis=0)
        ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-12)
        # Level everywhere, or for a path that climbs straight up, along x.
        upright = np.abs(ahead[:, 1]).max() > 0.999
        hint = np.array([0.0, 0.0, 1.0]) if upright else np.array([0.0, 1.0, 0.0])
        across = np.cross(hint, ahead)
        across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
        above = np.cross(ahead, across)
        rings = path[:, None] + scale[:, None, None] * (
            section[None, :, :1] * across[:, None] + section[None, :, 1:] * above[:, None]
        )
        self._tube(rings)

    def lathe(self, profile: Sequence[Sequence[float]], centre: Point = (0, 0, 0)) -> None:
        """Solid of revolution about the vertical through `centre`.

        `profile` lists (radius, height) from the bottom to the top; the ends are closed
        by discs.
        """
        radius, height = np.maximum(np.array(profile, np.float64).T, [[1e-4], [-np.inf]])
        rings = np.stack(
            [
                np.outer(radius, np.sin(_CIRCLE)),
                np.repeat(height[:, None], len(_CIRCLE), 1),
                np.outer(radius, np.cos(_CIRCLE)),
            ],
            axis=-1,
        )
        self._tube(rings + np.asarray(centre))

    def shell(self, profile: Sequence[Sequence[float]], thickness: float, centre: Point) -> None:
        """Wall of revolution, open at both ends, such as a lampshade: outer (radius, height)."""
        outer = np.array(profile, np.float64)
        inner = outer[::-1] - [thickness, 0.0]
        loop = np.concatenate([outer, np.maximum(inner, [1e-3, -np.inf])])
        count, around = len(loop), len(_CIRCLE)
        rings = np.stack(
            [
                np.outer(loop[:, 0], np.sin(_CIRCLE)),
                np.repeat(loop[:, 1:], around, 1),
                np.outer(loop[:, 0], np.cos(_CIRCLE)),
            ],
            axis=-1,
        )
        self.vertices.append(rings.reshape(-1, 3) + np.asarray(centre))
        self.faces.append(_quads(count, around, closed=True))

    def _tube(self, rings: Float64Array) -> None:
        """Surface through rings (N, M, 3) of points, its two ends closed by fans."""
        count, around = rings.shape[:2]
        ends = np.stack([rings[0].mean(0), rings[-1].mean(0)])
        last = (count - 1) * around
        i = np.arange(around)
        j = (i + 1) % around
        first_cap = np.stack([np.full(around, count * around), j, i], 1)
        last_cap = np.stack([np.full(around, count * around + 1), last + i, last + j], 1)
        self.vertices.append(np.concatenate([rings.reshape(-1, 3), ends]))
        self.faces.append(
            np.concatenate([_quads(count, around, closed=False), first_cap, last_cap])
        )


def regular_outline(sides: int) -> Float64Array:
    """Corners (sides, 2) of a regular polygon of width 1; a square lies on its side."""
    angle = 2 * np.pi * (np.arange(sides) + 0.5) / sides
    reach = 0.5 / np.cos(np.pi / sides)
    corners: Float64Array = reach * np.stack([np.cos(angle), np.sin(angle)], 1)
    return corners


def superellipse(width: float, depth: float, power: float, count: int = 40) -> Float64Array:
    """Outline (count, 2) between an ellipse (power 2) and a rectangle (large powers)."""
    angle = 2 * np.pi * (np.arange(count) + 0.5) / count
    cos, sin = np.cos(angle), np.sin(angle)
    x = np.sign(cos) * np.abs(cos) ** (2 / power) * width / 2
    z = np.sign(sin) * np.abs(sin) ** (2 / power) * depth / 2
    return np.stack([x, z], 1)


def arc(start: Point, bulge: Point, end: Point, count: int = 9) -> Float64Array:
    """Path (count, 3) from `start` to `end`, a parabola that passes through `bulge` midway."""
    t = np.linspace(0, 1, count)[:, None]
    a, b, c = (np.asarray(p, np.float64) for p in (start, bulge, end))
    return (1 - t) * (1 - 2 * t) * a + 4 * t * (1 - t) * b + t * (2 * t - 1) * c


def _quads(count: int, around: int, *, closed: bool) -> IntArray:
    """Triangles between neighbouring rings of `around` points each."""
    i, k = np.meshgrid(np.arange(count if closed else count - 1), np.arange(around), indexing="ij")
    following, beside = (i + 1) % count, (k + 1) % around
    a, b = i * around + k, i * around + beside
    c, d = following * around + beside, following * around + k
    quads = np.stack([a, b, c, a, c, d], -1)
    return quads.reshape(-1, 3)


def _ball_points() -> Float64Array:
    """Points (N, 3) of a unit sphere, the axes' ends among them so that sizes are met."""
    latitude = np.radians([-60, -30, 0, 30, 60])
    longitude = np.radians(np.arange(0, 360, 30))
    lat, lon = (grid.ravel() for grid in np.meshgrid(latitude, longitude))
    ring = np.stack([np.cos(lat) * np.cos(lon), np.sin(lat), np.cos(lat) * np.sin(lon)], 1)
    return np.concatenate([ring, [[0, 1, 0], [0, -1, 0]]])


_BALL = _ball_points()
_CIRCLE = 2 * np.pi * np.arange(28) / 28
