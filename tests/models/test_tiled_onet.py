"""The decoder of Occupancy Networks without its silent units answers as with them."""

import numpy as np
import pytest
import torch

from occviewer.models.folded_onet import FoldedONet
from occviewer.models.tiled_onet import TiledONet, _may_speak
from occviewer.networks import ONet

from ..networks.small import box_points

RNG = np.random.default_rng(0)


def folded(width, shift=0.0):
    """A decoder with random weights; a lower shift silences units."""
    torch.manual_seed(0)
    network = ONet(c_dim=8, encoder_hidden=8, decoder_hidden=width).eval()
    with torch.no_grad():
        for parameter in network.decoder.parameters():
            parameter += 0.3 * torch.randn_like(parameter) / parameter.shape[-1] ** 0.5
        found = FoldedONet(network, torch.randn(1, 8))
        found.blocks = [
            (scale, bias + shift, inner, inner_bias + shift, outer)
            for scale, bias, inner, inner_bias, outer in found.blocks
        ]
    return found


@pytest.mark.parametrize("width", [3, 5, 16, 100, 256])
@pytest.mark.parametrize("shift", [0.0, -1.0])
def test_it_answers_as_all_units_do(width, shift):
    decoder, queries = folded(width, shift), box_points(1, 1000)[0]
    expected = decoder(queries)
    assert expected.std() > 1e-3
    found = TiledONet(decoder)(queries)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * float(expected.std()))


@pytest.mark.parametrize("count", [0, 1, 15, 16, 127, 128, 129, 20_000])
def test_any_number_of_queries_is_answered_in_their_order(count):
    decoder, queries = folded(16), box_points(1, count)[0]
    found = TiledONet(decoder)(queries)
    assert found.shape == (count,)
    np.testing.assert_allclose(found, decoder(queries), rtol=1e-4, atol=1e-5)


def test_a_decoder_whose_units_are_all_silent_answers_what_is_left():
    decoder, queries = folded(16, -100.0), box_points(1, 300)[0]
    found = TiledONet(decoder)(queries)
    assert found.std() > 0
    np.testing.assert_allclose(found, decoder(queries), rtol=1e-4, atol=1e-5)


def test_only_a_query_that_is_no_number_gets_none():
    queries = box_points(1, 500)[0]
    queries[7, 1], queries[400, 2] = np.nan, np.nan
    found = TiledONet(folded(32))(queries)
    assert torch.isnan(found).nonzero()[:, 0].tolist() == [7, 400]


def test_a_unit_is_left_out_only_where_nothing_that_may_be_given_lets_it_speak():
    weights, bias = RNG.normal(size=(6, 40)), RNG.normal(size=40) - 3
    low = RNG.random(6)
    high = low + RNG.random(6)
    given, wanted = np.array([4, 0, 5, 1, 2, 3]), np.zeros(40, np.int64)
    arrays = (x.astype(np.float32) for x in (weights, bias))
    least, most = low.astype(np.float32), high.astype(np.float32)
    count = _may_speak(*arrays, given, 6, least, most, wanted)
    # The highest that a unit can say, at a corner of what it may be given.
    highest = bias + np.maximum(weights[given] * low[:, None], weights[given] * high[:, None]).sum(
        0
    )
    speaking = np.flatnonzero(highest > 0)
    assert 0 < len(speaking) < 30
    assert count == -(-len(speaking) // 8) * 8
    assert set(speaking) <= set(wanted[:count].tolist())
    assert len(set(wanted[:count].tolist())) == count
