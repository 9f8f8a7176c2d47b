"""Queries are put in an order in which neighbours follow each other."""

import numpy as np
import pytest

from occviewer.models.neighbours import by_place

RNG = np.random.default_rng(0)


def on_a_sphere(count):
    points = RNG.normal(size=(count, 3))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def mean_spread(points, tile=128):
    """How far the points of a tile lie from its middle."""
    tiles = points[: len(points) // tile * tile].reshape(-1, tile, 3)
    return np.linalg.norm(tiles - tiles.mean(1, keepdims=True), axis=2).mean()


@pytest.mark.parametrize("count", [0, 1, 63, 64, 300, 5000, 200_000])
def test_each_query_comes_once(count):
    order = by_place(on_a_sphere(count))
    assert (np.sort(order) == np.arange(count)).all()


def test_tiles_of_a_surface_are_as_small_as_there_are_many():
    few, many = on_a_sphere(4000), on_a_sphere(64_000)
    for points, share in ((few, 0.4), (many, 0.15)):
        assert mean_spread(points[by_place(points)]) < share * mean_spread(points)


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((500, 3)),
        RNG.normal(size=(500, 3)) * [1, 0, 0],
        np.where(RNG.random((500, 3)) < 0.1, np.nan, RNG.normal(size=(500, 3))),
        np.full((500, 3), np.nan),
        np.where(RNG.random((500, 3)) < 0.1, np.inf, RNG.normal(size=(500, 3))),
        1e38 * RNG.normal(size=(500, 3)),
    ],
    ids=["one place", "a line", "some no numbers", "no numbers", "infinite", "huge"],
)
def test_any_numbers_can_be_ordered(points):
    order = by_place(np.ascontiguousarray(points, np.float32))
    assert (np.sort(order) == np.arange(500)).all()
