"""Edges and connected parts of triangles (F, 3)."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import IntArray


def is_closed(faces: IntArray) -> bool:
    """Whether every edge is passed once in each direction, and there is a face.

    That is: two faces at each edge, consistently oriented.
    """
    if len(faces) == 0:
        return False
    start, end = _half_edges(faces)
    if (start == end).any():
        return False
    there = np.sort(_pair(start, end))
    if (there[1:] == there[:-1]).any():
        return False
    back = np.sort(_pair(end, start))
    return bool(np.array_equal(there, back))


def edge_count(faces: IntArray) -> int:
    """Count the edges, each once."""
    start, end = _half_edges(faces)
    return len(np.unique(_pair(np.minimum(start, end), np.maximum(start, end))))


def component_labels(faces: IntArray, vertex_count: int) -> IntArray:
    """Give each face (F,) the number of its connected part: 0, 1, … without gaps."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    start, end = _half_edges(faces)
    graph = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(vertex_count,) * 2)
    _, of_vertex = connected_components(graph, directed=False)
    # Vertices without a face are parts of their own; they do not count.
    _, labels = np.unique(of_vertex[faces[:, 0]], return_inverse=True)
    return labels


def _half_edges(faces: IntArray) -> tuple[IntArray, IntArray]:
    return faces.T.ravel(), np.roll(faces, -1, axis=1).T.ravel()


def _pair(first: IntArray, second: IntArray) -> IntArray:
    """Two vertex numbers as one."""
    return (first.astype(np.int64) << 32) | second.astype(np.int64)
