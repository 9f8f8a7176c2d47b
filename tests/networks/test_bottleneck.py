"""The bottleneck over planes and grid."""

import pytest
import torch

from occviewer.networks.bottleneck import Bottleneck, bottleneck_config

from .small import box_points, small_network

SMALL = {
    "plane_sizes": (8, 8, 8, 16),
    "grid_sizes": (8, 8, 16),
    "plane_code": 1,
    "grid_code": 3,
    "outline": 4,
    "hidden": 16,
}
SIZE = 4 + 6


def small_features(count=3):
    with torch.no_grad():
        return small_network().encode(box_points(count, 200))


def small_bottleneck():
    torch.manual_seed(0)
    return Bottleneck(**bottleneck_config(small_features()), **SMALL)


def test_features_come_back_with_the_shapes_that_the_decoder_wants():
    features, bottleneck = small_features(), small_bottleneck()
    z = bottleneck.encode(features)
    assert z.shape == (3, bottleneck.size) == (3, SIZE)
    again = bottleneck.decode(z)
    assert {n: t.shape for n, t in again.items()} == {n: t.shape for n, t in features.items()}
    assert small_network().decode(box_points(3, 10), again).shape == (3, 10)


def test_the_scale_of_the_channels_is_learnt_and_undone():
    features, bottleneck = small_features(), small_bottleneck()
    bottleneck.learn_scale(features)
    planes, grid = bottleneck.standardised(features)
    assert planes.mean((0, 3, 4)).abs().max() < 1e-4
    assert (grid.std((0, 2, 3, 4)) - 1).abs().max() < 1e-2
    again = bottleneck.unstandardised(planes, grid)
    for name, tensor in features.items():
        assert torch.allclose(again[name], tensor, atol=1e-5)


def test_every_plane_and_the_grid_depend_on_z():
    bottleneck = small_bottleneck()
    one, other = bottleneck.decode(torch.zeros(1, SIZE)), bottleneck.decode(torch.ones(1, SIZE))
    assert all((one[name] - other[name]).abs().max() > 1e-3 for name in one)


def test_the_outline_loses_nothing_of_the_cells():
    # What it does not say stands beside it, whatever it is.
    bottleneck, features = small_bottleneck(), small_features()
    cells, _ = bottleneck.to_cells(*bottleneck.standardised(features))
    straight = bottleneck.unstandardised(*bottleneck.from_cells(cells))
    by_z = bottleneck.decode(bottleneck.encode(features))
    assert all(torch.allclose(by_z[name], straight[name], atol=1e-5) for name in straight)


def test_a_cell_says_what_lies_there_and_not_what_lies_far_away():
    # A vector that is a coarse picture: it keeps the legs of chairs that it never saw.
    torch.manual_seed(0)
    sizes = {"plane_sizes": (8,), "grid_sizes": (8,), "plane_code": 1, "grid_code": 1}
    bottleneck = Bottleneck(8, 64, 8, 32, **sizes)
    z = torch.zeros(1, bottleneck.size)
    moved = z.clone()
    moved[0, bottleneck.outline] = 3.0  # the first cell of the first plane
    difference = (bottleneck.decode(z)["plane_xz"] - bottleneck.decode(moved)["plane_xz"])[0]
    assert difference[:, :4, :4].abs().max() > 1e-4
    assert difference[:, 32:, 32:].abs().max() == 0


def test_what_the_grid_holds_reaches_the_planes():
    bottleneck = small_bottleneck()
    cells = torch.zeros(1, 6)
    before, _ = bottleneck.from_cells(cells)
    with torch.no_grad():
        bottleneck.grid_wide.bias += 1
    after, _ = bottleneck.from_cells(cells)
    assert all((before[:, plane] - after[:, plane]).abs().max() > 1e-4 for plane in range(3))


def test_all_weights_learn():
    bottleneck, features = small_bottleneck(), small_features()
    cells, log_variance = bottleneck.to_cells(*bottleneck.standardised(features))
    outline, doubt = bottleneck.outline_of(cells + log_variance)
    found = bottleneck.from_cells(bottleneck.cells_of(outline + doubt))
    sum(tensor.square().sum() for tensor in found).backward()
    unused = [name for name, p in bottleneck.named_parameters() if p.grad is None]
    assert unused == []


def test_batches_are_encoded_and_decoded_one_by_one_alike():
    bottleneck, features = small_bottleneck(), small_features()
    z = bottleneck.encode(features)
    first = bottleneck.encode({name: tensor[:1] for name, tensor in features.items()})
    assert torch.allclose(z[:1], first, atol=1e-5)
    decoded = bottleneck.decode(z)
    alone = bottleneck.decode(z[:1])
    assert all(torch.allclose(decoded[n][:1], alone[n], atol=1e-5) for n in alone)


def test_only_planes_and_grid_have_a_bottleneck():
    for kind in ("onet", "convonet planes", "convonet grid", "convonet both"):
        features = small_network(kind).encode(box_points(1, 200))
        assert bottleneck_config(features) is None


def test_resolutions_that_cannot_be_halved_are_refused():
    with pytest.raises(ValueError, match="12 cannot be halved 3 times"):
        Bottleneck(plane_resolution=12, plane_sizes=(8, 8, 8))
