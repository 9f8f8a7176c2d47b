"""Watertight meshes with fewer triangles that stay watertight.

VTK's quadric decimation and fast-simplification do not look whether a collapse folds the surface
onto itself, and leave holes and edges of four triangles; libigl's wheels contain code under the
GPL. So edges are collapsed here, many at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, IntArray

_CHEAPEST = 0.4  # share of the edges that may collapse in a pass: more is faster, and coarser
_ANCHOR = 1e-3  # how strongly a vertex is held where its edge was, against flat places
_TURNED = 0.2  # cosine: a triangle may turn by so much


def collapsed(
    vertices: Float64Array, faces: IntArray, target: int
) -> tuple[Float64Array, IntArray]:
    """Collapse the edges of a closed surface until about so many triangles are left.

    Costs and places are those of quadric error metrics (Garland and Heckbert, "Surface
    simplification using quadric error metrics", SIGGRAPH 1997). An edge collapses only if its
    ends have exactly two neighbours in common (Dey et al., "Topology preserving edge
    contraction", 1999) and no triangle is turned over, so that the surface stays closed.

    Parameters
    ----------
    vertices : (V, 3)
    faces : (F, 3)
        Every edge has two of them.
    target : int
        Where no edge can collapse any more, more are left.
    """
    middle = vertices.mean(0)
    work = _Surface(vertices - middle, faces.astype(np.int64))
    while len(work.faces) > target:
        if not work.collapse((len(work.faces) - target + 1) // 2):
            break
    used, numbers = np.unique(work.faces, return_inverse=True)
    return work.points[used] + middle, numbers.reshape(-1, 3)


@dataclass(frozen=True, eq=False)
class _Edges:
    """Edges that may collapse, the cheapest first: ends (E, 2) and where they go (E, 3)."""

    ends: IntArray
    places: Float64Array


class _Surface:
    """A closed surface on its way."""

    def __init__(self, points: Float64Array, faces: IntArray) -> None:
        self.points, self.faces = points, faces
        corners = points[faces]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        areas = np.linalg.norm(normals, axis=1, keepdims=True) / 2
        normals /= np.maximum(2 * areas, 1e-30)
        planes = np.concatenate([normals, -(normals * corners[:, 0]).sum(1, keepdims=True)], 1)
        of_faces = areas[..., None] * planes[:, :, None] * planes[:, None, :]  # (F, 4, 4)
        self._quadrics = np.zeros((len(points), 4, 4))
        for row in range(4):
            for column in range(row, 4):
                part = np.repeat(of_faces[:, row, column], 3)
                summed = np.bincount(faces.ravel(), part, len(points))
                self._quadrics[:, row, column] = self._quadrics[:, column, row] = summed
        # Edges that could not collapse, and whether some of them may since have come to.
        self._blocked, self._changed = np.zeros(0, np.int64), False

    def collapse(self, most: int) -> bool:
        """Collapse up to so many edges that do not touch each other's triangles."""
        while True:
            ends = self._ends()
            free = ends[~np.isin(ends[:, 0] << 32 | ends[:, 1], self._blocked)]
            edges = self._cheapest(free)
            chosen = self._apart(edges)[:most]
            ends, places = edges.ends[chosen], edges.places[chosen]
            fits = self._keeps_topology(ends)
            fits[fits] = self._keeps_sides(ends[fits], places[fits])
            blocked = ends[~fits, 0] << 32 | ends[~fits, 1]
            self._blocked = np.union1d(self._blocked, blocked)
            if fits.any():
                self._apply(ends[fits], places[fits])
                self._changed = True
                return True
            if not len(blocked):
                if not self._changed:
                    return False
                self._blocked, self._changed = np.zeros(0, np.int64), False

    def _ends(self) -> IntArray:
        """Edges (E, 2), the lower number first, each once."""
        start, end = self.faces.T.ravel(), np.roll(self.faces, -1, axis=1).T.ravel()
        return np.stack([start, end], 1)[start < end]  # the other face has it the other way

    def _cheapest(self, ends: IntArray) -> _Edges:
        quadrics = self._quadrics[ends[:, 0]] + self._quadrics[ends[:, 1]]
        middles = self.points[ends].mean(1)
        anchor = _ANCHOR * np.trace(quadrics[:, :3, :3], axis1=1, axis2=2)[:, None] + 1e-20
        left = quadrics[:, :3, :3] + anchor[..., None] * np.eye(3)
        right = anchor * middles - quadrics[:, :3, 3]
        places = np.linalg.solve(left, right[..., None])[..., 0]
        full = np.concatenate([places, np.ones((len(places), 1))], 1)
        cost = np.einsum("ni,nij,nj->n", full, quadrics, full)
        # Of flat edges all cost nothing: the short ones first keep triangles round.
        cost = cost + 1e-9 * anchor[:, 0] * ((self.points[ends[:, 0]] - middles) ** 2).sum(1)
        order = np.argsort(cost, kind="stable")[: max(int(_CHEAPEST * len(cost)), 1)]
        return _Edges(ends[order], places[order])

    def _apart(self, edges: _Edges) -> IntArray:
        """Numbers of edges that are the cheapest of all that touch their neighbours."""
        count, rank = len(edges.ends), np.arange(len(edges.ends))
        first = np.full(len(self.points), count)
        # The last that is written stays: the cheapest.
        first[edges.ends[::-1].ravel()] = np.repeat(rank[::-1], 2)
        near = first.copy()
        start, end = self._ends().T
        for here, there in ((start, end), (end, start)):
            order = np.argsort(first[there], kind="stable")[::-1]
            lowest = np.full(len(near), count)
            lowest[here[order]] = first[there[order]]
            near = np.minimum(near, lowest)
        return np.flatnonzero(near[edges.ends].min(1) == rank)

    def _keeps_topology(self, ends: IntArray) -> BoolArray:
        """Whether two neighbours are common to both ends, and neither is a corner of three."""
        from scipy.sparse import coo_array

        start, end = self._ends().T
        count = len(self.points)
        links = coo_array((np.ones(len(start), np.int32), (start, end)), shape=(count, count))
        links = (links + links.T).tocsr()
        common = links[ends[:, 0]].multiply(links[ends[:, 1]]).tocsr()
        degree = np.diff(links.indptr)
        fewest = np.full(len(ends), 9)
        rows = np.repeat(np.arange(len(ends)), np.diff(common.indptr))
        np.minimum.at(fewest, rows, degree[common.indices])
        kept: BoolArray = (np.diff(common.indptr) == 2) & (fewest > 3)
        return kept

    def _keeps_sides(self, ends: IntArray, places: Float64Array) -> BoolArray:
        """Whether no triangle around an edge is turned over."""
        owner = np.full(len(self.points), -1)
        owner[ends] = np.arange(len(ends))[:, None]
        owners = owner[self.faces]
        moved = (owners >= 0).sum(1) == 1  # with two they vanish
        faces, of = self.faces[moved], owners[moved].max(1)
        points = self.points.copy()
        points[ends] = places[:, None]
        before, after = (_normals(p[faces]) for p in (self.points, points))
        turned = (before * after).sum(1) < _TURNED * np.linalg.norm(
            before, axis=1
        ) * np.linalg.norm(after, axis=1)
        fits = np.ones(len(ends), bool)
        fits[of[turned | (after == 0).all(1)]] = False
        return fits

    def _apply(self, ends: IntArray, places: Float64Array) -> None:
        kept, gone = ends.T
        self.points = self.points.copy()
        self.points[kept] = places
        self._quadrics[kept] += self._quadrics[gone]
        numbers = np.arange(len(self.points))
        numbers[gone] = kept
        faces = numbers[self.faces]
        a, b, c = faces.T
        self.faces = faces[(a != b) & (b != c) & (c != a)]


def _normals(corners: Float64Array) -> Float64Array:
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
