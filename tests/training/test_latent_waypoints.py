"""Which training shapes become waypoints."""

import numpy as np
import pytest
import torch

from occviewer.networks.bottleneck import Bottleneck, bottleneck_config
from occviewer.training import latent_waypoints
from occviewer.training.dataset import ShapeSet
from occviewer.training.latent_waypoints import connected_share, measure_waypoints

from ..networks.small import small_network
from .solids import BALL, Boxes, save

LEVEL = -0.5
BLOCK = Boxes((((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5)),))
SIZES = {"plane_sizes": (8, 8, 8, 16), "grid_sizes": (8, 8, 16), "outline": 6, "hidden": 16}


@pytest.fixture
def latent():
    network = small_network().eval()
    features = network.encode(torch.rand(2, 200, 3) - 0.5)
    config = {**bottleneck_config(features), **SIZES, "plane_code": 1, "grid_code": 3}
    return network, Bottleneck(**config).eval()


@pytest.fixture
def knows_blocks(monkeypatch):
    """Whatever is encoded, the vector says a block."""

    def logits(network, features, queries):
        inside = (np.abs(queries) < 0.5).all(1)
        return np.where(inside, LEVEL + 4, LEVEL - 4).astype(np.float32)

    monkeypatch.setattr(latent_waypoints, "logits_of", logits)


def shapes(folder, categories):
    for name, (solid, category) in categories.items():
        save(folder, name, solid, category=category, uniform=60_000, near=4000, surface=3000)
    save(folder, "held-back", BALL, split="val", uniform=1000, near=1000, surface=1000)
    return ShapeSet([folder], "train")


def test_only_what_its_vector_knows_well_is_a_waypoint(latent, knows_blocks, tmp_path):
    network, bottleneck = latent
    told = []
    blocks = {name: (BLOCK, "storage") for name in ("one", "two")}
    found = shapes(tmp_path, {**blocks, "ball": (BALL, "chair")})
    measure_waypoints(
        network, bottleneck, found, LEVEL, {}, progress=lambda *done: told.append(done)
    )
    assert len(bottleneck.waypoints) == bottleneck.config["waypoints"] == 2
    assert told == [(1, 3), (2, 3), (3, 3)]
    again = Bottleneck(**bottleneck.config)
    again.load_state_dict(bottleneck.state_dict())
    assert torch.equal(again.waypoints.vectors, bottleneck.waypoints.vectors)


def test_what_counts_for_little_in_training_is_no_waypoint(latent, knows_blocks, tmp_path):
    network, bottleneck = latent
    found = shapes(
        tmp_path,
        {"one": (BLOCK, "storage"), "two": (BLOCK, "chair"), "car": (BLOCK, "other")},
    )
    measure_waypoints(network, bottleneck, found, LEVEL, {"other": 0.1, "made-up": 0.2})
    assert len(bottleneck.waypoints) == 2
    assert len(set(bottleneck.waypoints.kinds.tolist())) == 2


def test_a_shape_in_pieces_is_no_waypoint(latent, monkeypatch, tmp_path):
    """Its back hangs in the air: what comes by it would, too."""

    def logits(network, features, queries):
        inside = (np.abs(queries) < 0.5).all(1) & ((queries[:, 1] < 0.3) | (queries[:, 1] > 0.36))
        return np.where(inside, LEVEL + 4, LEVEL - 4).astype(np.float32)

    monkeypatch.setattr(latent_waypoints, "logits_of", logits)
    network, bottleneck = latent
    blocks = {name: (BLOCK, "storage") for name in ("one", "two")}
    measure_waypoints(network, bottleneck, shapes(tmp_path, blocks), LEVEL, {})
    assert bottleneck.waypoints is None


def test_what_hangs_together_is_found_along_all_its_bends():
    logits = torch.full((20, 20, 20), -1.0)
    logits[2:18, 2, 2] = 1.0
    logits[17, 2:18, 2] = 1.0
    logits[17, 17, 2:18] = 1.0
    logits[2, 2, 2] = 3.0
    assert connected_share(logits) == 1
    logits[18, 18, 18] = 1.0  # touches by a corner
    assert connected_share(logits) == 1
    logits[5, 15, 5] = 1.0
    assert connected_share(logits) == pytest.approx(47 / 48)
    assert connected_share(-torch.ones(4, 4, 4)) == 0


def test_where_nothing_is_known_well_there_are_none(latent, knows_blocks, tmp_path):
    network, bottleneck = latent
    measure_waypoints(network, bottleneck, shapes(tmp_path, {"b": (BALL, "chair")}), LEVEL, {})
    assert bottleneck.waypoints is None
    assert bottleneck.config["waypoints"] == 0
