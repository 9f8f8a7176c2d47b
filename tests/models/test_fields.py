"""Fields answer as their network does, however they are asked."""

import numpy as np
import pytest
import torch

from occviewer.models.fields import NetworkField, chunk_size, share_size
from occviewer.models.folded_onet import FoldedONet
from occviewer.networks import ONet

from ..networks.small import CONFIGS, box_points, small_network

BOUNDS = np.array([[-0.55] * 3, [0.55] * 3], np.float32)


def made(kind):
    network = small_network(kind)
    features = network.encode(box_points(1, 200))
    features = {name: tensor.detach() for name, tensor in features.items()}
    return network, features, NetworkField(network, features, -0.5, BOUNDS)


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize("count", [0, 1, 20_000])
def test_arrays_get_arrays_with_the_networks_logits(kind, count):
    network, features, field = made(kind)
    queries = box_points(1, count, seed=1)
    logits = field.logits(queries[0].numpy())
    assert isinstance(logits, np.ndarray)
    assert logits.dtype == np.float32
    assert logits.shape == (count,)
    with torch.no_grad():
        parts = queries.split(1000, dim=1) if count else []
        expected = [network.decode(part, features)[0].numpy() for part in parts]
    expected = np.concatenate([np.zeros(0), *expected])
    np.testing.assert_allclose(logits, expected, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_lenient_field_takes_so_much_less_for_inside_everywhere(kind):
    network, features, field = made(kind)
    lenient = NetworkField(network, features, -0.5, BOUNDS, leniency=0.7)
    points = box_points(1, 500, seed=2)[0]
    np.testing.assert_allclose(
        lenient.logits(points.numpy()), field.logits(points.numpy()) + np.float32(0.7), atol=1e-5
    )
    near = points.clone().requires_grad_()
    assert torch.allclose(lenient.logits(near), field.logits(points) + 0.7, atol=1e-4)


@pytest.mark.parametrize("kind", CONFIGS)
def test_tensors_get_tensors_and_gradients(kind):
    _, _, field = made(kind)
    queries = box_points(60, seed=1)
    plain = field.logits(queries)
    assert not plain.requires_grad
    np.testing.assert_allclose(plain.numpy(), field.logits(queries.numpy()), atol=1e-6)
    queries.requires_grad_()
    field.logits(queries).sum().backward()
    # Multilinear features have kinks; the gradient is checked where none is crossed.
    moved = queries.detach() + torch.tensor([1e-3, 0.0, 0.0])
    slope = (field.logits(moved) - plain) / 1e-3
    assert (slope - queries.grad[:, 0]).abs().median() < 0.05 * slope.abs().median() + 1e-3


def test_level_and_bounds_are_those_given():
    _, _, field = made("house")
    assert field.level == -0.5
    assert (field.bounds == BOUNDS).all()
    with pytest.raises(ValueError, match="read-only"):
        field.bounds[0] = 0


@pytest.mark.parametrize("shape", [(3,), (5, 2), (1, 5, 3)])
def test_other_shapes_are_refused(shape):
    _, _, field = made("onet")
    with pytest.raises(ValueError, match=r"\(N, 3\)"):
        field.logits(np.zeros(shape, np.float32))


def test_the_given_points_are_left_alone_and_need_not_be_writable():
    _, _, field = made("house")
    queries = box_points(30).numpy().astype(np.float64)
    queries.setflags(write=False)
    before = queries.copy()
    field.logits(queries)
    assert (queries == before).all()


def test_the_folded_decoder_of_full_size_agrees():
    torch.manual_seed(0)
    network = ONet(c_dim=64, encoder_hidden=32).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
        c, queries = torch.randn(1, 64), box_points(1, 500)
        expected = network.decode(queries, {"c": c})[0]
        folded = FoldedONet(network, c)(queries[0])
    assert expected.std() > 0.01
    np.testing.assert_allclose(folded, expected, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", CONFIGS)
def test_threads_share_the_queries(kind):
    _, _, field = made(kind)
    queries = box_points(30_000, seed=1).numpy()
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = field.logits(queries)
        torch.set_num_threads(3)
        shared = field.logits(queries)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    np.testing.assert_allclose(shared, alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["onet", "house"])
def test_compiled_decoders_answer_the_same_bits_whoever_else_is_asked(kind):
    _, _, field = made(kind)
    queries = box_points(3000, seed=1).numpy()
    together = field.logits(queries)
    order = np.random.default_rng(0).permutation(3000)
    assert (field.logits(queries[order]) == together[order]).all()
    for low, high in ((0, 1), (5, 22), (100, 2999)):
        assert (field.logits(queries[low:high]) == together[low:high]).all()


def test_wide_decoders_are_asked_in_smaller_chunks():
    narrow = chunk_size(small_network("house"), torch.device("cpu"))
    wide = chunk_size(ONet(c_dim=8, encoder_hidden=8, decoder_hidden=256), torch.device("cpu"))
    assert wide < narrow
    assert chunk_size(small_network("house"), torch.device("cuda")) > narrow


def test_threads_share_fewer_queries_of_wide_decoders():
    wide = ONet(c_dim=8, encoder_hidden=8, decoder_hidden=256)
    assert share_size(wide) < share_size(small_network("house"))
