import numpy as np
import pytest
import torch

from occviewer.models.house_decoder import PreparedHouse
from occviewer.models.prepared import layered_decoder
from occviewer.networks import HouseNetwork


def made(hidden=10, channels=6, blocks=2, plane=16, grid=8):
    torch.manual_seed(0)
    network = HouseNetwork(
        channels=channels,
        plane_resolution=plane,
        grid_resolution=grid,
        plane_sizes=(8, 8),
        grid_sizes=(8, 8),
        hidden=hidden,
        blocks=blocks,
    ).eval()
    with torch.no_grad():
        return network, network.encode(torch.rand(1, 200, 3) - 0.5)


def points(count, reach=0.55):
    return (torch.rand(count, 3, generator=torch.Generator().manual_seed(1)) * 2 - 1) * reach


@torch.no_grad()
@pytest.mark.parametrize("count", [0, 1, 15, 16, 127, 128, 129, 1000])
@pytest.mark.parametrize("sizes", [{}, {"hidden": 32, "channels": 32, "blocks": 4}, {"grid": 12}])
def test_it_answers_as_the_network_does_whatever_its_widths(sizes, count):
    network, features = made(**sizes)
    queries = points(count)
    found = PreparedHouse(network, features)(queries)
    assert found.shape == (count,)
    torch.testing.assert_close(found, layered_decoder(network, features)(queries))


@torch.no_grad()
def test_queries_at_and_beyond_the_border_are_answered_as_the_network_does():
    network, features = made()
    corners = torch.tensor([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    queries = torch.cat([corners * reach for reach in (0.5, 0.55, 0.551, 0.7, 50.0)]).float()
    found = PreparedHouse(network, features)(queries)
    torch.testing.assert_close(found, layered_decoder(network, features)(queries))


@torch.no_grad()
def test_broken_weights_and_queries_are_seen_in_the_answers():
    network, features = made()
    queries = points(5)
    queries[2, 1] = torch.nan
    found = PreparedHouse(network, features)(queries)
    assert torch.isnan(found).tolist() == [False, False, True, False, False]
    network.decoder.blocks[1].fc_0.weight[3, 3] = torch.nan
    assert torch.isnan(PreparedHouse(network, features)(points(300))).all()


@torch.no_grad()
def test_weights_that_were_changed_or_replaced_are_seen():
    network, features = made()
    queries = points(50)
    first = PreparedHouse(network, features)(queries)
    torch.testing.assert_close(PreparedHouse(network, features)(queries), first)
    network.decoder.fc_out.bias += 1
    torch.testing.assert_close(PreparedHouse(network, features)(queries), first + 1)
    weights = {name: tensor + 0 for name, tensor in network.state_dict().items()}
    weights["decoder.fc_out.bias"] += 1
    network.load_state_dict(weights, assign=True)
    torch.testing.assert_close(PreparedHouse(network, features)(queries), first + 2)


def test_parts_of_arrays_are_filled():
    network, features = made()
    queries, logits = points(300).numpy(), np.zeros(300, np.float32)
    decoder = PreparedHouse(network, features)
    decoder.fill(queries[100:200], logits[100:200])
    assert (logits[:100] == 0).all()
    assert (logits[200:] == 0).all()
    with torch.no_grad():
        np.testing.assert_allclose(
            logits[100:200], decoder(torch.from_numpy(queries))[100:200], rtol=1e-5
        )
