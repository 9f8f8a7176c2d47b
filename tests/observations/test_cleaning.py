import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations import PointCloud
from occviewer.observations.cleaning import statistical_outliers
from occviewer.observations.strays import stray_points


def cylinder(generator, count, start, end, radius):
    """Points on the surface of a thin cylinder between two points."""
    start, end = np.array(start, float), np.array(end, float)
    along = (end - start) / np.linalg.norm(end - start)
    side = np.cross(along, [0.3, 0.5, 0.8])
    side /= np.linalg.norm(side)
    other = np.cross(along, side)
    t, angle = generator.random((count, 1)), generator.random((count, 1)) * 2 * np.pi
    return start + t * (end - start) + radius * (np.cos(angle) * side + np.sin(angle) * other)


def thin_chair(count=3000, seed=0, legs=0.004):
    """A seat and a back with very thin legs and an antenna, sampled evenly by area."""
    generator = np.random.default_rng(seed)
    flat = generator.random((count, 3)) * [0.5, 0.0, 0.5] + [0, 0.45, 0]
    back = generator.random((count // 2, 3)) * [0.5, 0.5, 0.0] + [0, 0.5, 0]
    per_leg = max(8, int(count / 0.25 * 2 * np.pi * legs * 0.45))
    parts = [
        cylinder(generator, per_leg, [x, 0, z], [x, 0.45, z], legs)
        for x in (0.02, 0.48)
        for z in (0.02, 0.48)
    ]
    antenna = cylinder(generator, per_leg, [0.25, 1.0, 0], [0.25, 1.4, 0], legs)
    return np.concatenate([flat, back, *parts, antenna])


def one_sided(points, keep=0.6):
    """What a camera in front sees, roughly: the nearer points, with a hole behind."""
    depth = points @ [0.3, 0.2, 0.9]
    return points[depth > np.quantile(depth, 1 - keep)]


def test_exact_duplicates_are_merged_and_counted():
    points = np.array([[0, 0, 0], [1, 2, 3], [-0.0, 0, 0], [1, 2, 3], [1, 2, 3.0000001]])
    cloud = PointCloud(points, colors=np.arange(15).reshape(5, 3)).cleaned()
    np.testing.assert_array_equal(cloud.points, points[[0, 1, 4]])
    np.testing.assert_array_equal(cloud.colors, [[0, 1, 2], [3, 4, 5], [12, 13, 14]])
    assert cloud.notes == ("merged 2 duplicates",)


def test_many_duplicates_are_found_wherever_they_are():
    generator = np.random.default_rng(0)
    unique = generator.normal(size=(5000, 3)) + [5e5, 5e6, 100]
    order = generator.permutation(np.repeat(np.arange(5000), 3))
    cloud = PointCloud(unique[order]).cleaned()
    assert len(cloud) == 5000
    np.testing.assert_array_equal(np.sort(cloud.points, axis=0), np.sort(unique, axis=0))


def test_near_duplicates_are_merged_on_request_only():
    points = np.array([[0.05, 0, 0], [0.051, 0, 0], [0.15, 0, 0], [0, 0, 0]])
    assert len(PointCloud(points).cleaned()) == 4
    merged = PointCloud(points).cleaned(merge_distance=0.1)
    np.testing.assert_array_equal(merged.points, points[[0, 2]])


def test_a_merge_distance_below_the_precision_of_numbers_merges_equal_points_only():
    points = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]], float)
    assert len(PointCloud(points).cleaned(merge_distance=1e-310)) == 3


def test_far_points_that_inflate_the_bounding_box_are_removed():
    chair = thin_chair()
    far = np.array([[40.0, 3, 2], [-7, 1, 1], [0, 0, 1e12], [5, 5, 5], [5.01, 5, 5]])
    cloud = PointCloud(np.concatenate([chair[:100], far, chair[100:]])).cleaned()
    np.testing.assert_array_equal(cloud.points, chair)
    assert cloud.notes == ("removed 5 outliers",)


def test_points_immensely_far_away_on_every_side_are_removed():
    chair = thin_chair()
    far = np.concatenate([1e29 * np.eye(3), -1e29 * np.eye(3), [[1e29] * 3, [-1e29] * 3]])
    marked = stray_points(np.concatenate([chair, far]))
    assert np.flatnonzero(marked).tolist() == list(range(len(chair), len(chair) + 8))


