"""What a shape keeps of its own on the way to another."""

import pytest
import torch

from occviewer.latent.particulars import kept_in_blend, kept_when_moved

ONE, OTHER = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])


def test_all_is_kept_nearby_and_it_fades_without_a_jump():
    assert kept_when_moved(0.0) == kept_when_moved(0.25) == 1
    steps = [kept_when_moved(0.01 * n) for n in range(300)]
    assert all(0 <= a - b < 0.02 for a, b in zip(steps, steps[1:], strict=False))
    assert steps[-1] < 0.02


@pytest.mark.parametrize(
    ("share", "kept"), [(0.0, [0, 1]), (0.5, [0, 0]), (0.25, [0, 0.375]), (1.0, [1, 0])]
)
def test_a_shape_keeps_its_own_while_it_is_more_than_half_of_the_mixture(share, kept):
    found = kept_in_blend(torch.stack([ONE, OTHER]), [share, 1 - share])
    assert found == pytest.approx(kept)


def test_likes_keep_what_they_have_in_common():
    mixed = kept_in_blend(torch.stack([ONE, 2 * ONE, 0.5 * ONE]), [0.2, 0.5, 0.3])
    assert mixed == pytest.approx([0.2, 0.5, 0.3])


def test_shapes_without_particulars_and_overshooting_curves_are_no_trouble():
    assert kept_in_blend(torch.zeros(2, 4), [0.5, 0.5]) == [0, 0]
    found = kept_in_blend(torch.stack([ONE, OTHER]), [1.06, -0.06])
    assert found == pytest.approx([1.06, 0])
