"""Textures: baked from a picture, written, read again."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from PIL import Image

from occviewer.cameras import PictureCamera
from occviewer.errors import Cancelled, MeshError
from occviewer.meshes.files import load
from occviewer.meshes.mesh import Mesh
from occviewer.meshes.rasterising import rasterised
from occviewer.meshes.texture import Texture
from occviewer.meshes.texturing import textured_by_picture
from occviewer.meshes.unwrapping import unwrapped

from .test_texturing import FRONT, SIDE, mesh_of, pictured


@pytest.fixture(scope="module")
def ball():
    return mesh_of(trimesh.creation.icosphere(3, radius=0.5)).with_normals()


@pytest.fixture(scope="module")
def textured(ball):
    return textured_by_picture(ball, FRONT, *pictured(FRONT), side=256)


def looked_up(mesh):
    """Colours of the texture at the middles of triangles, and where these lie."""
    image, uv = mesh.texture.image, mesh.texture.uv[mesh.faces].mean(1)
    rows = ((1 - uv[:, 1]) * len(image)).astype(int)
    columns = (uv[:, 0] * len(image)).astype(int)
    return image[rows, columns].astype(int), mesh.vertices[mesh.faces].mean(1)


def test_what_is_seen_has_the_colours_of_the_picture_in_their_place(textured):
    colors, places = looked_up(textured)
    front = places[:, 2] > 0.25
    assert np.abs(colors[front & (places[:, 0] < -0.08)] - (220, 20, 30)).max() < 30
    assert np.abs(colors[front & (places[:, 0] > 0.08)] - (20, 30, 220)).max() < 30


def test_neither_background_nor_gaps_between_charts_show(textured, ball):
    # Green is the background's colour, black what no chart covers.
    for mesh in (textured, textured_by_picture(ball, SIDE, *pictured(SIDE), side=256)):
        assert mesh.texture.image[..., 1].max() < 60
        assert mesh.texture.image.max(2).min() > 60


def test_seams_cut_no_surface_and_both_sides_have_one_colour(textured, ball):
    assert len(textured.vertices) > len(ball.vertices)
    assert textured.is_watertight
    assert textured.component_count == 1
    _, first, place = np.unique(textured.vertices, axis=0, return_index=True, return_inverse=True)
    image, uv = textured.texture.image.astype(int), textured.texture.uv
    at = image[
        ((1 - uv[:, 1]) * len(image)).astype(int).clip(0, len(image) - 1),
        (uv[:, 0] * len(image)).astype(int).clip(0, len(image) - 1),
    ]
    apart = np.abs(at - at[first][place.reshape(-1)]).max(1)
    # But for the sharp edge between red and blue, where a pixel makes a difference.
    assert (apart[np.abs(textured.vertices[:, 0]) > 0.08] < 25).all()


@pytest.mark.parametrize("suffix", [".glb", ".obj"])
def test_files_keep_the_texture(textured, tmp_path, suffix):
    path = tmp_path / f"red ball{suffix}"
    textured.save(path)
    if suffix == ".obj":
        image = np.asarray(Image.open(tmp_path / "red_ball-texture.png"))
        np.testing.assert_array_equal(image, textured.texture.image)
        assert "map_Kd red_ball-texture.png" in (tmp_path / "red_ball.mtl").read_text()
        found = trimesh.load(path, process=False)
        assert found.visual.uv.shape == (len(found.vertices), 2)
        return
    again = load(path)
    colors, places = looked_up(again)
    wanted, there = looked_up(textured)
    np.testing.assert_allclose(places, there, atol=1e-6)
    assert np.abs(colors - wanted).mean() < 1


def test_formats_without_textures_say_which_have_them(textured, tmp_path):
    with pytest.raises(MeshError, match=r"holds no texture; write \.glb or \.obj"):
        textured.save(tmp_path / "ball.ply")
    assert not list(tmp_path.iterdir())


def test_a_texture_that_is_no_longer_wanted_ends_the_process(ball, monkeypatch):
    running = []
    popen = subprocess.Popen

    def started(*args, **options):
        running.append(popen(*args, **options))
        return running[0]

    monkeypatch.setattr(subprocess, "Popen", started)
    with pytest.raises(Cancelled):
        unwrapped(ball, 256, cancel=lambda: bool(running))
    assert running[0].returncode not in (None, 0)


def test_progress_reaches_the_end_and_many_triangles_are_reduced(ball):
    told = []
    camera = PictureCamera(0.0, 10.0, 3.0, 250.0, (60.0, 60.0), (120, 120))
    mesh = textured_by_picture(
        ball, camera, *pictured(camera), side=64, triangles=300, progress=told.append
    )
    assert len(mesh.faces) <= 300
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1, abs=0.05)


def test_triangles_cover_every_pixel_once():
    corners = np.array([[[0, 0], [8, 0], [0, 8]], [[8, 0], [8, 8], [0, 8]]], float)
    count = np.zeros((8, 8), int)
    for part in rasterised(corners, 8, 8):
        np.add.at(count, (part.rows, part.columns), 1)
        np.testing.assert_allclose(part.shares.sum(1), 1)
    assert (count >= 1).all()
    assert count.sum() <= 64 + 8  # the diagonal belongs to both


def test_what_fits_no_mesh_is_refused(ball):
    with pytest.raises(MeshError, match="places in the texture"):
        replace(ball, texture=Texture(np.zeros((4, 4, 3), np.uint8), np.zeros((5, 2))))
    with pytest.raises(MeshError, match="A texture is uint8"):
        Texture(np.zeros((4, 4), np.uint8), np.zeros((5, 2)))
    assert isinstance(ball, Mesh)
