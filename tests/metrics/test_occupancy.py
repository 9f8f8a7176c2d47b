import numpy as np
import pytest

from occviewer.metrics import iou


def test_identical_volumes_overlap_wholly():
    inside = np.array([True, False, True])
    assert iou(inside, inside) == 1.0


def test_disjoint_volumes_do_not_overlap():
    assert iou(np.array([True, False]), np.array([False, True])) == 0.0


def test_two_of_four_points_in_both():
    predicted = np.array([True, True, True, False, False])
    true = np.array([False, True, True, True, False])
    assert iou(predicted, true) == pytest.approx(0.5)


def test_two_empty_volumes_are_equal():
    assert iou(np.zeros(4, bool), np.zeros(4, bool)) == 1.0


def test_logits_are_not_taken_for_occupancies():
    with pytest.raises(ValueError, match="bool"):
        iou(np.array([0.3, -2.0]), np.array([True, False]))


def test_concentric_balls():
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (200_000, 3))
    radius = np.linalg.norm(points, axis=1)
    assert iou(radius < 0.3, radius < 0.4) == pytest.approx((0.3 / 0.4) ** 3, abs=0.01)
