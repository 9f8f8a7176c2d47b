import numpy as np
import pytest
import trimesh

from occviewer.errors import MeshError
from occviewer.meshes import Mesh
from occviewer.meshes.processing import reduced, smoothed


def ball(noise=0.0):
    made = trimesh.creation.icosphere(4)
    rng = np.random.default_rng(0)
    vertices = made.vertices * (1 + noise * rng.normal(size=(len(made.vertices), 1)))
    return Mesh(vertices.astype(np.float32), made.faces.astype(np.int32))


def roughness(mesh):
    return float(np.linalg.norm(mesh.vertices, axis=1).std())


def test_smoothing_takes_noise_away_and_keeps_size_and_triangles():
    rough = ball(noise=0.02)
    calm = smoothed(rough, 20)
    assert roughness(calm) < 0.4 * roughness(rough)
    assert calm.volume == pytest.approx(ball().volume, rel=0.02)
    assert np.array_equal(calm.faces, rough.faces)
    assert calm.is_watertight


def test_more_rounds_smooth_more():
    rough = ball(noise=0.02)
    steps = [roughness(smoothed(rough, rounds)) for rounds in (1, 5, 20, 60)]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] <= roughness(rough)


def test_no_rounds_and_no_target_give_the_mesh_back():
    mesh = ball()
    assert smoothed(mesh, 0) is mesh
    assert reduced(mesh, 0) is mesh
    assert reduced(mesh, 10**6) is mesh


def test_a_reduced_mesh_has_about_as_many_triangles_and_the_same_shape():
    mesh = ball()
    light = reduced(mesh, 800)
    assert len(light.faces) == pytest.approx(800, rel=0.05)
    assert light.is_watertight
    assert light.volume == pytest.approx(mesh.volume, rel=0.02)


def lattice():
    """Bars along the edges of a cube, with marching cubes' small triangles: many holes."""
    from occviewer.extraction import extract

    class Bars:
        bounds = np.array([[-0.55] * 3, [0.55] * 3], np.float32)
        level = 0.0

        def logits(self, points):
            off = np.sort(np.abs(np.abs(points) - 0.4), axis=1)
            along = np.abs(points).max(1) <= 0.45
            return np.where(along, 0.06 - off[:, 1], -1.0).astype(np.float32)

    return extract(Bars(), 64)


@pytest.mark.parametrize("target", [4000, 1000, 100])
def test_a_watertight_mesh_with_holes_stays_watertight(target):
    mesh = lattice()
    assert mesh.is_watertight
    light = reduced(mesh, target)
    assert light.is_watertight
    assert light.euler_characteristic == mesh.euler_characteristic
    assert len(light.faces) <= max(1.02 * target, 200)
    if target >= 1000:
        assert light.volume == pytest.approx(mesh.volume, rel=0.02)


def test_an_open_mesh_is_reduced_too():
    mesh = ball()
    cut = Mesh(mesh.vertices, mesh.faces[mesh.vertices[mesh.faces][..., 1].mean(1) > 0])
    assert len(reduced(cut, 500).faces) == pytest.approx(500, rel=0.05)


def test_coordinates_in_the_millions_keep_their_place():
    far = Mesh(ball(0.02).vertices.astype(np.float64) + [5e6, 4e5, 30], ball().faces)
    calm = smoothed(far, 20)
    assert calm.vertices.dtype == np.float64
    assert np.abs(calm.vertices - far.vertices).max() < 0.2
    assert len(reduced(far, 800).faces) < 900


@pytest.mark.parametrize("work", [smoothed, reduced])
def test_what_makes_no_sense_is_refused(work):
    with pytest.raises(MeshError):
        work(ball(), -1)
