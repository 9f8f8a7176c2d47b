import numpy as np
import pytest

from occviewer.extraction import dense, dense_rounds
from occviewer.extraction import dense_kernels as kernels
from occviewer.extraction.dense import ASKED, KNOWN, NEEDED, QUEUED, UNCERTAIN, DenseGrid
from occviewer.extraction.dense_prediction import predict_dense
from occviewer.extraction.guard import ALONE
from occviewer.team import Team

from .fields import corners_of, ends_of, mixed_cells


def grid_of(inside):
    """A grid that knows all its nodes (N + 1, …)."""
    grid = DenseGrid(len(inside) - 1)
    n = len(inside)
    grid.values.fill(-np.inf)
    grid.values[1 : n + 1, 1 : n + 1, 1 : n + 1] = np.where(inside, 1.0, -1.0)
    grid.state.reshape(-1)[grid.own_places()] = KNOWN
    return grid


def test_places_name_nodes():
    grid = DenseGrid(11)
    nodes = np.random.default_rng(0).integers(0, grid.side, (3, 50))
    places = grid.places(*nodes)
    np.testing.assert_array_equal(grid.nodes_at(places), nodes)
    x, y, z = nodes[:, 0]
    assert grid.flat[places[0] : places[0] + 1].ctypes.data == grid.values[x, y, z:].ctypes.data
    assert (grid.places(x, y - 1, z + 1) - places[0]) == grid.offset((0, -1, 1))


def test_own_places_are_all_but_the_padding():
    grid = DenseGrid(5)
    own = np.zeros((8, 8, 8), bool)
    own.reshape(-1)[grid.own_places()] = True
    assert own[1:-1, 1:-1, 1:-1].all()
    assert own.sum() == 6**3


def test_gathered_are_the_places_of_some_bits_whoever_shares_it_out():
    grid = DenseGrid(21)
    places = np.random.default_rng(0).choice(grid.flat.size, 300, replace=False)
    grid.state.reshape(-1)[places] = np.where(places % 2, NEEDED, UNCERTAIN)
    whole = kernels.gather(grid.state, NEEDED | UNCERTAIN, 0, grid.side)
    np.testing.assert_array_equal(whole, np.sort(places))
    parts = [kernels.gather(grid.state, NEEDED, *rows) for rows in ((0, 10), (10, grid.side))]
    np.testing.assert_array_equal(np.concatenate(parts), np.sort(places[places % 2 == 1]))


def test_what_is_queued_twice_comes_once():
    grid = DenseGrid(10)
    found = np.array([700, 5, 700, 9, 5, 40])
    count = dense_rounds.queue(grid.state, found)
    assert found[:count].tolist() == [700, 5, 9, 40]
    assert dense_rounds.queue(grid.state, np.array([9, 41])) == 1
    answers = np.array([2.0], np.float32)
    grid.flat[40] = -3.0
    dense_rounds.enter(grid.values, grid.state, np.array([40]), answers)
    assert answers[0] == -3.0, "what was predicted comes back"
    assert grid.flat[40] == 2.0
    assert grid.state.reshape(-1)[40] == KNOWN | ASKED
    assert grid.state.reshape(-1)[41] == QUEUED


@pytest.mark.parametrize("nodes", [14, 22, 24])
@pytest.mark.parametrize("what", ["corners", "ends"])
def test_needed_are_the_corners_of_cells_and_ends_of_edges_with_both_signs(nodes, what):
    inside = np.random.default_rng(1).random((nodes,) * 3) > 0.93
    grid = grid_of(inside)
    grid.state[:] = 0
    # The padding is outside, and nothing of it is asked.
    padded = np.pad(inside, 1)
    expected = corners_of(mixed_cells(padded)) if what == "corners" else ends_of(padded)
    expected = expected[1:-1, 1:-1, 1:-1]
    for rows in ((0, 7), (7, 8), (8, grid.side)):
        getattr(kernels, f"mark_{what}")(grid.values, grid.state, *rows)
    found = grid.state == NEEDED
    own = found[1 : nodes + 1, 1 : nodes + 1, 1 : nodes + 1]
    np.testing.assert_array_equal(own, expected)
    assert found.sum() == expected.sum()


