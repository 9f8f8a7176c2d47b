import numpy as np
import pytest
import trimesh

from occviewer.cameras import PictureCamera
from occviewer.meshes import Mesh
from occviewer.meshes.processing import reduced
from occviewer.meshes.silhouettes import compared, mesh_silhouette

CAMERA = PictureCamera(30.0, 10.0, 4.0, 400.0, (200.0, 150.0), (400, 300))


def ball(radius=0.5):
    made = trimesh.creation.icosphere(4, radius)
    return Mesh(made.vertices.astype(np.float32), made.faces.astype(np.int32))


def test_the_silhouette_of_a_ball_is_a_disc():
    inside = mesh_silhouette(ball(), CAMERA)
    radius = 400 * 0.5 / np.sqrt(4.0**2 - 0.5**2)
    assert inside.sum() == pytest.approx(np.pi * radius**2, rel=0.02)
    rows, columns = np.nonzero(inside)
    assert (rows.mean(), columns.mean()) == pytest.approx((149.5, 199.5), abs=0.5)


def test_overlaps_are_shares_whatever_the_triangles_are():
    mesh, inside = ball(), mesh_silhouette(ball(), CAMERA)
    assert compared(mesh, CAMERA, inside).overlap == 1
    assert compared(reduced(mesh, 300), CAMERA, inside).overlap > 0.95
    assert compared(ball(0.25), CAMERA, inside).overlap == pytest.approx(0.25, abs=0.02)
    assert compared(mesh, CAMERA, np.zeros_like(inside)).overlap == 0


def test_large_masks_are_compared_small():
    large = CAMERA.resized(1600, 1200)
    inside = mesh_silhouette(ball(), large)
    seen = compared(ball(), large, inside)
    assert seen.wanted.shape == (315, 420)
    assert seen.overlap > 0.99


def test_what_is_behind_the_camera_covers_nothing():
    behind = Mesh(ball().vertices + CAMERA.position.astype(np.float32) * 2, ball().faces)
    assert not mesh_silhouette(behind, CAMERA).any()
