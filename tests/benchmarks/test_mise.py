"""The reference pipeline finds what dense evaluation finds where no part is hidden."""

import numpy as np
import pytest

from occviewer.benchmarks.counting import dense_signs
from occviewer.benchmarks.mise import marching_cubes, mise

BOX = np.array([[-0.55] * 3, [0.55] * 3], np.float32)


def ball(points):
    return (20 * (0.4 - np.linalg.norm(points - np.float32(0.03), axis=1))).astype(np.float32)


def torus(points):
    ring = np.hypot(points[:, 0], points[:, 2]) - 0.3
    return (20 * (0.15 - np.hypot(ring, points[:, 1]))).astype(np.float32)


def slab(points):
    """Leave the box on four sides."""
    return (10 * (0.2 - np.abs(points[:, 1] - 0.3 * points[:, 0]))).astype(np.float32)


@pytest.mark.parametrize("logits", [ball, torus, slab])
@pytest.mark.parametrize(("start", "resolution"), [(8, 8), (8, 16), (8, 32), (32, 64)])
@pytest.mark.parametrize("level", [0.0, 0.7])
def test_signs_are_those_of_dense_evaluation(logits, start, resolution, level):
    found = mise(logits, resolution, level, BOX, start=start)
    expected = dense_signs(logits, resolution, level, BOX)
    assert (found.values >= level).tolist() == expected.tolist()


def test_few_points_are_asked_and_none_twice():
    seen = []

    def logits(points):
        seen.append(points.copy())
        return ball(points)

    found = mise(logits, 64, 0.0, BOX, start=16)
    points = np.concatenate(seen)
    assert found.asked == len(points) == len(np.unique(points, axis=0))
    assert 17**3 < found.asked < 65**3 / 4
    assert max(map(len, seen)) <= 100_000


def test_a_part_that_no_node_of_the_start_sees_is_missed():
    """Which is why ours looks further: the reference must not be better than the published one."""

    def crumb(points):
        near = np.linalg.norm(points - np.float32(0.55 / 8), axis=1)
        return np.maximum(ball(points + 0.3), 20 * (0.03 - near)).astype(np.float32)

    assert dense_signs(crumb, 32, 0.0, BOX).sum() > (mise(crumb, 32, 0.0, BOX, 8).values > 0).sum()


def test_the_mesh_lies_on_the_surface_and_is_closed_at_the_border():
    vertices, triangles = marching_cubes(mise(ball, 32, 0.0, BOX, start=8), 0.0, BOX)
    assert np.abs(np.linalg.norm(vertices - 0.03, axis=1) - 0.4).max() < 0.005
    assert len(triangles) > 1000
    vertices, triangles = marching_cubes(mise(slab, 32, 0.0, BOX, start=8), 0.0, BOX)
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


@pytest.mark.parametrize("resolution", [16, 48, 100])
def test_resolutions_it_cannot_reach_are_refused(resolution):
    with pytest.raises(ValueError, match=str(resolution)):
        mise(ball, resolution, 0.0, BOX, start=32)