def test_what_is_known_is_not_needed():
    grid = grid_of(np.random.default_rng(1).random((12,) * 3) > 0.5)
    kernels.mark_corners(grid.values, grid.state, 0, grid.side)
    kernels.mark_ends(grid.values, grid.state, 0, grid.side)
    assert not (grid.state & NEEDED).any()


@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize("turned", [True, False])
def test_an_answer_hints_at_nodes_beside_it(turned, corners):
    grid = grid_of(np.zeros((9,) * 3, bool))
    grid.state[grid.state == KNOWN] = 0
    place = int(grid.places(*np.array([[5], [5], [5]]))[0])
    answers = np.array([0.5 if turned else -0.5], np.float32)
    dense_rounds.enter(grid.values, grid.state, np.array([place]), answers)
    reaches = np.array([0.0, 0.0 if turned else 3.0, 0.0, 0.0], np.float32)
    places = np.array([place])
    found = dense_rounds.hints(grid.values, grid.state, places, answers, reaches, corners)
    beside = np.unique(found[: dense_rounds.queue(grid.state, found)])
    steps = grid.nodes_at(beside) - 5
    if turned and corners:  # of the cells around it
        assert len(beside) == 26
    else:  # the other ends of its edges; or what is nearer by 0.5 reaches along one axis
        assert sorted(np.abs(steps).sum(0)) == [1] * 6


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("cells", [23, 24])
def test_a_finer_grid_keeps_what_is_known_and_expects_means_between(cells, threads, monkeypatch):
    monkeypatch.setattr(dense, "LEAST_NODES", 1000)
    coarse = grid_of(np.zeros((13, 13, 13), bool))
    values = np.random.default_rng(2).normal(size=(13, 13, 13)).astype(np.float32)
    coarse.values[1:14, 1:14, 1:14] = values
    fine = predict_dense(coarse, cells, ALONE, Team(threads))
    count = -(-(cells + 1) // 2)
    own = fine.values[1 : cells + 2, 1 : cells + 2, 1 : cells + 2]
    np.testing.assert_array_equal(own[::2, ::2, ::2], values[:count, :count, :count])
    middle = values[4:6, 7, 2:4].mean()
    assert own[9, 14, 5] == pytest.approx(middle, rel=1e-5, abs=1e-6)
    known = (fine.state & KNOWN)[1 : cells + 2, 1 : cells + 2, 1 : cells + 2]
    assert known[::2, ::2, ::2].all()
    assert known.sum() == count**3
    marked = fine.state & (UNCERTAIN | NEEDED) != 0
    assert marked.any()
    assert not (marked & ((fine.state & KNOWN) != 0)).any()
    assert not marked[[0, cells + 2]].any()
    assert np.isneginf(fine.values[cells + 2]).all()
    assert np.isneginf(fine.values[..., cells + 2 :]).all()
    np.testing.assert_array_equal(fine.signs(), fine.values > 0)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_copy_in_bricks_holds_the_same(threads, monkeypatch):
    monkeypatch.setattr(dense, "LEAST_NODES", 1000)
    inside = np.random.default_rng(1).random((20, 20, 20)) > 0.5
    grid = grid_of(inside)
    bricks = grid.bricks(Team(threads))
    nodes = np.stack(np.meshgrid(*[np.arange(22)] * 3, indexing="ij"))
    np.testing.assert_array_equal(bricks.get(nodes), grid.get(nodes))
    assert bricks.asked()[0].shape == grid.asked()[0].shape


def test_copied_are_the_bricks_that_the_surface_may_be_near():
    inside = np.zeros((40, 40, 40), bool)
    inside[7:23, 7:23, 7:23] = True  # in padded nodes the bricks 1 and 2
    grid = grid_of(inside)
    inner, doubtful, asked = (grid.places(*np.full((3, 1), at)) for at in (12, 29, 34))
    assert grid.flat[inner] == 1
    assert len(grid.bricks().values) == 2, "what was asked on coarser levels only"
    grid.state.reshape(-1)[doubtful] |= UNCERTAIN
    dense_rounds.enter(grid.values, grid.state, asked, np.full(1, -2.0, np.float32))
    bricks = grid.bricks()
    assert len(bricks.values) == 2 + 2
    assert bricks.get(np.array([[12, 29, 34]] * 3)).tolist() == [np.inf, -1, -2]
