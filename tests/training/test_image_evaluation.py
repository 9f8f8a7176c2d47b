"""Scores of a picture door on views of solids."""

import numpy as np
import pytest
import torch

from occviewer.cutouts import SCREEN
from occviewer.models import open_model
from occviewer.models.checkpoint import save_checkpoint, update_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.networks.bottleneck import Bottleneck, bottleneck_config
from occviewer.networks.image_encoder import ImageEncoder, cloud_settings
from occviewer.networks.onet import ONet
from occviewer.pictures import DirectDoor, open_picture_door
from occviewer.training.dataset import ShapeSet
from occviewer.training.image_evaluation import evaluate_images, image_table
from occviewer.training.image_examples import ViewSet

from ..networks.small import small_network
from .pictures import save_pictures
from .solids import BALL, BOX, save


@pytest.fixture
def scored(tmp_path):
    counts = {"uniform": 4000, "near": 200, "surface": 4000}
    for name, solid in (("ball", BALL), ("box", BOX)):
        save(tmp_path / "set", name, solid, "test", name, **counts)
    save_pictures(tmp_path / "set", tmp_path / "views", count=4)
    network = small_network()
    features = network.encode(torch.rand(4, 200, 3) - 0.5)
    bottleneck = Bottleneck(
        **bottleneck_config(features),
        plane_sizes=(8, 8, 8, 16),
        grid_sizes=(8, 8, 16),
        plane_code=1,
        grid_code=3,
        outline=6,
        hidden=16,
    )
    path = tmp_path / "toy.safetensors"
    # Low enough that some of the box is inside, whatever the weights are.
    save_checkpoint(path, network, ModelInfo(name="toy", threshold=0.3), latent=bottleneck)
    encoder = ImageEncoder(
        cloud_settings(network.config), pixels=32, point_count=200, size=bottleneck.size
    )
    update_checkpoint(path, image=encoder)
    door = open_picture_door(open_model(path, "cpu"))
    return door, ViewSet([tmp_path / "views"], ShapeSet([tmp_path / "set"], "test"))


def test_a_network_that_takes_pictures_itself_is_scored_alike(scored, tmp_path):
    _, views = scored
    network = ONet(8, decoder_hidden=8, encoder="resnet18", side=32)
    path = tmp_path / "onet.safetensors"
    save_checkpoint(path, network, ModelInfo(name="onet", screen=SCREEN))
    door = DirectDoor(open_model(path, "cpu"))
    scores = list(evaluate_images(door, views, count=2, resolution=16))
    assert {one.kind for score in scores for one in score.scores} == {"picture"}
    table = image_table(scores, 2)
    assert table["pictures"] == 4
    assert "azimuth_error" not in table
    assert set(table["table"]["all"]["picture"]) == {
        "iou",
        "chamfer_l1",
        "normal_consistency",
        "f_score",
    }


def test_every_shape_has_means_over_its_pictures_before_and_after(scored):
    door, views = scored
    scores = list(evaluate_images(door, views, count=2, refine=1, surfaces=False))
    assert [len(score.azimuth_errors) for score in scores] == [2, 2]
    kinds = {(one.category, one.kind) for score in scores for one in score.scores}
    assert kinds == {(c, k) for c in ("ball", "box") for k in ("picture", "refined")}
    for score in scores:
        assert all(0 <= one.values["iou"] <= 1 for one in score.scores)
    # A round ball has no azimuth to be wrong about by more than half its symmetry's turn.
    ball = next(score for score in scores if score.scores[0].category == "ball")
    assert max(ball.azimuth_errors) <= 22.5
    table = image_table(scores, 2)
    assert table["pictures"] == 4
    errors = [error for score in scores for error in score.azimuth_errors]
    assert table["azimuth_error"] == pytest.approx(np.median(errors), abs=0.01)
    assert table["table"]["all"]["shapes"] == 2
    assert set(table["table"]["all"]) == {"shapes", "picture", "refined"}
