"""What holds for every architecture."""

import pytest
import torch

from occviewer.networks import NETWORKS, build_network

from .small import CONFIGS, box_points, small_network

pytestmark = pytest.mark.parametrize("kind", CONFIGS)


def test_logits_have_one_value_for_each_query(kind):
    network = small_network(kind)
    assert network(box_points(2, 150), box_points(2, 70, seed=1)).shape == (2, 70)


def test_the_configuration_builds_the_same_network_again(kind):
    network = small_network(kind)
    again = build_network(network.config)
    again.load_state_dict(network.state_dict())
    points = box_points(1, 100)
    assert torch.equal(network(points, points), again.eval()(points, points))
    assert again.point_count == network.point_count == 200


def test_every_weight_learns(kind):
    network = small_network(kind).train()
    network(box_points(2, 150), box_points(2, 90, seed=1)).square().sum().backward()
    idle = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_the_order_of_the_points_does_not_matter(kind):
    network = small_network(kind)
    points, queries = box_points(1, 300), box_points(1, 50, seed=1)
    shuffled = points[:, torch.randperm(300, generator=torch.Generator().manual_seed(3))]
    torch.testing.assert_close(
        network(points, queries), network(shuffled, queries), atol=1e-5, rtol=1e-4
    )


def test_queries_are_answered_one_by_one(kind):
    network = small_network(kind)
    features = network.encode(box_points(1, 200))
    queries = box_points(1, 60, seed=1)
    together = network.decode(queries, features)
    order = torch.randperm(60, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(network.decode(queries[:, order], features), together[:, order])
    chunks = [network.decode(part, features) for part in queries.split(17, dim=1)]
    torch.testing.assert_close(torch.cat(chunks, 1), together)


def test_shapes_of_a_batch_do_not_touch_each_other(kind):
    network = small_network(kind)
    points, queries = box_points(3, 180), box_points(3, 40, seed=1)
    together = network(points, queries)
    alone = torch.cat([network(points[i : i + 1], queries[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
    assert (together[0] - together[1]).abs().max() > 1e-3


def test_the_cloud_and_the_place_decide_the_answer(kind):
    network = small_network(kind)
    queries = box_points(1, 40, seed=1)
    one, other = network(box_points(1, 200), queries), network(0.5 * box_points(1, 200), queries)
    assert (one - other).abs().max() > 1e-3
    assert one.std() > 1e-3


def test_points_on_and_beyond_the_border_are_answered(kind):
    network = small_network(kind)
    corners = torch.tensor([[[0.55, 0.55, 0.55], [-0.55, -0.55, -0.55], [5.0, -5.0, 0.0]]])
    assert torch.isfinite(network(corners, corners)).all()


def test_gradients_reach_the_queries(kind):
    network = small_network(kind)
    features = network.encode(box_points(1, 200))
    queries = box_points(1, 30, seed=1).requires_grad_()
    network.decode(queries, features).sum().backward()
    assert queries.grad.abs().sum() > 0


def test_an_unknown_setting_is_named(kind):
    with pytest.raises(ValueError, match="colour"):
        build_network({**CONFIGS[kind], "colour": 3})


def test_an_unknown_architecture_is_named(kind):
    with pytest.raises(ValueError, match="perceptron") as error:
        build_network({**CONFIGS[kind], "architecture": "perceptron"})
    assert all(name in str(error.value) for name in NETWORKS)
