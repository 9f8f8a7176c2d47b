import math

import numpy as np
import pytest

from occviewer.cameras import PictureCamera, fitted_centre_and_focal

CAMERA = PictureCamera(35.0, 20.0, 2.2, 150.0, (70.0, 40.0), (128, 96))


def points(count=50, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (count, 3))


def test_a_ray_through_a_points_pixel_meets_the_point():
    pixels, depths = CAMERA.project(points())
    met = CAMERA.position + depths[:, None] * CAMERA.rays(pixels)
    np.testing.assert_allclose(met, points(), atol=1e-9)


def test_the_front_is_seen_from_azimuth_0_and_the_right_side_from_90():
    front = PictureCamera(0, 0, 3, 100, (50, 50), (100, 100))
    assert front.position == pytest.approx((0, 0, 3))
    (at,), _ = front.project([[0.3, 0.2, 0.0]])
    assert at[0] > 50  # +X is to the right
    assert at[1] < 50  # +Y is up
    side = PictureCamera(90, 0, 3, 100, (50, 50), (100, 100))
    assert side.position == pytest.approx((3, 0, 0), abs=1e-9)


def test_a_positive_elevation_looks_down():
    _, depths = CAMERA.project([[0, 0.5, 0], [0, -0.5, 0]])
    assert depths[0] < depths[1]
    assert CAMERA.position[1] == pytest.approx(2.2 * math.sin(math.radians(20)))


def test_a_crop_shows_the_same_things_at_its_own_pixels():
    cropped = CAMERA.cropped(10.0, -5.0, 80.0, 40)
    whole, _ = CAMERA.project(points())
    part, _ = cropped.project(points())
    np.testing.assert_allclose(part, (whole - (10.0, -5.0)) / 2, atol=1e-9)
    back = cropped.uncropped(10.0, -5.0, 80.0, CAMERA.size)
    assert back.focal == pytest.approx(CAMERA.focal)
    assert back.centre == pytest.approx(CAMERA.centre)


def test_mirroring_picture_and_shape_agree():
    mirrored, _ = CAMERA.mirrored().project(points() * (-1, 1, 1))
    plain, _ = CAMERA.project(points())
    np.testing.assert_allclose(mirrored[:, 0], CAMERA.size[0] - plain[:, 0], atol=1e-9)
    np.testing.assert_allclose(mirrored[:, 1], plain[:, 1], atol=1e-9)


def test_a_resized_picture_has_scaled_pixels():
    pixels, _ = CAMERA.resized(64, 48).project(points())
    np.testing.assert_allclose(pixels, CAMERA.project(points())[0] / 2, atol=1e-9)


def test_points_fill_the_bounds_that_were_asked_for():
    fitted = fitted_centre_and_focal(CAMERA, points(), (10, 20, 90, 60))
    pixels, _ = fitted.project(points())
    low, high = pixels.min(0), pixels.max(0)
    assert (low + high) / 2 == pytest.approx((50, 40))
    assert max((high - low) / (80, 40)) == pytest.approx(1)


def test_a_camera_survives_json():
    assert PictureCamera.from_dict(CAMERA.as_dict()) == CAMERA


@pytest.mark.parametrize(
    "changes", [{"distance": 0.0}, {"focal": -1.0}, {"azimuth": math.nan}, {"size": (0, 5)}]
)
def test_impossible_cameras_are_refused(changes):
    with pytest.raises(ValueError, match="camera"):
        PictureCamera(**{**CAMERA.as_dict(), **changes})
