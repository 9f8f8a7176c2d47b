"""The process that draws films."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from occviewer.meshes.film_worker import END_LINE, Plan, frame_line, packed_mesh
from occviewer.meshes.framing import fitted_camera

from .shapes import cube


def work(given):
    """What the process answers to what it is given, and how it ends."""
    command = [sys.executable, "-m", "occviewer.meshes.film_worker"]
    ended = subprocess.run(command, input=given, capture_output=True, timeout=300)
    return [json.loads(line) for line in ended.stdout.splitlines()], ended.returncode


def plan(folder, name, size=(64, 48)):
    return Plan(str(folder / name), str(folder), size, 5.0, (1.0, 1.0, 1.0)).line()


@pytest.fixture
def camera():
    return fitted_camera(cube().vertices, (0.6, 0.5, 1.0), 4 / 3)


def test_frames_become_a_film_and_each_is_told(tmp_path, camera):
    mesh = packed_mesh(cube())
    given = plan(tmp_path, "film.gif") + frame_line(camera, len(mesh)) + mesh
    given += frame_line(camera.turned(40, np.zeros(3)), 0) + END_LINE
    answers, status = work(given)
    assert answers == [{"drawn": 1}, {"drawn": 2}, {"done": True}]
    assert status == 0
    with Image.open(tmp_path / "film.gif") as gif:
        assert (gif.n_frames, gif.size) == (2, (64, 48))


def test_input_that_breaks_off_ends_it_without_a_film(tmp_path, camera):
    mesh = packed_mesh(cube())
    given = plan(tmp_path, "film.glb") + frame_line(camera, len(mesh)) + mesh
    answers, status = work(given + frame_line(camera, len(mesh)) + mesh[:100])
    assert answers == [{"drawn": 1}, {"error": "The film was given up."}]
    assert status == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_a_sentence(tmp_path, camera):
    answers, _ = work(plan(tmp_path / "gone", "pictures"))
    assert "cannot be written" in answers[0]["error"]


def test_a_camera_walks_around_and_comes_back(camera):
    pivot = np.array([0.1, 0.2, 0.3])
    quarter = camera.turned(90, pivot)
    assert quarter.position[1] == pytest.approx(camera.position[1])
    distances = [np.linalg.norm(each.position - pivot) for each in (camera, quarter)]
    assert distances[0] == pytest.approx(distances[1])
    assert np.abs(quarter.position - camera.position).max() > 0.5
    round_ = camera.turned(360, pivot)
    assert np.allclose(round_.position, camera.position)
    assert np.allclose(round_.up, camera.up)


def test_a_narrow_picture_sees_as_much_as_a_wide_view(camera):
    narrow = camera.for_picture(2.0, 0.5)
    across = [
        np.tan(np.radians(each.view_angle / 2)) * aspect
        for each, aspect in ((camera, 2.0), (narrow, 0.5))
    ]
    assert across[0] == pytest.approx(across[1])
    assert camera.for_picture(1.0, 2.0).view_angle == pytest.approx(camera.view_angle)
