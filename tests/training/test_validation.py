from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from occviewer.errors import Cancelled
from occviewer.training import validation
from occviewer.training.dataset import ShapeSet
from occviewer.training.observing import KINDS
from occviewer.training.validation import (
    NOISE,
    POINTS,
    intersection_over_union,
    predict,
    score_occupancy,
    scored_example,
    validate,
)

from .solids import BALL, BOX, EGG, labelled, save


class Known(nn.Module):
    """A network that knows the solid, whatever it is shown; its logits are moved by `shift`."""

    def __init__(self, solid, point_count=100, shift=0.0):
        super().__init__()
        self.solid, self.point_count, self.shift = solid, point_count, shift
        self.anchor = nn.Parameter(torch.zeros(()))
        self.shown = []

    def encode(self, points):
        self.shown.append(points[0].numpy())
        return {}

    def decode(self, queries, features):
        inside = torch.from_numpy(self.solid.inside(queries[0].numpy().astype(np.float64)))
        return (torch.where(inside, 1.0, -1.0) + self.shift)[None]


@dataclass(frozen=True)
class Smaller:
    """A ball of half the volume."""

    def inside(self, points):
        return np.linalg.norm(points, axis=-1) <= 0.5 * 0.5 ** (1 / 3)


@pytest.fixture(scope="module")
def balls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("balls")
    for i in range(3):
        save(folder, f"ball-{i}", BALL, "val", "ball", seed=i, uniform=30_000)
    return ShapeSet([folder], "val")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1, 1, 0, 0], [1, 1, 0, 0], 1.0),
        ([1, 1, 0, 0], [0, 0, 1, 1], 0.0),
        ([1, 1, 1, 0], [0, 1, 1, 1], 0.5),
        ([0, 0, 0, 0], [0, 0, 0, 0], 1.0),
        ([0, 0, 0, 0], [1, 0, 0, 0], 0.0),
    ],
)
def test_iou_of_labels(one, other, expected):
    assert intersection_over_union(np.array(one, bool), np.array(other, bool)) == expected


def test_who_knows_the_shape_scores_one(balls):
    scores = validate(Known(BALL), balls)
    assert all(scores[kind] > 0.99 for kind in KINDS)


def test_half_the_volume_scores_a_half(balls):
    scores = validate(Known(Smaller()), balls)
    assert [scores[kind] for kind in KINDS] == pytest.approx([0.5] * 3, abs=0.02)


def test_the_threshold_is_the_one_that_does_best(balls):
    # Logits of 1.6 and -0.4: all thresholds between 0.40 and 0.83 are right.
    assert validate(Known(BALL, shift=0.6), balls)["threshold"] == pytest.approx(0.45)
    assert validate(Known(BALL, shift=-0.3), balls)["threshold"] == pytest.approx(0.25)


def test_a_score_is_taken_at_the_threshold_that_is_given(balls):
    network = Known(BALL, shift=-1.2)  # inside is a probability of 0.45
    low, high = (
        [score.values["iou"] for score in score_occupancy(network, balls, threshold)]
        for threshold in (0.4, 0.5)
    )
    assert len(low) == len(high) == 9
    assert min(low) > 0.99
    assert max(high) == 0.0


def test_scores_say_of_which_shape_they_are(balls):
    scores = list(score_occupancy(Known(BALL), balls, 0.5))
    assert [score.kind for score in scores[:3]] == list(KINDS)
    assert [score.name for score in scores[::3]] == ["ball-0", "ball-1", "ball-2"]
    assert {score.category for score in scores} == {"ball"}


def test_the_same_observations_come_every_time(balls):
    first, second = Known(BALL), Known(BALL)
    validate(first, balls)
    validate(second, balls)
    assert len(first.shown) == 9
    for one, other in zip(first.shown, second.shown, strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(first.shown[0], first.shown[3])


def test_a_network_for_few_points_is_shown_few_of_the_same_cloud(balls):
    few, many = Known(BALL, 100), Known(BALL, 5000)
    validate(few, balls)
    validate(many, balls)
    for one, other in zip(few.shown, many.shown, strict=True):
        assert one.shape == (100, 3)
        assert other.shape == (POINTS, 3)
        assert np.array_equal(one, other[:100])


def test_a_scored_view_is_noisy_and_of_one_side():
    shape = vars(labelled(BALL, cameras=1, surface=6000))
    points, queries, inside = scored_example(shape, "ball", "view", 2000)
    assert (len(points), len(queries), len(inside)) == (POINTS, 2000, 2000)
    off = np.linalg.norm(points, axis=1) - 0.5
    assert off.std() == pytest.approx(NOISE, rel=0.1)
    towards = shape["cameras"][0] / np.linalg.norm(shape["cameras"][0])
    assert (points @ towards).min() > 0.05
    # Also of the first hundred, which a network for few points is shown.
    assert (points[:100] @ towards).max() > 0.4


def test_predictions_of_many_queries_are_those_of_each(monkeypatch):
    monkeypatch.setattr(validation, "_CHUNKS", {"cpu": 7})
    queries = np.random.default_rng(0).uniform(-0.5, 0.5, (100, 3)).astype(np.float32)
    logits = predict(Known(EGG), np.zeros((1, 3), np.float32), queries)
    assert logits.dtype == np.float32
    assert np.array_equal(logits > 0, EGG.inside(queries.astype(np.float64)))


def test_of_many_shapes_a_fixed_choice_is_validated_with(balls, monkeypatch):
    monkeypatch.setattr(validation, "MOST_SHAPES", 2)
    network, again = Known(BALL), Known(BALL)
    scores = validate(network, balls)
    validate(again, balls)
    assert len(network.shown) == 6
    assert scores["whole"] > 0.99  # the mean of two, not a third of nothing
    assert all(map(np.array_equal, network.shown, again.shown))


def test_a_validation_can_be_stopped(balls):
    network = Known(BALL)
    with pytest.raises(Cancelled):
        validate(network, balls, stopped=lambda: len(network.shown) >= 4)
    assert len(network.shown) == 4


def test_shapes_that_count_little_in_training_count_little_here(tmp_path):
    # The network knows balls; of boxes it has a wrong idea.
    save(tmp_path, "a-ball", BALL, "val", "ball", uniform=8000)
    save(tmp_path, "b-box", BOX, "val", "box", uniform=8000)
    shapes = ShapeSet([tmp_path], "val")
    alike, light, none = (
        validate(Known(BALL), shapes, {"box": weight})["whole"] for weight in (1.0, 0.1, 0.0)
    )
    assert alike < light - 0.1 < none - 0.1
    assert none > 0.99
    assert validate(Known(BALL), shapes, {"tests": 0.0})["whole"] == pytest.approx(alike)
