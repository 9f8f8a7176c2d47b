"""Alignment, with a stand-in whose only shape is a chair of boxes that faces +Z."""

from typing import ClassVar

import numpy as np
import pytest
import torch

from occviewer.models import Model, ModelInfo
from occviewer.models.align import align
from occviewer.models.evidence import Evidence, gather, score
from occviewer.models.placing import rotation_of, turn
from occviewer.networks import PointCloudNetwork
from occviewer.observations import PointCloud
from occviewer.placement import Placement

# Seat, back and four legs: centres and half sides, box frame.
PARTS = np.array(
    [
        [[0.0, -0.05, 0.0], [0.28, 0.03, 0.25]],
        [[0.0, 0.22, -0.22], [0.28, 0.28, 0.03]],
        *[[[x, -0.29, z], [0.03, 0.21, 0.03]] for x in (-0.25, 0.25) for z in (-0.22, 0.22)],
    ]
)


class OneChair(PointCloudNetwork):
    """Answers with the same chair whatever it sees, more surely where that fits."""

    architecture: ClassVar[str] = "one chair"

    def __init__(self):
        super().__init__({}, 1500)

    def encode(self, points):
        misfit = depth(points).abs().clamp(max=0.1).mean(1)
        return {"sharpness": 150 * torch.exp(-20 * misfit)[:, None]}

    def decode(self, queries, features):
        return depth(queries) * features["sharpness"]


def depth(points):
    """Signed distance (B, N) to the chair, positive inside."""
    centres, halves = torch.tensor(PARTS, dtype=points.dtype).unbind(1)
    beyond = (points[..., None, :] - centres).abs() - halves
    outside = torch.linalg.vector_norm(beyond.clamp(min=0), dim=-1)
    return -(outside + beyond.amax(-1).clamp(max=0)).amin(-1)


def chair_surface(count, seed=0):
    """Points (count, 3) on the outer surface of the chair."""
    rng = np.random.default_rng(seed)
    part = rng.choice(len(PARTS), 3 * count, p=[0.35, 0.35] + [0.075] * 4)
    local = rng.uniform(-1, 1, (3 * count, 3))
    rows, axis = np.arange(3 * count), rng.integers(3, size=3 * count)
    local[rows, axis] = np.sign(local[rows, axis])
    points = PARTS[part, 0] + PARTS[part, 1] * local
    outer = depth(torch.from_numpy(points)[None])[0].numpy() < 1e-6
    return points[outer][:count]


@pytest.fixture(scope="module")
def surface():
    return chair_surface(1500)


@pytest.fixture(scope="module")
def model():
    return Model(OneChair(), ModelInfo(name="one chair"))


def in_the_world(surface, up, yaw):
    """The chair as a scan in a world where `up` is up, and the placement that undoes it."""
    rotation = rotation_of(up, yaw)
    truth = Placement(rotation, 0.02, np.array([1e5, -3e4, 12.0]))
    noise = np.random.default_rng(1).normal(scale=0.003, size=surface.shape)
    return PointCloud(truth.to_world(surface + noise)), truth


def degrees_between(one, other):
    cosine = (np.trace(one.rotation @ other.rotation.T) - 1) / 2
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


@pytest.mark.parametrize(
    ("up", "yaw"), [("y", 0), ("z", 0), ("-y", 180), ("x", 90), ("-z", 20), ("y", 312)]
)
def test_up_axis_heading_and_size_are_found(up, yaw, surface, model):
    cloud, truth = in_the_world(surface, up, yaw)
    code = model.encode(cloud, align="auto")
    found = code.placement
    assert degrees_between(found, truth) < 6
    assert found.scale == pytest.approx(truth.scale, rel=0.05)
    assert np.abs(found.to_box(truth.to_world(np.zeros((1, 3))))).max() < 0.03


def test_what_is_given_is_not_searched(surface, model):
    cloud, truth = in_the_world(surface, "z", 90)
    fixed = align(model, cloud.points, up="z", yaw=90)
    assert (fixed.best.up, fixed.best.yaw) == ("z", 90)
    assert fixed.runner_up is None
    assert degrees_between(align(model, cloud.points, up="z").best.placement, truth) < 6
    wrong = align(model, cloud.points, up="x")
    assert wrong.best.up == "x"
    assert wrong.best.score < fixed.best.score


def test_the_runner_up_is_another_pose_and_both_are_reported(surface, model):
    cloud, _ = in_the_world(surface, "z", 0)
    code = model.encode(cloud, align="auto")
    report = code.facts["alignment"]
    assert report["up"] == "z"
    assert report["runner_up"]["score"] < report["score"]
    other = Placement.from_dict(report["runner_up"]["placement"])
    assert degrees_between(code.placement, other) > 20
    note = code.notes[-1]
    assert note.startswith("aligned: z is up")
    assert "next best" in note


def test_the_same_cloud_gives_the_same_placement(surface, model):
    cloud, _ = in_the_world(surface, "z", 10)
    one, again = (align(model, cloud.points, seed=4).as_dict() for _ in range(2))
    assert one == again


def test_without_alignment_the_axes_stay(surface, model):
    cloud, _ = in_the_world(surface, "z", 0)
    code = model.encode(cloud)
    assert (code.placement.rotation == np.eye(3)).all()
    assert "alignment" not in code.facts


def test_the_evidence_is_best_under_the_right_placement(surface, model):
    rotations = [np.eye(3), turn(1, 8), turn(1, 90), turn(0, 90), turn(0, 180)]
    clouds = np.stack([surface @ rotation.T for rotation in rotations]).astype(np.float32)
    evidence = gather(model, clouds)
    assert evidence[0].distance < 0.005
    assert all(evidence[0].distance < other.distance for other in evidence[1:])
    assert all(evidence[0].doubt < other.doubt for other in evidence[1:])
    assert evidence[0].size == pytest.approx(1, abs=0.05)
    assert np.abs(evidence[0].centre).max() < 0.03


def test_every_kind_of_evidence_counts():
    corner = np.full(3, 0.5)
    good = Evidence(0.005, 0.1, -corner, corner)
    for worse in (
        Evidence(0.03, 0.1, -corner, corner),
        Evidence(0.005, 0.6, -corner, corner),
        Evidence(0.005, 0.1, -1.2 * corner, 1.2 * corner),
        Evidence(0.005, 0.1, -0.6 * corner, 0.6 * corner),
        Evidence(0.005, 0.1, -corner + 0.2, corner + 0.2),
    ):
        assert score(worse) < score(good)
