"""What is prepared once per shape answers as the network does layer by layer."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.models import open_model
from occviewer.models.lookups import grid_lookup, plane_lookup
from occviewer.models.prepared import layered_decoder, prepared_decoder
from occviewer.networks.coordinates import (
    PLANES,
    normalised_grid,
    normalised_plane,
    sample_grid,
    sample_plane,
)
from occviewer.networks.onet import ONet

from ..networks.small import CONFIGS, box_points, small_network

BORDER = torch.tensor([[0.55, -0.55, 0.0], [0.55] * 3, [-0.55] * 3, [0.6, -9.0, 0.5499], [0.0] * 3])


def places(count):
    return torch.cat([1.1 * box_points(count), BORDER])


@pytest.mark.parametrize("names", [list(PLANES), ["yz"]])
@pytest.mark.parametrize("padding", [0.1, 0.3])
def test_planes_are_looked_up_like_images(names, padding):
    planes = {name: torch.randn(4, 9, 9) for name in names}
    at = places(2000)
    found = plane_lookup(planes, padding)(at)
    expected = sum(
        sample_plane(plane[None], normalised_plane(at[None], name, padding))[0]
        for name, plane in planes.items()
    )
    np.testing.assert_allclose(found, expected, atol=2e-5, rtol=1e-5)


def test_grids_are_looked_up_like_volumes():
    grid, at = torch.randn(4, 7, 7, 7), places(2000)
    found = grid_lookup(grid, 0.1)(at)
    expected = sample_grid(grid[None], normalised_grid(at[None], 0.1))[0]
    np.testing.assert_allclose(found, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", [kind for kind in CONFIGS if kind != "onet"])
@pytest.mark.parametrize("layout", ["as images", "as tables"])
def test_prepared_answers_as_layer_by_layer_whatever_the_layout(kind, layout):
    network = small_network(kind)
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    with torch.inference_mode():
        features = network.encode(box_points(1, 200))
        if layout == "as tables":
            features = {
                name: tensor.contiguous(memory_format=formats[tensor.ndim])
                for name, tensor in features.items()
            }
        queries = places(3000)
        expected = layered_decoder(network, features)(queries)
        found = prepared_decoder(network, features)(queries)
    assert expected.std() > 0.01
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_the_model_that_ships_answers_within_rounding_and_with_the_same_signs():
    model = open_model("furniture", device="cpu")
    cloud = 0.4 * F.normalize(box_points(1, 3000, seed=3), dim=-1)
    features = model.features(cloud.numpy())
    queries = places(20_000)
    with torch.inference_mode():
        expected = layered_decoder(model.network, features)(queries)
        found = prepared_decoder(model.network, features)(queries)
    assert (expected > model.level).any()
    assert (found - expected).abs().max() < 1e-4 * expected.abs().mean()
    assert ((found >= model.level) == (expected >= model.level)).all()


def test_onet_of_the_published_width_answers_within_rounding():
    torch.manual_seed(0)
    network = ONet(c_dim=16, encoder_hidden=8).eval()
    with torch.inference_mode():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
        features, queries = {"c": torch.randn(1, 16)}, box_points(100)
        expected = layered_decoder(network, features)(queries)
        found = prepared_decoder(network, features)(queries)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * float(expected.std()))
