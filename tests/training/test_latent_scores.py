"""What is measured of a latent space beside its axes."""

import numpy as np
import pytest
import torch

from occviewer.networks.bottleneck import Bottleneck, bottleneck_config
from occviewer.training import latent_scores
from occviewer.training.dataset import ShapeSet
from occviewer.training.latent_scores import measured_leniency

from ..networks.small import small_network
from .solids import BALL, Boxes, save

LEVEL = -0.5
STOOL = Boxes(
    (
        ((-0.4, 0.1, -0.4), (0.4, 0.5, 0.4)),
        ((-0.4, -0.5, -0.4), (-0.36, 0.1, -0.36)),
        ((0.36, -0.5, 0.36), (0.4, 0.1, 0.4)),
    )
)


@pytest.fixture(scope="module")
def latent():
    network = small_network().eval()
    features = network.encode(torch.rand(2, 200, 3) - 0.5)
    sizes = {"plane_sizes": (8, 8, 8, 16), "grid_sizes": (8, 8, 16), "outline": 6, "hidden": 16}
    return network, Bottleneck(
        **bottleneck_config(features), **sizes, plane_code=1, grid_code=3
    ).eval()


def shapes(folder, **solids):
    for name, solid in solids.items():
        save(folder, name, solid, uniform=60_000, near=4000, surface=3000)
    return ShapeSet([folder], "train")


@pytest.mark.parametrize(("above", "wanted"), [(0.1, 0.0), (-0.35, 0.4), (-0.85, 0.9), (-5.0, 1.0)])
def test_an_outline_is_asked_as_surely_as_keeps_its_thin_parts(
    latent, tmp_path, monkeypatch, above, wanted
):
    monkeypatch.setattr(
        latent_scores,
        "logits_of",
        lambda network, features, queries: np.full(len(queries), LEVEL + above, np.float32),
    )
    thin = shapes(tmp_path, stool=STOOL, ball=BALL)
    assert measured_leniency(*latent, thin, LEVEL) == pytest.approx(wanted)


def test_a_quarter_of_the_thin_parts_may_be_missing(latent, tmp_path, monkeypatch):
    def logits(network, features, queries):
        values = np.full(len(queries), LEVEL + 0.1, np.float32)
        values[: len(values) // 5] = LEVEL - 9
        return values

    monkeypatch.setattr(latent_scores, "logits_of", logits)
    assert measured_leniency(*latent, shapes(tmp_path, stool=STOOL), LEVEL) == 0


def test_where_nothing_is_thin_nothing_is_lost(latent, tmp_path):
    assert measured_leniency(*latent, shapes(tmp_path, ball=BALL), LEVEL) == 0
