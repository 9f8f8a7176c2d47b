"""Up axes, yaw and the bounding box."""

import numpy as np
import pytest

from occviewer.models.placing import UPS, moved, placement_around, rotation_of, turn

AXES = {"x": [1, 0, 0], "y": [0, 1, 0], "z": [0, 0, 1]}


def axis(name):
    return np.array(AXES[name[-1]]) * (-1 if name.startswith("-") else 1)


@pytest.mark.parametrize("up", UPS)
@pytest.mark.parametrize("yaw", [0, 30, 270])
def test_the_up_axis_points_up_and_nothing_is_mirrored(up, yaw):
    rotation = rotation_of(up, yaw)
    np.testing.assert_allclose(rotation @ axis(up), [0, 1, 0], atol=1e-15)
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_axes_as_they_come_stay():
    assert (rotation_of() == np.eye(3)).all()


def test_the_fronts_of_blender_and_of_cameras_face_the_viewer():
    np.testing.assert_allclose(rotation_of("z") @ [0, -1, 0], [0, 0, 1], atol=1e-15)
    np.testing.assert_allclose(rotation_of("-y") @ [0, 0, -1], [0, 0, 1], atol=1e-15)


def test_yaw_turns_counter_clockwise_seen_from_above():
    # From above, +Z points down the page and +X to the right.
    np.testing.assert_allclose(rotation_of("y", 90) @ [0, 0, 1], [1, 0, 0], atol=1e-15)


def test_quarter_turns_are_exact():
    for degrees in (90, 180, 270, -90):
        assert set(np.abs(turn(1, degrees)).ravel()) <= {0.0, 1.0}


def test_the_bounding_box_is_centred_and_its_longest_side_is_one():
    points = np.random.default_rng(0).uniform([1e6, 2e6, 0], [1e6 + 4, 2e6 + 2, 1], (500, 3))
    box = placement_around(points, rotation_of("z", 37)).to_box(points)
    low, high = box.min(0), box.max(0)
    np.testing.assert_allclose(low, -high, atol=1e-6)
    assert (high - low).max() == pytest.approx(1, abs=1e-6)
    half = placement_around(points, rotation_of("z", 37), fill=0.5).to_box(points)
    np.testing.assert_allclose(half, 0.5 * box, atol=1e-6)


def test_a_placement_moves_to_the_centre_and_size_of_the_whole():
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3)) + 7
    placement = placement_around(points, rotation_of("x", 20))
    centre = np.array([0.1, -0.2, 0.05])
    again = moved(placement, centre, 1.25)
    np.testing.assert_allclose(
        again.to_box(points), (placement.to_box(points) - centre) / 1.25, atol=1e-6
    )
