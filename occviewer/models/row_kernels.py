"""Layers of a small network on rows of numbers, in the processor's widest registers; compiled.

A row holds what one unit of the network says of each query of a tile. Of a ReLU's rows those
that are zero throughout are left out of the next product, which they would add nothing to:
queries that lie close together leave the same units silent.

numba turns loops into wide instructions by itself, but looks before each loop whether the arrays
overlap, and keeps sums in memory: on tiles, whose loops are short, products ran at two thirds of
the rate. So the loops that count are spelled out in `occviewer.models.row_terms`.
"""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, IntArray
from occviewer.compiled import inlined
from occviewer.models.row_terms import AT_ONCE, LANES, add_products, mixture, rectified

STEP = 8
"""Rows that a product is added to are multiples of it."""

APART = 16
"""Columns that rows of a tile have more than it: were their lengths a power of two, a few places
of the cache would have to hold all of them."""


@inlined
def multiply(
    weights: Float32Array, units: IntArray, unit_count: int, given: IntArray, given_count: int,
    rows: Float32Array, to: Float32Array, count: int,
) -> None:  # fmt: skip
    """Add a product of weights and rows to other rows.

    ``to[i] += sum(weights[units[i], given[k]] * rows[k] for k in range(given_count))``

    Parameters
    ----------
    weights : (J, K) float32
    units : (>= unit_count,) int64
        Which units are wanted, one a row of `to`.
    unit_count : int
        How many; a multiple of `STEP`.
    given : (>= given_count,) int64
        Which units the rows belong to.
    given_count : int
        How many.
    rows, to : (…, T) float32
        Contiguous; of at least so many rows.
    count : int
        How many columns: a multiple of `LANES`.
    """
    for unit in range(0, unit_count, AT_ONCE):
        for column in range(0, count, LANES):
            add_products(weights, units, unit, given, given_count, rows, to, column)


@inlined
def rectify(
    source: Float32Array, row: int, scale: np.float32, shift: np.float32,
    to: Float32Array, to_row: int, count: int,
) -> tuple[np.float32, np.float32]:  # fmt: skip
    """Enter ``max(scale * x + shift, 0)`` of a row (…, T) into another, and tell its range.

    The range is (lowest, highest), both NaN where a number of the row is none.
    """
    return rectified(source, row, scale, shift, to, to_row, count)  # type: ignore[no-any-return]


@inlined
def mix(
    table: Float32Array, places: IntArray, shares: Float32Array, start: int, count: int,
    to: Float32Array,
) -> None:  # fmt: skip
    """Enter a mixture of rows of a table.

    Parameters
    ----------
    table : (N, C) float32
        Contiguous; C is a multiple of `LANES`.
    places : (>= start + count,) int64
        Which rows.
    shares : (>= start + count,) float32
        How much of each.
    start, count : int
        With which of these to begin, and how many to take.
    to : (C,) float32
        Contiguous; entered here.
    """
    for channel in range(0, table.shape[1], LANES):
        mixture(table, places, shares, start, count, to, channel)
