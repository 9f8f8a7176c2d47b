import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from occviewer.errors import MeshError
from occviewer.meshes import VIEWS, Mesh, framing, render_picture, renderer

from .shapes import ball, cube

SMALL = (160, 120)
BLUE = (0.1, 0.2, 0.9)


def shape_in(picture):
    """Box (left, right, top, bottom) of the pixels that differ from the blue background."""
    height, width, _ = picture.shape
    shown = picture[..., 0] > 0.85 * picture[..., 2]
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    return (
        columns[0] / width,
        (columns[-1] + 1) / width,
        rows[0] / height,
        (rows[-1] + 1) / height,
    )


def test_the_shape_fills_the_picture_and_stands_in_its_middle():
    picture = render_picture(ball(), size=SMALL, view="front", background=BLUE)
    assert picture.shape == (120, 160, 3)
    assert picture.dtype == np.uint8
    left, right, top, bottom = shape_in(picture)
    assert 0.75 < bottom - top < 0.95
    assert (left + right) / 2 == pytest.approx(0.5, abs=0.05)
    assert (top + bottom) / 2 == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(
    ("view", "shown"),
    [("front", 0), ("back", 1), ("right", 2), ("left", 3), ("top", 4)],
)
def test_each_view_shows_its_side(view, shown):
    mesh = cube()
    # A red cap on one side each: vertices of the side +z, -z, +x, -x, +y.
    axis, sign = [(2, 1), (2, -1), (0, 1), (0, -1), (1, 1)][shown]
    on_side = mesh.vertices[:, axis] * sign > 0
    colors = np.where(on_side[:, None], [255, 30, 30], [30, 30, 255]).astype(np.uint8)
    picture = render_picture(replace(mesh, colors=colors), size=SMALL, view=view)
    red, _, blue = picture[55:65, 75:85].reshape(-1, 3).mean(axis=0)
    assert red > 2 * blue


def test_the_usual_view_shows_front_right_and_top():
    mesh = cube()
    colors = np.full((8, 3), 40, np.uint8)
    colors[(mesh.vertices == 0.5).all(axis=1)] = [255, 20, 20]  # the corner +x +y +z
    picture = render_picture(replace(mesh, colors=colors), size=SMALL).astype(int)
    red = (picture[..., 0] - picture[..., 1]) > 60
    rows, columns = np.nonzero(red)
    # That corner is the nearest: in the inside of the picture, not on its outline.
    assert len(rows) > 50
    assert 0.3 < columns.mean() / 160 < 0.75
    assert 0.15 < rows.mean() / 120 < 0.6


def test_observed_points_show_as_coloured_dots():
    points = np.array([[0.0, 0.0, 0.4], [0.1, 0.1, 0.38]])
    without = render_picture(ball(), size=SMALL, view="front").astype(int)
    dotted = render_picture(ball(), size=SMALL, view="front", points=points).astype(int)
    orange = (dotted[..., 0] - dotted[..., 2]) > 60
    assert not ((without[..., 0] - without[..., 2]) > 60).any()
    assert 4 <= orange.sum() < 300


def test_the_floor_has_a_shadow():
    picture = render_picture(ball(), size=SMALL).astype(int).sum(axis=2)
    beside, under = picture[100:118, 5:20].mean(), picture[100:118, 70:120].min()
    assert under < beside - 60


@pytest.mark.parametrize("name", ["ball.png", "ball.jpg"])
def test_the_picture_is_written(tmp_path, name):
    picture = render_picture(ball(), tmp_path / name, size=SMALL)
    assert os.listdir(tmp_path) == [name]
    with Image.open(tmp_path / name) as image:
        written = np.asarray(image).astype(int)
    assert np.abs(written - picture).mean() < 3


def test_a_mesh_far_from_the_origin_is_drawn_all_the_same():
    here = render_picture(ball(), size=SMALL).astype(int)
    mesh = ball()
    away = replace(mesh, vertices=mesh.vertices.astype(np.float64) + [4.5e6, 120, 5e5])
    assert np.abs(render_picture(away, size=SMALL).astype(int) - here).mean() < 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"view": "below"}, "no view 'below'"),
        ({"size": (4, 4)}, "4 x 4"),
        ({"path": "picture.gif"}, r"\.png or \.jpg"),
        ({"mesh": Mesh(np.empty((0, 3)), np.empty((0, 3), int))}, "empty mesh"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments, message):
    with pytest.raises(MeshError, match=message):
        render_picture(**{"mesh": ball(), **arguments})


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MeshError, match="does not exist"):
        render_picture(ball(), tmp_path / "nowhere" / "ball.png", size=SMALL)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a matter of Linux")
def test_a_machine_that_cannot_draw_says_so_instead_of_crashing(monkeypatch):
    renderer.require_renderer.cache_clear()
    monkeypatch.setattr(renderer, "_library", lambda name: None)
    try:
        with pytest.raises(MeshError, match="apt-get install libegl1"):
            render_picture(ball(), size=SMALL)
    finally:
        renderer.require_renderer.cache_clear()


def test_the_room_opens_without_vtk_trimesh_and_scipy():
    code = (
        "import sys, occviewer.meshes, occviewer.extraction, occviewer.metrics;"
        "print([m for m in ('vtkmodules', 'pyvista', 'trimesh', 'scipy', 'torch')"
        " if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.0])
def test_the_camera_sees_every_point_and_no_more_than_it_must(view, aspect):
    points = np.random.default_rng(0).uniform([-0.5, -0.1, -0.3], [0.5, 0.3, 0.2], (200, 3))
    camera = framing.fitted_camera(points, VIEWS[view], aspect)
    forward = (camera.target - camera.position) / camera.distance
    right = np.cross(forward, camera.up)
    offsets = points - camera.position
    depth = offsets @ forward
    half = np.tan(np.radians(camera.view_angle / 2))
    across = np.abs(offsets @ right / depth / (half * aspect)).max()
    upright = np.abs(offsets @ camera.up / depth / half).max()
    assert max(across, upright) == pytest.approx(0.86, abs=1e-6)
