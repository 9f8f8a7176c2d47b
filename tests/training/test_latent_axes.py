"""Principal axes of a latent space: what changes shapes most comes first."""

import pytest
import torch

from occviewer.training.latent_axes import kinds_of_shapes, principal_axes


def shapes(count=500):
    """Vectors (N, 4), and what is seen of them: mostly their third number, a little the first."""
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(count, 4, generator=generator).double()
    vectors = vectors * torch.tensor([3.0, 1.0, 0.1, 1e-9]) + 2
    seen = torch.zeros(count, 10).double()
    seen[:, :6] = (vectors[:, 2:3] - 2) * 10
    seen[:, 6:] = (vectors[:, :1] - 2) / 10
    return vectors, seen


def test_the_first_axis_is_what_changes_shapes_most_however_little_z_varies_there():
    vectors, seen = shapes()
    _, basis, _, shares = principal_axes(vectors, seen)
    # By hardly anything but the third number, and by its whole deviation.
    assert basis[2, 0] == pytest.approx(float(vectors[:, 2].std()), rel=0.02)
    assert (basis[:2, 0].abs() < 0.1 * vectors[:, :2].std(0)).all()
    assert (shares.diff() <= 1e-9).all()
    assert shares.sum() == pytest.approx(1, abs=0.01)


def test_the_axes_hold_the_covariance_of_the_vectors():
    vectors, seen = shapes()
    mean, basis, coordinates, _ = principal_axes(vectors, seen)
    assert torch.allclose(mean, vectors.mean(0))
    assert torch.allclose(basis @ basis.T, vectors.T.cov(), atol=1e-4)
    assert torch.allclose(coordinates[:, :3].std(0), torch.ones(3).double(), rtol=0.05)
    assert torch.allclose(mean + coordinates @ basis.T, vectors)


def test_the_positive_direction_fills_more():
    vectors, seen = shapes()
    _, basis, _, _ = principal_axes(vectors, seen)
    assert basis[2, 0] > 0


def test_fewer_shapes_than_numbers_do():
    vectors, seen = shapes(3)
    mean, basis, coordinates, _ = principal_axes(vectors, seen)
    assert basis.shape == (4, 4)
    assert torch.isfinite(basis).all()
    assert torch.allclose(mean + coordinates @ basis.T, vectors)


def test_kinds_of_shapes_are_found_with_their_shares():
    generator = torch.Generator().manual_seed(0)
    middles = torch.tensor([[-4.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 5.0, 0.0]]).double()
    kind = torch.tensor([0] * 100 + [1] * 60 + [2] * 40)
    noise = torch.randn(200, 3, generator=generator) * torch.tensor([0.3, 0.3, 1.0])
    places = middles[kind] + noise.double()
    centres, chances, spread = kinds_of_shapes(places, torch.tensor([0.5, 0.4, 0.1]).double())
    assert chances.sum() == pytest.approx(1)
    # Each kind lies at one of the middles, and has the share of the shapes that are there.
    nearest = torch.cdist(centres[:, :2], middles[:, :2]).min(1)
    assert nearest.values.max() < 1
    shares = torch.zeros(3).double().index_add_(0, nearest.indices, chances)
    assert torch.allclose(shares, torch.tensor([0.5, 0.3, 0.2]).double(), atol=0.02)
    assert (spread[:2] < 0.5).all()


def test_few_shapes_are_of_one_kind():
    places = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).double()
    centres, chances, spread = kinds_of_shapes(places, torch.ones(3).double() / 3)
    assert torch.allclose(centres, places.mean(0)[None])
    assert chances.tolist() == [1]
    assert torch.allclose(spread, places.std(0, correction=0))
