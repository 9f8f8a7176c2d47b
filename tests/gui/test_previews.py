"""Small pictures of shapes."""

import io

import numpy as np
import pytest
import trimesh
from PIL import Image

from occviewer.gui.previews import SIZE, preview_png
from occviewer.meshes import Mesh


@pytest.mark.parametrize(
    "solid", [trimesh.creation.box((1, 1, 1)), trimesh.creation.icosphere(radius=0.5)]
)
def test_a_convex_shape_is_drawn_without_holes_and_specks(solid):
    mesh = Mesh(solid.vertices.astype(np.float32), solid.faces.astype(np.int32))
    picture = np.asarray(Image.open(io.BytesIO(preview_png(mesh.with_normals()))))
    assert picture.shape == (SIZE[1], SIZE[0], 4)
    inside = picture[..., 3] > 0
    assert inside.mean() > 0.3
    for row in inside:
        columns = np.flatnonzero(row)
        assert len(columns) == 0 or len(columns) == np.ptp(columns) + 1
    # Neighbours on one face are alike; what is far is where two faces meet.
    shades = np.where(inside, picture[..., 0], 0).astype(int)
    both = inside[:, 1:] & inside[:, :-1]
    assert (np.abs(np.diff(shades, axis=1))[both] > 25).mean() < 0.02


def test_no_shape_is_an_empty_picture():
    nothing = Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))
    assert not np.asarray(Image.open(io.BytesIO(preview_png(nothing)))).any()


def test_a_shape_with_colours_is_drawn_in_them():
    solid = trimesh.creation.icosphere(radius=0.5)
    colours = np.where(solid.vertices[:, 1:2] > 0, (200, 30, 20), (20, 40, 210)).astype(np.uint8)
    mesh = Mesh(solid.vertices.astype(np.float32), solid.faces.astype(np.int32), colors=colours)
    picture = np.asarray(Image.open(io.BytesIO(preview_png(mesh.with_normals())))).astype(int)
    middle = SIZE[0] // 2
    above, below = picture[SIZE[1] // 4, middle], picture[SIZE[1] * 9 // 10, middle]
    assert above[0] > 3 * above[2]
    assert below[2] > 3 * below[0]
