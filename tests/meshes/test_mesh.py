import math
from dataclasses import replace

import numpy as np
import pytest

from occviewer.errors import MeshError
from occviewer.meshes import Mesh
from occviewer.placement import Placement

from .shapes import ball, cube, together


def test_a_cube_has_the_measures_of_a_cube():
    mesh = cube(side=2.0, centre=(1, 2, 3))
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(8)
    assert mesh.area == pytest.approx(24)
    assert mesh.euler_characteristic == 2
    assert mesh.component_count == 1
    assert mesh.bounds.tolist() == [[0, 1, 2], [2, 3, 4]]


def test_volume_is_negative_when_the_faces_look_inwards():
    mesh = cube()
    inverted = Mesh(mesh.vertices, mesh.faces[:, ::-1])
    assert inverted.is_watertight
    assert inverted.volume == pytest.approx(-1)


def test_a_missing_face_leaks():
    mesh = cube()
    assert not Mesh(mesh.vertices, mesh.faces[1:]).is_watertight


def test_one_turned_face_leaks():
    faces = cube().faces.copy()
    faces[0] = faces[0][::-1]
    assert not Mesh(cube().vertices, faces).is_watertight


def test_two_cubes_that_share_an_edge_are_not_watertight():
    mesh = together(cube(), cube(centre=(1, 1, 0)))
    places, merged = np.unique(mesh.vertices, axis=0, return_inverse=True)
    assert len(places) == 14
    assert not Mesh(places, merged[mesh.faces]).is_watertight


def test_no_mesh_is_not_watertight():
    empty = Mesh(np.empty((0, 3)), np.empty((0, 3), int))
    assert empty.is_empty
    assert not empty.is_watertight
    assert (empty.area, empty.volume, empty.component_count) == (0, 0, 0)
    with pytest.raises(MeshError, match="empty"):
        _ = empty.bounds


def test_largest_component_is_the_one_with_most_area():
    mesh = together(cube(1.0), ball(0.1).placed(Placement(centre=(3, 0, 0))))
    assert mesh.component_count == 2
    largest = mesh.largest_component()
    assert largest.volume == pytest.approx(1)
    assert len(largest.vertices) == 8


def test_small_components_go_and_the_rest_stays():
    mesh = together(cube(1.0), cube(0.5, (3, 0, 0)), cube(0.01, (5, 0, 0)))
    assert mesh.without_small_components(0.05).component_count == 2
    assert mesh.without_small_components(0.0) is mesh
    assert mesh.without_small_components(1.0).volume == pytest.approx(1)
    with pytest.raises(MeshError, match="0 … 1"):
        mesh.without_small_components(5)


def test_normals_and_colors_follow_their_vertices():
    first, second = ball(0.1), cube(1.0, (3, 0, 0)).with_normals()
    mesh = together(first, second)
    mesh = replace(
        mesh,
        normals=np.concatenate([first.normals, second.normals]),
        colors=np.arange(len(mesh.vertices) * 3).reshape(-1, 3).astype(np.uint8),
    )
    kept = mesh.largest_component()
    np.testing.assert_array_equal(kept.normals, second.normals)
    np.testing.assert_array_equal(kept.colors, mesh.colors[-8:])


def test_vertex_normals_of_a_ball_point_outwards():
    mesh = ball()
    computed = Mesh(mesh.vertices, mesh.faces).with_normals()
    assert np.einsum("nd,nd->n", computed.normals, mesh.normals).min() > 0.99


def test_placing_turns_scales_and_moves_without_losing_millimetres():
    quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    placement = Placement(rotation=quarter, scale=0.5, centre=(4_500_000.123, 512_345.678, 120.5))
    mesh = ball(0.4)
    placed = mesh.placed(placement)
    assert placed.vertices.dtype == np.float64
    assert placed.volume == pytest.approx(8 * mesh.volume, rel=1e-6)
    assert placed.is_watertight
    offsets = placed.vertices - placement.centre
    assert np.linalg.norm(offsets, axis=1) == pytest.approx(0.8, abs=1e-6)
    radial = offsets / np.linalg.norm(offsets, axis=1, keepdims=True)
    assert np.einsum("nd,nd->n", placed.normals, radial).min() > 0.9999


def test_arrays_cannot_be_changed():
    mesh = cube()
    with pytest.raises(ValueError, match="read-only"):
        mesh.vertices[0, 0] = 5


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"vertices": np.zeros((8, 2))}, "vertices"),
        ({"faces": np.zeros((4, 4), int)}, "triangles"),
        ({"faces": np.array([[0, 1, 8]])}, "vertex 8"),
        ({"faces": np.array([[0, 1, -1]])}, "below 0"),
        ({"normals": np.zeros((7, 3))}, "normals"),
        ({"colors": np.zeros((8, 3))}, "uint8"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays, message):
    with pytest.raises(MeshError, match=message):
        replace(cube(), **arrays)


def test_a_ball_has_nearly_the_volume_of_a_sphere():
    assert ball(0.4, rings=60).volume == pytest.approx(4 / 3 * math.pi * 0.4**3, rel=5e-3)
