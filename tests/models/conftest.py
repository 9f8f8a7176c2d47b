"""A small checkpoint that is written once."""

import numpy as np
import pytest
import torch

from occviewer.models import ModelInfo, save_checkpoint
from occviewer.observations import PointCloud

from ..networks.small import box_points, small_network

INFO = ModelInfo(
    name="toy",
    description="a toy for tests",
    threshold=0.3,
    noise=0.01,
    classes=("chair", "table"),
    licence="CC0-1.0",
    provenance={"data": [{"creator": "nobody", "licence": "CC0-1.0"}]},
    training={"minutes": 1.5},
    scores={"whole": {"iou": 0.5}},
    statistics={"volume": [0.1, 0.2]},
)


@pytest.fixture
def network():
    return with_surface(small_network())


def with_surface(network):
    """The network, changed so that a small part of the box is inside."""
    with torch.no_grad():
        logits = network(box_points(1, 300), 1.1 * box_points(1, 2000, seed=1))
        last = network.decoder.fc_out
        factor = 2 / logits.std()
        last.weight *= factor
        last.bias.copy_(factor * (last.bias - logits.quantile(0.95)) + INFO.level)
    return network


@pytest.fixture
def checkpoint(tmp_path, network):
    path = tmp_path / "toy.safetensors"
    save_checkpoint(path, network, INFO)
    return path


@pytest.fixture
def cloud():
    """Points on an ellipsoid 4 x 2 x 1 m large, far from the origin."""
    directions = np.random.default_rng(0).normal(size=(1000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return PointCloud(directions * [2.0, 1.0, 0.5] + [500_000.0, 4_000_000.0, 30.0])
