import numpy as np
import pytest

from occviewer.extraction.dense import (
    DenseGrid,
    around,
    bits_of,
    packed,
    places_of,
    set_at,
    unpacked,
)
from occviewer.extraction.dense_prediction import predict_dense
from occviewer.extraction.guard import ALONE

from .fields import corners_of, mixed_cells


def grid_of(inside):
    """A grid that knows all its nodes (N + 1, …)."""
    grid = DenseGrid(len(inside) - 1)
    n = len(inside)
    grid.values.fill(-np.inf)
    grid.values[1 : n + 1, 1 : n + 1, 1 : n + 1] = np.where(inside, 1.0, -1.0)
    grid.inside = packed(grid.values > 0)
    grid.known = grid.own.copy()
    return grid


def test_places_name_nodes():
    grid = DenseGrid(11)
    nodes = np.random.default_rng(0).integers(0, grid.side, (3, 50))
    places = grid.places(*nodes)
    np.testing.assert_array_equal(grid.nodes_at(places), nodes)
    x, y, z = nodes[:, 0]
    assert grid.flat[places[0] : places[0] + 1].ctypes.data == grid.values[x, y, z:].ctypes.data
    assert (grid.places(x, y - 1, z + 1) - places[0]) == grid.offset((0, -1, 1))


def test_bits_are_places():
    grid = DenseGrid(21)
    places = np.random.default_rng(0).choice(grid.flat.size, 300, replace=False)
    bits = bits_of(places, grid.known)
    np.testing.assert_array_equal(places_of(bits), np.sort(places))
    np.testing.assert_array_equal(np.flatnonzero(unpacked(bits)), np.sort(places))
    assert set_at(bits, places).all()
    assert not set_at(bits, np.setdiff1d(np.arange(grid.flat.size), places)).any()


@pytest.mark.parametrize("nodes", [14, 22, 24])
def test_needed_are_the_corners_of_cells_with_both_signs(nodes):
    inside = np.random.default_rng(1).random((nodes,) * 3) > 0.93
    grid = grid_of(inside)
    # The padding is outside, and nothing of it is asked.
    expected = corners_of(mixed_cells(np.pad(inside, 1)))[1:-1, 1:-1, 1:-1]
    found = unpacked(grid.needed())
    own = found[1 : nodes + 1, 1 : nodes + 1, 1 : nodes + 1]
    np.testing.assert_array_equal(own, expected)
    assert found.sum() == expected.sum()


def test_around_reaches_across_corners():
    grid = DenseGrid(16)
    place = grid.places(*np.array([[5], [8], [7]]))
    found = grid.nodes_at(places_of(around(bits_of(place, grid.known))))
    assert found.shape == (3, 27)
    assert np.abs(found - np.array([[5], [8], [7]])).max() == 1


@pytest.mark.parametrize("cells", [23, 24])
def test_a_finer_grid_keeps_what_is_known_and_expects_means_between(cells):
    coarse = grid_of(np.zeros((13, 13, 13), bool))
    values = np.random.default_rng(2).normal(size=(13, 13, 13)).astype(np.float32)
    coarse.values[1:14, 1:14, 1:14] = values
    fine, uncertain = predict_dense(coarse, cells, ALONE)
    count = -(-(cells + 1) // 2)
    own = fine.values[1 : cells + 2, 1 : cells + 2, 1 : cells + 2]
    np.testing.assert_array_equal(own[::2, ::2, ::2], values[:count, :count, :count])
    middle = values[4:6, 7, 2:4].mean()
    assert own[9, 14, 5] == pytest.approx(middle, rel=1e-5, abs=1e-6)
    known = unpacked(fine.known)[1 : cells + 2, 1 : cells + 2, 1 : cells + 2]
    assert known[::2, ::2, ::2].all()
    assert known.sum() == count**3
    assert not (uncertain & (fine.known | ~fine.own)).any()
    assert np.isneginf(fine.values[cells + 2]).all()
    assert np.isneginf(fine.values[..., cells + 2 :]).all()
    np.testing.assert_array_equal(fine.inside, packed(fine.values > 0))


def test_a_copy_in_bricks_holds_the_same():
    inside = np.random.default_rng(1).random((20, 20, 20)) > 0.5
    grid = grid_of(inside)
    bricks = grid.bricks()
    nodes = np.stack(np.meshgrid(*[np.arange(22)] * 3, indexing="ij"))
    np.testing.assert_array_equal(bricks.get(nodes), grid.get(nodes))
    assert bricks.asked()[0].shape == grid.asked()[0].shape