def test_lone_specks_in_the_air_are_removed():
    chair = thin_chair()
    specks = np.array([[0.25, 0.2, 0.25], [0.1, 0.85, 0.4], [0.4, 0.75, 0.3]])
    marked = stray_points(np.concatenate([chair, specks]))
    assert np.flatnonzero(marked).tolist() == [len(chair), len(chair) + 1, len(chair) + 2]


def test_a_far_clump_of_points_is_removed():
    chair = thin_chair()
    clump = np.random.default_rng(1).normal(scale=0.01, size=(30, 3)) + [3, 0, 0]
    marked = stray_points(np.concatenate([chair, clump]))
    assert marked.sum() == 30
    assert marked[-30:].all()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [300, 3000, 20_000])
@pytest.mark.parametrize("legs", [0.001, 0.004, 0.02])
def test_a_clean_scan_with_thin_parts_stays_whole(seed, count, legs):
    chair = thin_chair(count, seed, legs)
    for scan in (chair, one_sided(chair), chair[::4] if legs > 0.001 else chair):
        noisy = scan + np.random.default_rng(seed).normal(scale=0.005, size=scan.shape)
        assert not stray_points(noisy).any()


def test_a_scan_whose_density_falls_with_the_distance_stays_whole():
    # As from a scanner on a tripod: evenly spread directions on a floor.
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    down = np.radians(np.linspace(3, 80, 80))
    radius = 1.6 / np.tan(down)
    x = (radius[:, None] * np.cos(angles)).ravel()
    y = (radius[:, None] * np.sin(angles)).ravel()
    assert not stray_points(np.stack([x, y, np.zeros_like(x)], axis=1)).any()


def test_two_objects_of_one_scan_both_stay():
    pair = np.concatenate([thin_chair(1000), thin_chair(400, seed=1) + [6, 0, 0]])
    assert not stray_points(pair).any()


def test_scattered_clouds_and_tiny_clouds_are_left_alone():
    scattered = np.random.default_rng(0).normal(size=(300, 3)) ** 5
    kept = ~stray_points(scattered)
    assert kept.mean() >= 0.95
    tiny = np.concatenate([np.random.default_rng(0).random((40, 3)), [[100.0, 0, 0]]])
    assert not stray_points(tiny).any()


def test_georeferenced_scans_are_cleaned_alike():
    chair = np.concatenate([thin_chair(), [[40.0, 3, 2]]])
    marked = stray_points(chair + [500_000.0, 5_400_000.0, 300.0])
    assert np.flatnonzero(marked).tolist() == [len(chair) - 1]


def test_statistical_removal_takes_what_is_far_from_its_neighbours():
    generator = np.random.default_rng(0)
    plane = generator.random((2000, 3)) * [1, 1, 0]
    specks = generator.random((10, 3)) * [1, 1, 0.1] + [0, 0, 0.3]
    marked = statistical_outliers(np.concatenate([plane, specks]))
    assert marked[-10:].all()
    assert marked[:-10].mean() < 0.06
    strict = statistical_outliers(np.concatenate([plane, specks]), ratio=0.5)
    assert strict.sum() > marked.sum()


def test_outlier_removal_can_be_forced_or_switched_off():
    points = np.concatenate([thin_chair(500), [[30.0, 0, 0]]])
    assert len(PointCloud(points).cleaned(outliers=False)) == len(points)
    forced = PointCloud(points).cleaned(outliers=True)
    assert forced.bounds[1, 0] < 1
    assert forced.notes[-1].startswith("removed ")


def test_a_clean_cloud_is_returned_as_it_is():
    cloud = PointCloud(thin_chair())
    assert cloud.cleaned() is cloud


def test_clouds_with_few_points_or_all_equal_are_not_refused():
    assert len(PointCloud([[1, 2, 3]]).cleaned(outliers=True)) == 1
    assert len(PointCloud(np.ones((100, 3))).cleaned(outliers=True)) == 1
    assert len(PointCloud(np.ones((100, 3))).cleaned(merge_distance=1.0)) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"merge_distance": -1.0},
        {"merge_distance": float("nan")},
        {"outliers": "maybe"},
        {"outliers": True, "neighbours": 0},
        {"outliers": True, "ratio": 0.0},
    ],
)
def test_settings_outside_their_range_are_refused(options):
    with pytest.raises(ObservationError):
        PointCloud(np.eye(3)).cleaned(**options)
