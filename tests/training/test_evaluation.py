import numpy as np
import pytest
import torch
from torch import nn

from occviewer.errors import ExtractionError
from occviewer.models import Model, ModelInfo
from occviewer.networks.base import OccupancyNetwork
from occviewer.training.dataset import ShapeSet
from occviewer.training.evaluation import evaluate
from occviewer.training.observing import KINDS
from occviewer.training.scores import MEASURES, summarise

from ..networks.small import small_network
from .solids import BALL, save


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    return a_ball(tmp_path_factory.mktemp("ball"), 5000)


def a_ball(folder, samples):
    save(folder, "ball", BALL, "test", "ball", uniform=30_000, surface=samples)
    return ShapeSet([folder], "test")


class FittedBall(OccupancyNetwork):
    """Whatever it is shown, it answers with a ball about the origin."""

    architecture = "fitted"

    def __init__(self, radius):
        super().__init__({}, point_count=500)
        self.radius = nn.Parameter(torch.tensor([radius]))

    def encode(self, points):
        return {"c": self.radius.expand(len(points), 1)}

    def decode(self, queries, features):
        return 20 * (features["c"] - queries.norm(dim=-1))


def scores_of(radius, shapes, threshold=0.5, **options):
    model = Model(FittedBall(radius), ModelInfo(threshold=threshold))
    return list(evaluate(model, shapes, resolution=48, **options))


def test_the_true_shape_scores_best_in_every_measure(tmp_path):
    # With fewer samples of the truth, 1 % would not span the gaps between them.
    scores = scores_of(0.5, a_ball(tmp_path, 60_000))
    assert [score.kind for score in scores] == list(KINDS)
    for score in scores:
        assert (score.name, score.category) == ("ball", "ball")
        assert tuple(score.values) == MEASURES
        assert score.values["iou"] > 0.99
        assert score.values["chamfer_l1"] < 0.006
        assert score.values["normal_consistency"] > 0.97
        assert score.values["f_score"] > 0.98


def test_a_smaller_ball_scores_what_geometry_says(ball):
    for score in scores_of(0.4, ball):
        assert score.values["iou"] == pytest.approx(0.8**3, abs=0.01)
        assert score.values["chamfer_l1"] == pytest.approx(0.1, abs=0.003)
        assert score.values["normal_consistency"] > 0.97
        assert score.values["f_score"] == 0.0


def test_the_models_own_threshold_counts(ball):
    # The level 2 lies 0.1 within the ball whose logits grow by 20 per unit.
    (threshold,) = torch.sigmoid(torch.tensor([2.0])).tolist()
    for score in scores_of(0.5, ball, threshold, surfaces=False):
        assert score.values["iou"] == pytest.approx(0.8**3, abs=0.01)


def test_a_field_without_a_surface_scores_as_an_empty_mesh_does(ball):
    for score in scores_of(-1.0, ball):
        assert score.values["iou"] == 0.0
        assert score.values["f_score"] == 0.0
        assert score.values["chamfer_l1"] > 1.0


def test_the_clouds_are_the_same_with_and_without_surfaces(ball):
    model = Model(small_network(), ModelInfo())
    full = [s.values["iou"] for s in evaluate(model, ball, resolution=16)]
    quick = [s.values for s in evaluate(model, ball, surfaces=False)]
    assert quick == [{"iou": value} for value in full]
    assert len(set(full)) == 3


def test_the_table_has_the_classes_of_the_data(tiny_set):
    model = Model(small_network(), ModelInfo())
    table = summarise(evaluate(model, ShapeSet([tiny_set], "test"), surfaces=False))
    assert list(table) == ["box", "egg", "all"]
    assert all(set(table[name]) == {"shapes", *KINDS} for name in table)
    assert np.isfinite(table["all"]["view"]["iou"])


def test_a_resolution_that_no_mesh_can_have_is_refused(ball):
    model = Model(small_network(), ModelInfo())
    with pytest.raises(ExtractionError, match="resolution 4000"):
        next(evaluate(model, ball, resolution=4000))


def test_a_field_that_cannot_be_meshed_is_not_scored_as_an_empty_one(ball, monkeypatch):
    def without_memory(*args, **options):
        raise MemoryError

    monkeypatch.setattr("occviewer.extraction.pipeline.evaluate", without_memory)
    with pytest.raises(ExtractionError, match="not enough memory for a resolution of 48; try 24"):
        scores_of(0.4, ball)
