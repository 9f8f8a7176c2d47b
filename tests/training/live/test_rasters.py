"""Triangles drawn at the middles of pixels."""

import pytest
import torch

from occviewer.training.live.dice import Dice
from occviewer.training.live.rasters import rasterise

# In a picture of 8 x 8: its upper left half, and a square that covers all.
HALF = [[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]]
ALL = [[[-1.0, -1.0], [17.0, -1.0], [-1.0, 17.0]]]


def drawn(corners, depths, pictures=None, count=1, **options):
    corners, depths = torch.tensor(corners), torch.tensor(depths)
    pictures = torch.zeros(len(corners), dtype=torch.int64) if pictures is None else pictures
    return rasterise(corners, depths, pictures, count, 8, **options)


def test_a_triangle_covers_the_pixels_whose_middles_lie_in_it():
    rasters = drawn([HALF], [[1.0, 1.0, 1.0]])
    column, row = torch.meshgrid(torch.arange(8) + 0.5, torch.arange(8) + 0.5, indexing="xy")
    inside = column + row <= 8
    assert (torch.isfinite(rasters.first[0]) == inside).all()
    assert (rasters.triangle[0] == torch.where(inside, 0, -1)).all()


def test_the_nearest_is_seen_and_the_farthest_is_known():
    rasters = drawn([HALF, *ALL, HALF], [[2.0] * 3, [3.0] * 3, [1.5] * 3])
    assert rasters.triangle[0, 0, 0] == 2
    assert rasters.triangle[0, 7, 7] == 1
    assert rasters.first[0, 0, 0] == pytest.approx(1.5)
    assert rasters.last[0, 0, 0] == pytest.approx(3)
    assert rasters.last[0, 7, 7] == pytest.approx(3)


@pytest.mark.parametrize("parallel", [True, False])
def test_depths_between_the_corners_are_those_of_the_plane(parallel):
    depths = [1.0, 2.0, 1.0]
    rasters = drawn([HALF], [depths], parallel=parallel)
    share = (torch.arange(7) + 0.5) / 8
    wanted = 1 + share if parallel else 1 / (1 - share / 2)
    assert rasters.first[0, 0, :7] == pytest.approx(wanted)


def test_pictures_are_drawn_apart():
    rasters = drawn([HALF, *ALL], [[1.0] * 3, [2.0] * 3], torch.tensor([1, 0]), count=2)
    assert (rasters.triangle[0] == 1).all()
    assert set(rasters.triangle[1].unique().tolist()) == {-1, 0}


def test_panes_are_looked_through_and_count_all_the_same():
    rasters = drawn(
        [*ALL, *ALL],
        [[1.0] * 3, [2.0] * 3],
        opacity=torch.tensor([0.5, 1.0]),
        dice=Dice(0, torch.device("cpu")),
    )
    assert set(rasters.triangle.unique().tolist()) == {0, 1}
    assert (rasters.first == 1).all()


def test_much_is_drawn_in_portions(monkeypatch):
    corners = torch.rand(200, 3, 2) * 8
    depths, pictures = torch.rand(200, 3) + 1, torch.randint(0, 2, (200,))
    whole = rasterise(corners, depths, pictures, 2, 8)
    monkeypatch.setattr("occviewer.training.live.rasters._AT_ONCE", {"cpu": 50})
    portions = rasterise(corners, depths, pictures, 2, 8)
    assert torch.equal(whole.triangle, portions.triangle)
    assert torch.equal(whole.last, portions.last)


def test_nothing_is_an_empty_picture():
    rasters = drawn([[[20.0, 20.0], [30.0, 20.0], [20.0, 30.0]]], [[1.0] * 3])
    assert (rasters.triangle == -1).all()
