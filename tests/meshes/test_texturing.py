import numpy as np
import pytest
import trimesh

from occviewer.cameras import PictureCamera
from occviewer.errors import MeshError
from occviewer.meshes.mesh import Mesh
from occviewer.meshes.texturing import coloured_by_picture

SIZE = 120
BACKGROUND = (0, 255, 0)


def mesh_of(shape):
    return Mesh(shape.vertices.astype(np.float32), shape.faces)


@pytest.fixture(scope="module")
def ball():
    return mesh_of(trimesh.creation.icosphere(4, radius=0.5))


def pictured(camera):
    """A ball whose left half (-X) is red and right half blue, on green."""
    columns, rows = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
    rays = camera.rays(np.stack([columns, rows], -1).reshape(-1, 2))
    directions = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    along = directions @ camera.position
    root = along**2 - (camera.position @ camera.position - 0.25)
    hit = root > 0
    points = camera.position + (-along - np.sqrt(root.clip(0)))[:, None] * directions
    pixels = np.full((SIZE * SIZE, 3), BACKGROUND, np.uint8)
    pixels[hit & (points[:, 0] < 0)] = (220, 20, 30)
    pixels[hit & (points[:, 0] >= 0)] = (20, 30, 220)
    return pixels.reshape(SIZE, SIZE, 3), hit.reshape(SIZE, SIZE)


FRONT = PictureCamera(0.0, 10.0, 3.0, 250.0, (60.0, 60.0), (SIZE, SIZE))
SIDE = PictureCamera(-70.0, 10.0, 3.0, 250.0, (60.0, 60.0), (SIZE, SIZE))


def test_what_is_seen_has_the_colours_of_the_picture_in_their_place(ball):
    mesh = coloured_by_picture(ball, FRONT, *pictured(FRONT))
    front = mesh.vertices[:, 2] > 0.2
    left, right = (front & (s * mesh.vertices[:, 0] > 0.08) for s in (-1, 1))
    assert np.abs(mesh.colors[left].astype(int) - (220, 20, 30)).max() < 45
    assert np.abs(mesh.colors[right].astype(int) - (20, 30, 220)).max() < 45


def test_nothing_of_the_background_bleeds_in(ball):
    for camera in (FRONT, SIDE):
        mesh = coloured_by_picture(ball, camera, *pictured(camera))
        assert mesh.colors[:, 1].max() < 60


def test_the_hidden_side_is_the_mirror_image_of_the_seen_one(ball):
    # From the left mostly red is seen; the right is its mirror image, although it was blue.
    mesh = coloured_by_picture(ball, SIDE, *pictured(SIDE))
    right = mesh.vertices[:, 0] > 0.35
    assert mesh.colors[right, 0].mean() > 180


def test_a_shape_that_is_not_symmetric_is_extended_smoothly():
    shape = trimesh.creation.icosphere(4, radius=0.35)
    shape.vertices[:, 0] = shape.vertices[:, 0] * 0.5 + 0.3
    mesh = mesh_of(shape)
    camera = PictureCamera(0.0, 0.0, 3.0, 250.0, (60.0, 60.0), (SIZE, SIZE))
    places, _ = camera.project(mesh.vertices)
    inside = np.zeros((SIZE, SIZE), bool)
    rows, columns = places[:, 1].astype(int), places[:, 0].astype(int).clip(0, SIZE - 1)
    inside[rows, columns] = True
    from scipy import ndimage

    inside = ndimage.binary_closing(inside, iterations=3)
    pixels = np.full((SIZE, SIZE, 3), (200, 180, 40), np.uint8)
    coloured = coloured_by_picture(mesh, camera, pixels, inside)
    assert np.abs(coloured.colors.astype(int) - (200, 180, 40)).max() < 8
    steps = np.abs(np.diff(coloured.colors[coloured.faces].astype(int), axis=1)).max()
    assert steps < 8


def test_what_is_behind_something_does_not_take_its_colour():
    near, far = (
        trimesh.creation.icosphere(3, radius=0.15),
        trimesh.creation.icosphere(3, radius=0.15),
    )
    near.vertices += (0.1, 0, 0.4)
    far.vertices += (0.1, 0, -0.3)
    mesh = mesh_of(trimesh.util.concatenate([near, far]))
    camera = PictureCamera(0.0, 0.0, 4.0, 300.0, (60.0, 60.0), (SIZE, SIZE))
    pixels = np.full((SIZE, SIZE, 3), (250, 10, 10), np.uint8)
    inside = np.ones((SIZE, SIZE), bool)
    columns, rows = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
    middle, _ = camera.project([[0.1, 0.0, 0.4]])
    pixels[np.hypot(columns - middle[0, 0], rows - middle[0, 1]) < 6] = (10, 10, 250)
    coloured = coloured_by_picture(mesh, camera, pixels, inside)
    behind = mesh.vertices[:, 2] < 0
    assert coloured.colors[behind, 2].max() < 120  # the blue spot is on the near ball only
    assert coloured.colors[~behind, 2].max() > 200


def test_cameras_that_see_nothing_and_empty_meshes_are_said(ball):
    pixels, inside = pictured(FRONT)
    empty = Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))
    with pytest.raises(MeshError, match="empty mesh"):
        coloured_by_picture(empty, FRONT, pixels, inside)
