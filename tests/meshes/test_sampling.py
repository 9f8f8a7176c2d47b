import numpy as np
import pytest

from occviewer.errors import MeshError
from occviewer.meshes import Mesh, sample_surface

from .shapes import ball, cube, together


def test_points_lie_on_the_surface_with_its_normals():
    points, normals = sample_surface(cube(2.0), 5000, np.random.default_rng(0))
    assert points.shape == normals.shape == (5000, 3)
    assert np.abs(points).max(axis=1) == pytest.approx(1, abs=1e-6)
    # The normal is that of the side on which the point lies.
    assert np.einsum("nd,nd->n", points, normals) == pytest.approx(1, abs=1e-6)


def test_parts_get_points_by_their_area():
    mesh = together(cube(1.0), cube(2.0, (5, 0, 0)))
    points, _ = sample_surface(mesh, 40_000, np.random.default_rng(0))
    assert (points[:, 0] > 2).mean() == pytest.approx(4 / 5, abs=0.01)


def test_points_are_spread_evenly_within_a_triangle():
    triangle = Mesh(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.array([[0, 1, 2]]))
    points, normals = sample_surface(triangle, 40_000, np.random.default_rng(0))
    assert points.mean(axis=0) == pytest.approx([1 / 3, 1 / 3, 0], abs=0.01)
    # The corner triangle with half the sides has a quarter of the area.
    assert (points[:, :2].sum(axis=1) < 0.5).mean() == pytest.approx(0.25, abs=0.01)
    assert normals[0].tolist() == [0, 0, 1]


def test_the_generator_decides():
    first, second, other = (
        sample_surface(ball(), 10, np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_mesh_without_area_has_no_surface():
    flat = Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]]))
    with pytest.raises(MeshError, match="without area"):
        sample_surface(flat, 10, np.random.default_rng(0))
