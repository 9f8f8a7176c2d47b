import json

import numpy as np
import pytest
from PIL import Image as Pillow

from occviewer.errors import ObservationError
from occviewer.observations.depth_camera import DepthCamera, Intrinsics
from occviewer.observations.depth_image import cloud_of_depth, looks_like_depth, read_depth
from occviewer.observations.image import Image

CAMERA = Intrinsics((100.0, 110.0), (32.0, 24.0))


def ball(width=64, height=48, at=2.0, radius=0.3):
    """Depth of a ball in front of the camera; NaN beside it."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    x = (columns - CAMERA.centre[0]) / CAMERA.focal[0]
    y = (rows - CAMERA.centre[1]) / CAMERA.focal[1]
    a, b, c = x**2 + y**2 + 1, -2 * at, at**2 - radius**2
    with np.errstate(invalid="ignore"):
        return (-b - np.sqrt(b**2 - 4 * a * c)) / (2 * a)


def saved(path, depth):
    if path.suffix == ".npy":
        np.save(path, depth.astype(np.float32))
    else:
        millimetres = np.nan_to_num(np.round(depth * 1000), nan=0.0)
        Pillow.fromarray(millimetres.astype(np.uint16)).save(path)
    return path


@pytest.mark.parametrize("name", ["depth.png", "depth.tif", "depth.npy"])
def test_a_ball_comes_back_as_a_ball(tmp_path, name):
    depth = read_depth(saved(tmp_path / name, ball()))
    cloud = cloud_of_depth(depth, CAMERA, source=name)
    distances = np.linalg.norm(cloud.points - (0, 0, -2.0), axis=1)
    assert len(cloud) > 300
    assert distances == pytest.approx(0.3, abs=0.001)
    assert cloud.points[:, 2].max() == pytest.approx(-1.7, abs=0.01)  # the near side faces +Z


def test_up_in_the_picture_is_up_in_the_world():
    depth = np.full((48, 64), np.nan)
    depth[5, 60] = 3.0
    (point,) = cloud_of_depth(depth, CAMERA).points
    assert point == pytest.approx((28.5 * 3 / 100, 18.5 * 3 / 110, -3.0))


def test_units_can_be_given(tmp_path):
    path = saved(tmp_path / "depth.png", ball())
    assert np.nanmin(read_depth(path, unit=5000)) == pytest.approx(1.7 / 5, abs=0.01)
    with pytest.raises(ObservationError, match="above 0"):
        read_depth(path, unit=0)


def test_pixels_between_near_and_far_are_left_out():
    depth = np.full((40, 40), 2.0)
    depth[:, 20:] = 3.0
    depth[:, 20] = 2.5
    cloud = cloud_of_depth(depth, Intrinsics.guessed(40, 40))
    assert len(cloud) == 40 * 39
    assert set(cloud.points[:, 2].round(3)) == {-2.0, -3.0}
    assert any("40 pixels" in note for note in cloud.notes)


def test_mask_and_colours_are_of_the_same_pixels():
    depth = np.full((20, 30), 2.0)
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:, 15:] = (10, 20, 30)
    mask = np.zeros((20, 30), bool)
    mask[:, 15:] = True
    cloud = cloud_of_depth(depth, CAMERA, colors=Image(pixels), mask=mask)
    assert len(cloud) == 300
    assert (cloud.colors == (10, 20, 30)).all()
    with pytest.raises(ObservationError, match="mask is 20 x 30"):
        cloud_of_depth(depth, CAMERA, mask=mask.T)


def test_a_guess_sees_what_was_asked_for():
    guess = Intrinsics.guessed(100, 50, 90)
    assert guess.focal == pytest.approx((50, 50))
    assert guess.centre == (50, 25)
    with pytest.raises(ObservationError, match="1 to 170"):
        Intrinsics.guessed(100, 50, 200)


@pytest.mark.parametrize(
    "text",
    [
        "100 0 31.5\n0 110 23.5\n0 0 1\n",
        "[[100, 0, 31.5], [0, 110, 23.5], [0, 0, 1]]",
        json.dumps({"fx": 100, "fy": 110, "cx": 31.5, "cy": 23.5}),
        json.dumps({"intrinsic_matrix": [100, 0, 0, 0, 110, 0, 31.5, 23.5, 1]}),
    ],
)
def test_camera_matrices_are_read(tmp_path, text):
    (tmp_path / "camera").write_text(text)
    assert Intrinsics.load(tmp_path / "camera") == CAMERA


@pytest.mark.parametrize("text", ["", "1 2 3", "{", '{"fx": 1}', "1 2 3 4 5 6 7 8 9", "{} \xff"])
def test_what_is_no_camera_matrix_is_said(tmp_path, text):
    (tmp_path / "camera").write_text(text, encoding="latin-1")
    with pytest.raises(ObservationError, match="camera holds no camera matrix"):
        Intrinsics.load(tmp_path / "camera")


def test_depth_that_is_none_is_said(tmp_path):
    cases = {
        "rgb.png": ("not of depth", lambda p: Pillow.new("RGB", (20, 20)).save(p)),
        "zero.png": ("holds no depth", lambda p: saved(p, np.zeros((20, 20)))),
        "cut.png": ("cut off", lambda p: p.write_bytes(saved(p, ball()).read_bytes()[:120])),
        "text.png": ("no depth picture", lambda p: p.write_text("hello")),
        "list.npy": ("two dimensions", lambda p: np.save(p, np.zeros(5))),
        "cut.npy": ("cut off", lambda p: p.write_bytes(saved(p, ball()).read_bytes()[:300])),
        "none.png": ("does not exist", lambda p: None),
    }
    for name, (said, make) in cases.items():
        make(tmp_path / name)
        with pytest.raises(ObservationError, match=said) as raised:
            read_depth(tmp_path / name)
        assert name in str(raised.value)


def test_a_cloud_is_retold_for_another_camera_as_it_would_have_been_made():
    depth = np.random.default_rng(0).uniform(1.0, 1.02, (48, 64))
    other = Intrinsics((140.0, 90.0), (30.0, 27.5))
    camera = DepthCamera((64, 48), CAMERA)
    retold = camera.retold(cloud_of_depth(depth, CAMERA).points, other)
    assert retold == pytest.approx(cloud_of_depth(depth, other).points)
    assert DepthCamera((64, 48), Intrinsics.guessed(64, 48, 75)).field_of_view == pytest.approx(75)


def test_exr_is_taken_for_depth_whatever_else_is_wrong_with_it(tmp_path):
    (tmp_path / "depth.exr").write_bytes(b"\x76\x2f\x31\x01" + bytes(20))
    assert looks_like_depth(tmp_path / "depth.exr")
