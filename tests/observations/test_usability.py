import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations import PointCloud, require_usable


def test_a_solid_scan_is_returned_as_it_is():
    cloud = PointCloud(np.random.default_rng(0).random((100, 3)))
    assert require_usable(cloud) is cloud


@pytest.mark.parametrize("points", [[], [[1, 2, 3]], [[0, 0, 0], [1, 0, 0], [0, 1, 0]]])
def test_too_few_points_are_refused(points):
    with pytest.raises(ObservationError, match=r"scan\.ply has only \d distinct points?, but"):
        require_usable(PointCloud(points, source="scan.ply"))


def test_points_all_at_the_same_place_are_refused():
    with pytest.raises(ObservationError, match="5,000 points that are all at the same place"):
        require_usable(PointCloud(np.full((5000, 3), 7.5)))


def test_repeated_points_do_not_count_twice():
    points = np.repeat(np.eye(3), 2000, axis=0)
    with pytest.raises(ObservationError, match="only 3 distinct points"):
        require_usable(PointCloud(points))


def test_distinct_points_after_many_repeats_are_found():
    points = np.concatenate([np.zeros((5000, 3)), np.eye(3)])
    assert len(require_usable(PointCloud(points))) == 5003


def test_a_straight_line_is_refused():
    line = np.linspace(0, 1, 50)[:, None] * [1, 2, 3] + [500_000, 5_400_000, 100]
    with pytest.raises(ObservationError, match="straight line"):
        require_usable(PointCloud(line))


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_plane_is_allowed_with_a_warning(offset):
    plane = np.random.default_rng(0).random((200, 2)) @ [[1, 2, 0.5], [0, 1, 3]] + offset
    usable = require_usable(PointCloud(plane, notes=["read oddly"]))
    assert usable.notes[0] == "read oddly"
    assert usable.notes[1].startswith("warning: all points lie in one plane")
    assert require_usable(usable) is usable


def test_four_corners_of_a_tetrahedron_are_enough():
    cloud = PointCloud([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert require_usable(cloud) is cloud
