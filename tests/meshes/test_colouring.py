"""Colours of vertices."""

import numpy as np
import pytest

from occviewer.errors import Cancelled, MeshError
from occviewer.meshes.colouring import PointColours, by_normals, uniform

from .shapes import ball, cube


def test_a_mesh_takes_the_colours_of_the_points_near_it():
    mesh = ball()
    colours = np.where(mesh.vertices[:, :1] > 0, [255, 0, 0], [0, 0, 255]).astype(np.uint8)
    found = PointColours(mesh.vertices.astype(np.float64), colours).laid_on(mesh).colors
    np.testing.assert_array_equal(found, colours)


def test_one_point_is_enough_and_none_is_refused():
    point = np.zeros((1, 3))
    found = PointColours(point, np.array([[1, 2, 3]], np.uint8)).laid_on(cube())
    assert (found.colors == [1, 2, 3]).all()
    with pytest.raises(MeshError):
        PointColours(np.zeros((0, 3)), np.zeros((0, 3), np.uint8))


def test_it_can_be_stopped():
    with pytest.raises(Cancelled):
        PointColours(np.zeros((1, 3)), np.zeros((1, 3), np.uint8)).laid_on(cube(), lambda: True)


def test_directions_and_one_colour():
    assert (uniform(cube(), (10, 20, 30)).colors == [10, 20, 30]).all()
    mesh = ball()
    colours = by_normals(mesh).colors.astype(float)
    np.testing.assert_allclose(colours / 127.5 - 1, mesh.normals, atol=0.01)
