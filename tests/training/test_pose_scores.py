"""How often a pose network is right about scans that it has not seen."""

import numpy as np
import pytest

from occviewer.models.proposing import Proposal
from occviewer.training import pose_scores
from occviewer.training.dataset import ShapeSet
from occviewer.training.pose_scores import PoseAccuracy, heading_is_right, pose_accuracy

from .pose_scans import CHAIR, small_network, trained_network
from .solids import BALL, save


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scores")
    save(folder, "chair", CHAIR, "val", "chair")
    save(folder, "ball", BALL, "val", "ball")
    return folder


@pytest.fixture
def shapes(folder):
    return ShapeSet([folder], "val")


@pytest.mark.parametrize(
    ("error", "sectors", "right"),
    [
        (0.0, [0], True),
        (45.0, [0], True),
        (-44.0, [0], True),
        (46.0, [0], False),
        (180.0, [0], False),
        (-359.0, [0], True),
        (725.0, [0], True),
        (180.0, [0, 4], True),
        (-140.0, [0, 4], True),
        (90.0, [0, 4], False),
        (90.0, [0, 2, 4, 6], True),
        (123.0, range(8), True),
    ],
)
def test_a_heading_is_right_within_45_degrees_of_one_that_looks_alike(error, sectors, right):
    alike = np.zeros(8, bool)
    alike[list(sectors)] = True
    assert heading_is_right(error, alike) is right


def test_a_trained_network_is_right_more_often_than_an_untrained_one(shapes):
    chairs = {"ball": 0.0}
    trained = pose_accuracy(trained_network(), shapes, chairs)
    untrained = pose_accuracy(small_network(), shapes, chairs)
    assert trained.pose > 0.7
    assert untrained.pose < 0.4
    assert trained.pose <= trained.up <= 1


def test_the_same_shapes_give_the_same_result(shapes, monkeypatch):
    monkeypatch.setattr(pose_scores, "MOST_SCANS", 4)
    told = []
    first = pose_accuracy(trained_network(), shapes, progress=lambda *done: told.append(done))
    assert first == pose_accuracy(trained_network(), shapes)
    assert (first.scans, first.shapes) == (4, 2)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_shapes_count_by_their_weights_and_headings_by_what_looks_alike(shapes, monkeypatch):
    """Upright but backwards is wrong for a chair, and right for a ball."""
    asked = []

    def backwards(network, points, ups, *others, **options):
        asked.append(points)
        # The scans are asked for in the order of the draws below.
        up, yaw = truths[len(asked) - 1]
        return [Proposal(up, (yaw + 180.0) % 360.0, 1.0)]

    truths = []

    def remembered(up, yaw):
        truths.append((up, yaw))
        return original(up, yaw)

    original = pose_scores.rotation_of
    monkeypatch.setattr(pose_scores, "rotation_of", remembered)
    monkeypatch.setattr(pose_scores, "propose_poses", backwards)

    def measure(weights=None):
        truths.clear()
        asked.clear()
        return pose_accuracy(small_network(), shapes, weights)

    assert measure() == PoseAccuracy(1.0, 0.5, 16, 2)
    assert len({up for up, _ in truths}) > 3
    assert np.ptp([yaw for _, yaw in truths]) > 180
    assert measure({"ball": 3.0}).pose == pytest.approx(0.75)
    assert measure({"ball": 0.0}).pose == 0.0
    # Where only shapes are held back that do not count, all count alike.
    assert measure({"ball": 0.0, "chair": 0.0}).pose == 0.5
