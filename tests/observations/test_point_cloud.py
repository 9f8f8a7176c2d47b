import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations import PointCloud
from occviewer.placement import Placement

CORNERS = [[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 4]]


def test_lists_become_float64_points():
    cloud = PointCloud(CORNERS)
    assert len(cloud) == 4
    assert cloud.points.dtype == np.float64
    assert cloud.normals is None
    assert cloud.colors is None
    assert cloud.notes == ()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, np.int16])
def test_any_number_type_is_accepted(dtype):
    np.testing.assert_array_equal(PointCloud(np.array(CORNERS, dtype)).points, CORNERS)


def test_georeferenced_coordinates_keep_their_digits():
    point = [500_123.4567, 5_412_345.6789, 312.3456]
    assert PointCloud([point]).points[0].tolist() == point


def test_points_that_are_not_finite_are_dropped_with_their_attributes():
    points = [[0, 0, 0], [np.nan, 0, 0], [1, 1, 1], [0, -np.inf, 0], [3.4e38, 0, 0]]
    cloud = PointCloud(points, np.eye(3)[[0, 1, 2, 0, 0]], np.arange(15).reshape(5, 3))
    np.testing.assert_array_equal(cloud.points, [[0, 0, 0], [1, 1, 1]])
    np.testing.assert_array_equal(cloud.normals, [[1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(cloud.colors, [[0, 1, 2], [6, 7, 8]])
    assert cloud.notes == ("dropped 3 non-finite points",)


def test_normals_are_made_unit_length_and_unknown_ones_zero():
    cloud = PointCloud(CORNERS, [[0, 0, 5], [np.nan, 0, 1], [0, 0, 0], [3, 4, 0]])
    np.testing.assert_allclose(cloud.normals, [[0, 0, 1], [0, 0, 0], [0, 0, 0], [0.6, 0.8, 0]])


def test_normals_that_are_all_zero_are_ignored():
    cloud = PointCloud(CORNERS, np.zeros((4, 3)))
    assert cloud.normals is None
    assert cloud.notes == ("ignored normals that are all zero",)


def test_colours_are_bytes_or_fractions_and_lose_their_alpha():
    assert PointCloud([[0, 0, 0]], colors=[[0, 128, 255, 9]]).colors.tolist() == [[0, 128, 255]]
    assert PointCloud([[0, 0, 0]], colors=[[0.0, 0.5, 1.0]]).colors.tolist() == [[0, 128, 255]]


@pytest.mark.parametrize(
    "arguments",
    [
        {"points": [1, 2, 3]},
        {"points": np.zeros((4, 2))},
        {"points": np.zeros((2, 2, 3))},
        {"points": [["a", "b", "c"]]},
        {"points": [[1, 2, 3], [1, 2]]},
        {"points": np.zeros((2, 3), complex)},
        {"points": None},
        {"points": CORNERS, "normals": np.zeros((3, 3))},
        {"points": CORNERS, "normals": np.zeros((4, 2))},
        {"points": CORNERS, "colors": np.zeros((4, 2), np.uint8)},
        {"points": CORNERS, "colors": np.full((4, 3), 256)},
        {"points": CORNERS, "colors": np.full((4, 3), 1.5)},
        {"points": CORNERS, "colors": [[1], [1, 2]]},
    ],
)
def test_arrays_of_the_wrong_shape_or_kind_are_refused(arguments):
    with pytest.raises(ObservationError) as caught:
        PointCloud(**arguments)
    assert "\n" not in str(caught.value)


def test_bounds_extent_and_centroid():
    cloud = PointCloud(CORNERS)
    np.testing.assert_array_equal(cloud.bounds, [[0, 0, 0], [1, 2, 4]])
    np.testing.assert_array_equal(cloud.extent, [1, 2, 4])
    np.testing.assert_array_equal(cloud.centroid, [0.25, 0.5, 1])


def test_a_cloud_without_points_has_no_bounds():
    cloud = PointCloud([])
    assert len(cloud) == 0
    with pytest.raises(ObservationError, match="without points"):
        _ = cloud.bounds


def test_the_arrays_cannot_be_changed_from_outside():
    points = np.array(CORNERS, float)
    cloud = PointCloud(points)
    points[0] = 9
    assert cloud.points[0].tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="read-only"):
        cloud.points[0] = 9


def test_read_only_arrays_are_shared_instead_of_copied():
    points = np.array(CORNERS, float)
    points.setflags(write=False)
    assert np.shares_memory(PointCloud(points).points, points)


def test_select_takes_a_mask_or_indices():
    cloud = PointCloud(CORNERS, colors=np.arange(12).reshape(4, 3))
    masked = cloud.select([False, True, False, True])
    np.testing.assert_array_equal(masked.points, cloud.points[[1, 3]])
    np.testing.assert_array_equal(masked.colors, [[3, 4, 5], [9, 10, 11]])
    np.testing.assert_array_equal(cloud.select([3, 0]).points, cloud.points[[3, 0]])


@pytest.mark.parametrize("mask", [[True], [0.5], [[0]], [9]])
def test_a_mask_that_does_not_fit_is_refused(mask):
    with pytest.raises(ObservationError):
        PointCloud(CORNERS).select(mask)


def test_transformed_brings_points_and_normals_into_the_box():
    # World z is up: it becomes y in the box.
    turn = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    cloud = PointCloud([[10, 20, 34]], [[0, 0, 1]], [[1, 2, 3]], source="a.ply", notes=["n"])
    moved = cloud.transformed(Placement(turn, 0.25, np.array([10.0, 20, 30])))
    np.testing.assert_allclose(moved.points, [[0, 1, 0]], atol=1e-7)
    np.testing.assert_allclose(moved.normals, [[0, 1, 0]], atol=1e-7)
    assert moved.colors.tolist() == [[1, 2, 3]]
    assert (moved.source, moved.notes) == (cloud.source, cloud.notes)


def test_subsampling_draws_each_point_once_at_most_and_with_its_attributes():
    points = np.arange(300.0).reshape(100, 3)
    cloud = PointCloud(points, colors=np.arange(300).reshape(100, 3) % 256)
    few = cloud.subsampled(40, seed=3)
    assert len(few) == 40
    assert len(np.unique(few.points, axis=0)) == 40
    np.testing.assert_array_equal(few.colors, few.points % 256)
    np.testing.assert_array_equal(few.points, cloud.subsampled(40, seed=3).points)
    assert not np.array_equal(few.points, cloud.subsampled(40, seed=4).points)


def test_subsampling_is_unbiased_also_in_its_first_points():
    cloud = PointCloud(np.arange(60.0).reshape(20, 3))
    drawn, leading = np.zeros(20), np.zeros(20)
    for seed in range(2000):
        chosen = (cloud.subsampled(5, seed=seed).points[:, 0] / 3).astype(int)
        drawn[chosen] += 1
        leading[chosen[0]] += 1
    # Five standard deviations of binomial counts with p = 1/4 and 1/20.
    assert np.abs(drawn - 500).max() < 5 * np.sqrt(2000 * 0.25 * 0.75)
    assert np.abs(leading - 100).max() < 5 * np.sqrt(2000 * 0.05 * 0.95)


def test_asking_for_more_points_than_there_are_returns_all():
    cloud = PointCloud(CORNERS)
    assert cloud.subsampled(4) is cloud
    assert cloud.subsampled(1000) is cloud


def test_a_sample_of_no_points_is_refused():
    with pytest.raises(ObservationError, match="0 points"):
        PointCloud(CORNERS).subsampled(0)


def test_the_text_form_is_short():
    cloud = PointCloud(CORNERS, np.eye(3)[[0, 0, 0, 0]], source="folder/scan.ply")
    assert repr(cloud) == "PointCloud(4 points, normals, source='scan.ply')"
