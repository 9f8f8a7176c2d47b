"""Pooling and spreading of point features by cells."""

import torch

from occviewer.networks.layers import CellGroups, pool_local_max, scatter_mean

VALUES = torch.tensor(
    [[[1.0, -5.0], [3.0, -7.0], [2.0, 4.0]], [[8.0, 0.0], [6.0, 2.0], [7.0, 1.0]]]
)
CELLS = torch.tensor([[2, 2, 0], [1, 1, 1]])


def test_the_maximum_is_over_the_points_of_a_cell_of_the_same_shape():
    expected = [[[3.0, -5.0], [3.0, -5.0], [2.0, 4.0]], [[8.0, 2.0]] * 3]
    assert pool_local_max(VALUES, CELLS, 4).tolist() == expected
    assert CellGroups(CELLS, 4).pool_max(VALUES).tolist() == expected


def test_the_mean_stands_in_its_cell_and_empty_cells_are_zero():
    expected = torch.zeros(2, 4, 2)
    expected[0, 2], expected[0, 0] = torch.tensor([2.0, -6.0]), torch.tensor([2.0, 4.0])
    expected[1, 1] = torch.tensor([7.0, 1.0])
    torch.testing.assert_close(scatter_mean(VALUES, CELLS, 4), expected)
    spread = CellGroups(CELLS, 4).spread_mean(VALUES)
    torch.testing.assert_close(spread[..., :2], expected)
    density = torch.zeros(2, 4)
    density[0, 2], density[0, 0], density[1, 1] = 2, 1, 3
    torch.testing.assert_close(spread[..., 2], torch.log1p(density))
