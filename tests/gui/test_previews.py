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
