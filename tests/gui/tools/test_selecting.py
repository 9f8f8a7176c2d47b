"""Which points lie on the screen, in an outline and under a brush."""

import numpy as np
import pytest

from occviewer.gui.tools.projecting import View, box_points
from occviewer.gui.tools.selecting import in_polygon, near_path
from occviewer.models.placing import rotation_of
from occviewer.placement import Placement


def camera(distance=3.0, angle=30.0, width=400.0, height=200.0, parallel=False):
    """A camera on +Z that looks at the origin; the view angle is the vertical one."""
    tall = distance * np.tan(np.radians(angle / 2))
    near, far = 0.1, 100.0
    matrix = np.diag([height / width / tall, 1 / tall, -2 / (far - near), 1.0])
    if not parallel:
        matrix[:2] *= distance
        matrix[2, 2:] = [-(far + near) / (far - near), -2 * far * near / (far - near)]
        matrix[3] = [0, 0, -1, 0]
    moved = np.eye(4)
    moved[2, 3] = -distance
    return View(matrix @ moved, np.array([0, 0, distance]), np.array([0.0, 0, -1]), width, height)


def test_a_perspective_camera_shows_points_where_they_are():
    view = camera()
    tall = 3 * np.tan(np.radians(15))
    points = [[0, 0, 0], [0, tall, 0], [2 * tall, 0, 0], [0, tall / 2, 1.5]]
    assert view.project(points) == pytest.approx(
        np.array([[200, 100], [200, 0], [400, 100], [200, 0]]), abs=1e-3
    )
    single = view.project(np.array(points, np.float32))
    assert single == pytest.approx(view.project(points), abs=1e-2)


@pytest.mark.parametrize("parallel", [False, True])
def test_points_behind_the_camera_are_nowhere(parallel):
    view = camera(parallel=parallel)
    pixels = view.project([[0, 0, 2.9], [0, 0, 3.0], [0, 0, 7.0]])
    assert np.isfinite(pixels[0]).all()
    assert np.isnan(pixels[1:]).all()
    everything = [(-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6)]
    assert in_polygon(pixels, everything).tolist() == [True, False, False]
    assert near_path(pixels, [(200, 100)], 1e6).tolist() == [True, False, False]


@pytest.mark.parametrize("parallel", [False, True])
def test_a_ray_goes_through_what_is_seen_under_a_pixel(parallel):
    view = camera(parallel=parallel)
    point = np.array([0.4, -0.3, 0.8])
    start, direction = view.ray(view.project(point[None])[0])
    along = (point - start) @ direction
    assert start + along * direction == pytest.approx(point, abs=1e-4)
    assert np.linalg.norm(direction) == pytest.approx(1)


def test_the_length_of_a_pixel_grows_with_the_depth():
    view = camera()
    tall = 3 * np.tan(np.radians(15))
    assert view.length_of_pixel([0, 0, 0]) == pytest.approx(tall / 100, rel=1e-3)
    assert view.length_of_pixel([0, 0, -3]) == pytest.approx(2 * tall / 100, rel=1e-3)


def test_georeferenced_points_keep_their_digits():
    centre = np.array([500_123.4, 5_400_456.8, 212.5])
    placement = Placement(rotation_of("z", 33), 0.8, centre)
    random = np.random.default_rng(0)
    box = random.uniform(-0.5, 0.5, (200_000, 3))
    world = placement.to_world(box)
    assert np.abs(box_points(world, placement) - box).max() < 1e-6


def inside_slowly(point, polygon):
    """Winding number by the angle that the outline turns around a point."""
    away = np.array(polygon) - point
    angles = np.arctan2(away[:, 1], away[:, 0])
    turns = (np.diff(np.append(angles, angles[0])) + np.pi) % (2 * np.pi) - np.pi
    return abs(turns.sum()) > np.pi


CONCAVE = [(10, 10), (90, 10), (90, 90), (50, 30), (10, 90)]
FREEHAND = [
    (50 + (30 + 12 * np.sin(5 * a)) * np.cos(a), 50 + (30 + 12 * np.sin(5 * a)) * np.sin(a))
    for a in np.linspace(0, 2.6 * np.pi, 300)  # past its beginning
]
BOW = [(10, 10), (90, 90), (90, 10), (10, 90)]


@pytest.mark.parametrize("polygon", [CONCAVE, CONCAVE[::-1], FREEHAND, BOW])
def test_what_an_outline_goes_around_is_inside(polygon):
    pixels = np.random.default_rng(1).uniform(-20, 120, (3000, 2)).astype(np.float32)
    found = in_polygon(pixels, polygon)
    expected = [inside_slowly(point, polygon) for point in pixels.astype(float)]
    assert found.tolist() == expected
    assert 0.1 < found.mean() < 0.6


def test_the_notch_of_a_concave_outline_is_outside():
    pixels = np.array([[50, 60], [20, 60], [80, 60], [50, 20]], np.float32)
    assert in_polygon(pixels, CONCAVE).tolist() == [False, True, True, True]


def test_two_corners_go_around_nothing():
    pixels = np.array([[5, 5]], np.float32)
    assert not in_polygon(pixels, [(0, 0), (10, 10)]).any()
    assert not in_polygon(pixels, []).any()


def test_an_outline_may_leave_the_screen_far_behind():
    pixels = np.array([[5, 5], [5, 50_000], [5, 2e6]], np.float32)
    outline = [(-1e5, -1e5), (1e5, -1e5), (1e5, 1e5), (-1e5, 1e5)]
    assert in_polygon(pixels, outline).tolist() == [True, True, False]


def test_a_brush_covers_what_lies_near_its_path():
    pixels = np.array([[0, 0], [50, 9.9], [50, 10.1], [109, 0], [111, 0], [100, 100]], np.float32)
    found = near_path(pixels, [(0, 0), (100, 0)], 10)
    assert found.tolist() == [True, True, False, True, False, False]
    dab = near_path(pixels, [(50, 5)], 6)
    assert dab.tolist() == [False, True, True, False, False, False]


def test_a_brush_that_goes_on_takes_what_it_takes_in_one_go():
    random = np.random.default_rng(2)
    pixels = random.uniform(0, 300, (5000, 2)).astype(np.float32)
    path = np.cumsum(random.normal(0, 12, (30, 2)), axis=0) + 150
    whole = near_path(pixels, path, 15)
    pieces = [near_path(pixels, path[i : i + 2], 15) for i in range(29)]
    assert (np.any(pieces, axis=0) == whole).all()
    assert 0 < whole.sum() < 5000
