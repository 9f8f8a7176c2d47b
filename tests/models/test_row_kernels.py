"""Layers on rows of numbers do what numpy does."""

import numpy as np
import pytest

from occviewer.compiled import compiled
from occviewer.models.row_kernels import APART, STEP, mix, multiply, rectify
from occviewer.models.row_terms import LANES

RNG = np.random.default_rng(0)


@compiled
def multiplied(weights, units, unit_count, given, given_count, rows, to, count):
    multiply(weights, units, unit_count, given, given_count, rows, to, count)


@compiled
def rectified(source, row, scale, shift, to, to_row, count):
    return rectify(source, row, scale, shift, to, to_row, count)


@compiled
def mixed(table, places, shares, start, count, to):
    mix(table, places, shares, start, count, to)


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("given_count", [0, 1, 7, 30])
@pytest.mark.parametrize("count", [LANES, 5 * LANES])
def test_a_product_of_some_rows_is_added_to_others(given_count, count):
    weights, rows = numbers(40, 30), numbers(30, 5 * LANES + APART)
    units, given = RNG.permutation(40)[: 2 * STEP], RNG.permutation(30)
    to = numbers(3 * STEP, 5 * LANES + APART)
    expected = to.copy()
    chosen = weights[np.ix_(units, given[:given_count])]
    expected[: 2 * STEP, :count] += chosen @ rows[:given_count, :count]
    multiplied(weights, units, 2 * STEP, given, given_count, rows, to, count)
    np.testing.assert_allclose(to, expected, rtol=1e-4, atol=1e-5)


def test_of_a_row_negative_numbers_become_zero_and_its_range_is_told():
    source, to = numbers(3, 2 * LANES + APART), np.full((4, 2 * LANES + APART), 9, np.float32)
    found = rectified(source, 1, np.float32(2), np.float32(0.3), to, 2, 2 * LANES)
    expected = np.maximum(2 * source[1, : 2 * LANES] + 0.3, 0)
    np.testing.assert_allclose(to[2, : 2 * LANES], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found, (expected.min(), expected.max()), rtol=1e-5)
    assert (to[[0, 1, 3]] == 9).all()
    assert (to[2, 2 * LANES :] == 9).all()


def test_a_row_that_is_negative_throughout_has_the_range_of_zero():
    source = -np.ones((1, LANES), np.float32)
    to = np.ones((1, LANES), np.float32)
    assert rectified(source, 0, np.float32(1), np.float32(0.5), to, 0, LANES) == (0, 0)
    assert (to == 0).all()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("place", [0, 9, LANES + 3])
def test_what_is_no_number_stays_none_and_shows_in_the_range(place, sign):
    source, to = numbers(1, 2 * LANES), np.zeros((1, 2 * LANES), np.float32)
    source[0, place] = np.copysign(np.nan, sign)
    found = rectified(source, 0, np.float32(1), np.float32(0), to, 0, 2 * LANES)
    assert np.isnan(found).all()
    assert np.flatnonzero(np.isnan(to[0])).tolist() == [place]


@pytest.mark.parametrize("width", [LANES, 3 * LANES])
def test_rows_of_a_table_are_mixed(width):
    table, shares = numbers(20, width), numbers(9)
    places, to = RNG.integers(0, 20, 9), numbers(width)
    mixed(table, places, shares, 4, 5, to)
    np.testing.assert_allclose(to, shares[4:] @ table[places[4:]], rtol=1e-4, atol=1e-5)
