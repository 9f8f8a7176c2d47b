"""What is left of a cloud when a person is done with it."""

import numpy as np
import pytest

from occviewer.document import DocumentError, Placing, Source
from occviewer.observations import PointCloud
from occviewer.placement import Placement

from .documents import make_cloud


def test_an_untouched_source_is_the_cloud_itself():
    cloud = make_cloud()
    assert Source(cloud).working_cloud() is cloud
    assert str(Source(cloud).path) == "chair.ply"
    assert Source(cloud, kept=np.ones(200, bool)).kept is None


def test_deleted_points_and_those_outside_the_box_do_not_count():
    grid = PointCloud(np.indices((4, 4, 4)).reshape(3, -1).T)
    kept = np.ones(64, bool)
    kept[0] = False
    source = Source(grid, kept=kept, crop=((0, 0, 0), (1, 1, 1)))
    left = source.working_cloud()
    assert len(left) == 7
    assert left.points.max() == 1
    assert not (left.points == 0).all(axis=1).any()
    assert len(source.cloud) == 64


def test_a_subsample_is_drawn_from_what_counts_and_always_the_same():
    kept = np.arange(200) % 2 == 0
    source = Source(make_cloud(), kept=kept, count=30, seed=4)
    indices = source.working_indices()
    assert len(set(indices)) == 30
    assert kept[indices].all()
    assert (Source(source.cloud, kept=kept, count=30, seed=4).working_indices() == indices).all()
    assert set(Source(source.cloud, kept=kept, count=30, seed=5).working_indices()) != set(indices)
    assert len(Source(source.cloud, kept=kept, count=101).working_cloud()) == 100


@pytest.mark.parametrize(
    ("placing", "per_unit"),
    [
        (Placing.by_hand(Placement(scale=0.01)), 100.0),
        (Placing("none"), 40.0),  # the longest side is 1 in the box
    ],
)
def test_noise_has_its_size_in_the_box_however_large_the_world_is(placing, per_unit):
    cloud = PointCloud(np.random.default_rng(1).uniform(0, 1, (5000, 3)) * [20, 40, 10])
    noisy = Source(cloud, noise=0.02, placing=placing).working_cloud()
    moved = noisy.points - cloud.points
    assert moved.std(axis=0) == pytest.approx([0.02 * per_unit] * 3, rel=0.05)
    again = Source(cloud, noise=0.02, placing=placing).working_cloud()
    assert (again.points == noisy.points).all()


def test_noise_leaves_a_cloud_without_extent_alone():
    cloud = PointCloud(np.ones((6, 3)))
    assert (Source(cloud, noise=0.1).working_cloud().points == 1).all()


def test_nobody_can_write_into_a_source():
    mask = np.arange(200) > 3
    source = Source(make_cloud(), kept=mask)
    mask[:] = False
    assert source.working_cloud().points.shape == (196, 3)
    with pytest.raises(ValueError, match="read-only"):
        source.kept[5] = False
    with pytest.raises(AttributeError):
        source.noise = 0.1


def test_placing_says_what_the_model_is_asked_for():
    placement = Placement(scale=2.0)
    assert Placing.by_hand(placement).arguments() == {"placement": placement}
    assert Placing("none", "z", 30).arguments() == {"align": "none", "up": "z", "yaw": 30.0}
    with pytest.raises(ValueError, match="one or the other"):
        Placing("auto", placement=placement)
    with pytest.raises(ValueError, match="points up"):
        Placing(up="w")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"kept": np.ones(3, bool)}, ValueError, "one bool for each"),
        ({"kept": np.ones(200)}, ValueError, "one bool for each"),
        ({"crop": ((1, 0, 0), (0, 1, 1))}, ValueError, "lowest and a highest"),
        ({"crop": ((0, 0, 0), (np.inf, 1, 1))}, ValueError, "lowest and a highest"),
        ({"count": 2}, DocumentError, "number of points goes from 4"),
        ({"count": 10.5}, ValueError, "whole number"),
        ({"noise": -0.1}, DocumentError, "Noise goes from 0"),
        ({"noise": float("nan")}, DocumentError, "Noise goes from 0"),
        ({"seed": -1}, DocumentError, "seed"),
        ({"placing": "auto"}, ValueError, "Placing"),
    ],
)
def test_what_cannot_be_is_said(changes, error, words):
    with pytest.raises(error, match=words):
        Source(make_cloud(), **changes)
