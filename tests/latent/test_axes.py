"""Principal axes of some vectors."""

import pytest
import torch

from occviewer.latent.axes import LatentError, Prior, axes_of_vectors, random_axes


def spread(count=200):
    generator = torch.Generator().manual_seed(0)
    along = torch.randn(count, 3, generator=generator) * torch.tensor([5.0, 1.0, 0.2])
    return along @ torch.linalg.qr(torch.randn(3, 3, generator=generator)).Q + 7


def test_axes_of_vectors_have_their_covariance_the_longest_first():
    vectors = spread()
    axes = axes_of_vectors(vectors)
    assert torch.allclose(axes.mean, vectors.mean(0))
    assert torch.allclose(axes.basis @ axes.basis.T, vectors.T.cov(), rtol=1e-3, atol=1e-3)
    assert (axes.basis.norm(dim=0).diff() < 0).all()
    assert axes.shares.sum() == pytest.approx(1, abs=1e-5)
    assert (axes.ranges[:, 0] < 0).all()
    assert (axes.ranges[:, 1] > 0).all()


def test_coordinates_are_what_moving_takes():
    axes = axes_of_vectors(spread())
    moved = axes.moved(axes.mean, {0: 1.0, 2: -2.5})
    assert torch.allclose(axes.coordinates(moved), torch.tensor([1.0, 0.0, -2.5]), atol=1e-4)


def test_few_vectors_give_one_axis_less():
    assert len(axes_of_vectors(torch.randn(4, 24))) == 3


def test_equal_and_too_few_vectors_are_refused():
    with pytest.raises(LatentError, match="all the same"):
        axes_of_vectors(torch.ones(5, 4))
    with pytest.raises(LatentError, match="at least 3 codes, not 2"):
        axes_of_vectors(torch.randn(2, 4))


def test_random_axes_are_repeatable():
    vector = torch.arange(8.0)
    one, other = random_axes(vector, 16, 1), random_axes(vector, 16, 1)
    assert torch.equal(one.basis, other.basis)
    assert len(one) == 8
    assert one.identity == other.identity != random_axes(vector, 16, 2).identity


def test_what_is_drawn_lies_around_the_kinds_as_often_as_they_come():
    prior = Prior(torch.tensor([[-3.0, 0.0], [3.0, 0.0]]), torch.tensor([0.25, 0.75]),
                  torch.tensor([0.1, 0.5]))  # fmt: skip
    drawn = prior.drawn(400, 0, 1.0)
    assert (drawn[:, 0].abs() > 2).all()
    assert float((drawn[:, 0] > 0).float().mean()) == pytest.approx(0.75, abs=0.07)
    assert float(drawn[:, 1].std()) == pytest.approx(0.5, rel=0.15)
    assert torch.equal(prior.drawn(3, 0, 1.0), drawn[:3])
    typical = prior.drawn(20, 1, 0.0)
    assert {tuple(row) for row in typical.tolist()} == {(-3.0, 0.0), (3.0, 0.0)}
