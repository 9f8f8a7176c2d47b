import numpy as np
import pytest

from occviewer.extraction.bricks import BrickGrid, packed, unpacked
from occviewer.extraction.rows import corners_of, mixed_cells, needed, nine

from .fields import corners_of as dense_corners
from .fields import ends_of as dense_ends
from .fields import mixed_cells as dense_mixed


def grid_of(inside):
    """A grid that knows nothing but which of its nodes (N + 1, …) are inside."""
    grid = BrickGrid(len(inside) - 1)
    whole = np.zeros((8 * grid.side,) * 3, bool)
    n = len(inside)
    whole[1 : n + 1, 1 : n + 1, 1 : n + 1] = inside
    bricks = grid.named(np.stack(np.nonzero(np.ones((grid.side,) * 3))))
    split = whole.reshape(grid.side, 8, grid.side, 8, grid.side, 8).transpose(0, 2, 4, 1, 3, 5)
    values = np.where(split.reshape(-1, 8, 8, 8), 1.0, -1.0).astype(np.float32)
    grid.fill(grid.add(bricks), values, np.zeros((len(values), 8, 8), np.uint8))
    return grid, bricks


def test_bits_are_packed_along_the_last_axis():
    mask = np.zeros((2, 8, 8, 8), bool)
    mask[1, 2, 3, 4] = True
    bits = packed(mask)
    assert bits.shape == (2, 8, 8)
    assert bits[1, 2, 3] == 1 << 4
    np.testing.assert_array_equal(unpacked(bits), mask)


@pytest.mark.parametrize("corners", [True, False])
def test_needed_are_the_corners_of_cells_or_the_ends_of_edges_with_both_signs(corners):
    inside = np.random.default_rng(1).random((20, 20, 20)) > 0.93
    grid, bricks = grid_of(inside)
    wanted = unpacked(needed(grid, bricks, corners=corners))
    padded = np.pad(inside, 1)
    expected = dense_corners(dense_mixed(padded)) if corners else dense_ends(padded)
    nodes = np.stack(np.nonzero(expected))
    assert wanted.reshape(-1)[grid.places(*nodes)].all()
    assert np.count_nonzero(wanted) == nodes.shape[1]


def test_rows_of_nine_reach_into_the_next_brick():
    inside = np.zeros((14, 14, 14), bool)
    inside[7, 7, 7] = True  # padded node 8: the first of the brick (1, 1, 1)
    grid, _ = grid_of(inside)
    first = grid.named(np.zeros((3, 1), int))
    rows = nine(grid, grid.inside, first)
    assert rows[0, 8, 8] == 1 << 8
    cells = mixed_cells(rows)
    assert cells[0, 7, 7] == 1 << 7
    assert np.count_nonzero(cells) == 1
    assert corners_of(cells)[0, 7, 7] == (1 << 7) | (1 << 8)


@pytest.mark.parametrize(("corners", "count"), [(True, 27), (False, 7)])
def test_bricks_that_are_needed_and_missing_are_stored(corners, count):
    grid = BrickGrid(21)
    inside = grid.named(np.array([[1], [1], [1]]))
    grid.table.reshape(-1)[inside] = 1  # a lone brick inside, and nothing is stored
    needed(grid, grid.near_surface(), corners=corners)
    # The cells around its upper corner belong to it, those around its lower corner to others.
    assert len(grid.values) - 2 == count
