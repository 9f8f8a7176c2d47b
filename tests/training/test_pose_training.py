"""Training a pose network: it learns, says how it goes, and ends when it should."""

import numpy as np
import pytest
import torch

from occviewer.models.placing import UPS, rotation_of
from occviewer.models.proposing import propose_poses
from occviewer.training import pose_training
from occviewer.training.pose_examples import SECTORS, Scan
from occviewer.training.pose_training import PoseSettings, train_pose_network

from .pose_scans import chair_points, chair_scan, small_network, trained_network


def train(draw=chair_scan, **settings):
    """Train a small network for a moment, and collect the reports."""
    told = []
    settings = PoseSettings(**{"batch": 2, "poses": 2, **settings})
    trained = train_pose_network(draw, settings, network=small_network(), report=told.append)
    return trained, told


def test_training_finds_the_pose_of_new_scans():
    rng = np.random.default_rng(99)
    for up in UPS:
        world = chair_points(rng).astype(np.float64) @ rotation_of(up, 90.0) + [10.0, -5.0, 300.0]
        best, *others = propose_poses(trained_network(), world, UPS)
        turned = rotation_of(best.up, best.yaw) @ rotation_of(up, 90.0).T
        assert (np.trace(turned) - 1) / 2 > np.cos(np.radians(20))
        assert len(others) == 2
        assert all(best.logit > other.logit for other in others)


def test_it_tells_how_it_goes_at_the_end():
    trained, (last,) = train(steps=3)
    assert last.step == trained.steps == 3
    assert last.left == 0
    assert 0 < last.minutes <= trained.minutes
    assert last.loss > 0
    assert 0 <= last.right <= 1


def test_it_tells_how_it_goes_in_between(monkeypatch):
    monkeypatch.setattr(pose_training, "REPORT_EVERY", -1.0)
    _, told = train(steps=4)
    assert [progress.step for progress in told] == [1, 2, 3, 4]
    left = [progress.left for progress in told]
    assert left[0] > 0
    assert left[-1] == 0


def test_it_ends_when_the_time_is_over():
    trained, told = train(minutes=0.002)
    assert trained.steps >= 1
    assert 0.002 <= trained.minutes < 0.05
    assert told[-1].step == trained.steps


def test_the_same_seed_gives_the_same_network():
    first, again, other = (train(steps=2, seed=seed)[0].network for seed in (1, 1, 2))
    clouds = torch.rand(3, 50, 3) - 0.5
    assert torch.equal(first(clouds), again(clouds))
    assert not torch.equal(first(clouds), other(clouds))


def test_a_shape_without_a_front_teaches_no_heading():
    def round_scan(count, rng):
        return Scan(chair_points(rng, count), np.ones(SECTORS, bool))

    _, (last,) = train(round_scan, steps=2, poses=2)  # the wrong pose of two is a heading
    assert last.loss == 0
    assert last.right == 1
    _, (last,) = train(round_scan, steps=2, poses=3)  # the third lies
    assert last.loss > 0


def test_the_network_comes_back_ready_to_be_used():
    network = train(steps=1)[0].network
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert {parameter.device.type for parameter in network.parameters()} == {"cpu"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_it_trains_on_a_gpu():
    settings = PoseSettings(steps=2, batch=2)
    trained = train_pose_network(chair_scan, settings, network=small_network(), device="cuda")
    assert {parameter.device.type for parameter in trained.network.parameters()} == {"cpu"}
