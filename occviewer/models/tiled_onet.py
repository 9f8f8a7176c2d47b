"""The decoder of Occupancy Networks for one code on the CPU, compiled.

Around a surface most units of such a network are silent: they would add zeros. For a tile of
128 queries that lie close together, of a decoder of width 256 that was fitted to a chair, 57 of
100 units before a layer and 66 after it are zero for every query. So tiles are made of
neighbours, and in each

- rows of units that turned out to be silent are left out of the next product;
- units of the inner layer that the range of what they are given proves silent are not computed.

Both leave out what is zero: logits differ by no more than sums do that are taken in another
order. At 128³ a query takes a third of the time that all its products take.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from occviewer.arrays import Float32Array, IntArray
from occviewer.compiled import compiled
from occviewer.models.folded_onet import FoldedONet
from occviewer.models.neighbours import by_place
from occviewer.models.row_kernels import APART, STEP, multiply, rectify
from occviewer.models.row_terms import LANES

_TILE = 128  # queries
_ZERO = np.float32(0)


class TiledONet:
    """A `FoldedONet` on the CPU, for tiles of neighbouring queries; the same logits.

    Parameters
    ----------
    folded : FoldedONet
        Of any width.

    Attributes
    ----------
    share : int
        So many queries are worth a thread.
    """

    share = 64

    def __init__(self, folded: FoldedONet) -> None:
        scales, shifts, inner, biases, outer = (
            np.stack([_filled_up(x) for x in each]) for each in zip(*folded.blocks, strict=True)
        )
        (first, first_bias), (end_scale, end_shift) = folded.first, folded.end
        self._weights = _Weights(
            np.stack([_filled_up(along) for along in first.unbind(1)]), _filled_up(first_bias),
            scales, shifts, inner, np.ascontiguousarray(inner.transpose(0, 2, 1)), biases, outer,
            _filled_up(end_scale), _filled_up(end_shift), _filled_up(folded.last),
            np.float32(folded.last_bias.item()),
        )  # fmt: skip

    def __call__(self, queries: Tensor) -> Tensor:
        """Logits (M,) of queries (M, 3); no gradients."""
        logits = np.empty(len(queries), np.float32)
        self.fill(np.ascontiguousarray(queries.detach().numpy(), np.float32), logits)
        return torch.from_numpy(logits)

    def fill(self, queries: Float32Array, logits: Float32Array) -> None:
        """Fill in logits (M,) of queries (M, 3), both contiguous; holds Python's lock hardly."""
        _decode(queries, by_place(queries), *self._weights, logits)


class _Weights(NamedTuple):
    """What `_decode` takes, in its order; see `FoldedONet`."""

    first: Float32Array
    first_bias: Float32Array
    scales: Float32Array
    shifts: Float32Array
    inner: Float32Array
    # Products go along the rows of the one, bounds along those of the other.
    inner_turned: Float32Array
    biases: Float32Array
    outer: Float32Array
    end_scale: Float32Array
    end_shift: Float32Array
    last: Float32Array
    last_bias: np.float32


def _filled_up(weights: Tensor) -> Float32Array:
    """Fill up weights with units that are always silent, to multiples of the step."""
    whole = np.zeros([-(-size // STEP) * STEP for size in weights.shape], np.float32)
    whole[tuple(slice(size) for size in weights.shape)] = weights.numpy()
    return whole


@compiled
def _decode(
    queries: Float32Array, order: IntArray, first: Float32Array, first_bias: Float32Array,
    scales: Float32Array, shifts: Float32Array, inner: Float32Array, inner_turned: Float32Array,
    biases: Float32Array, outer: Float32Array, end_scale: Float32Array, end_shift: Float32Array,
    last: Float32Array, last_bias: np.float32, logits: Float32Array,
) -> None:  # fmt: skip
    width = len(first_bias)
    # Columns are queries.
    places = np.empty((3, _TILE), np.float32)
    net, active, middle = (
        np.zeros((width, _TILE + APART), np.float32),
        np.zeros((width, _TILE + APART), np.float32),
        np.zeros((width, _TILE + APART), np.float32),
    )
    totals = np.empty(_TILE, np.float32)
    every, one = np.arange(width), np.float32(1)
    given, wanted = np.zeros(width, np.int64), np.zeros(width, np.int64)
    least, most = np.empty(width, np.float32), np.empty(width, np.float32)
    for start in range(0, len(order), _TILE):
        taken = min(_TILE, len(order) - start)
        count = (taken + LANES - 1) // LANES * LANES
        for t in range(count):
            query = order[start + min(t, taken - 1)]
            for axis in range(3):
                places[axis, t] = queries[query, axis]
        for j in range(width):
            bias, x, y, z = first_bias[j], first[0, j], first[1, j], first[2, j]
            for t in range(count):
                net[j, t] = bias + x * places[0, t] + y * places[1, t] + z * places[2, t]
        for block in range(len(scales)):
            alive = 0
            for j in range(width):
                low, high = rectify(
                    net, j, scales[block, j], shifts[block, j], active, alive, count
                )
                if not high <= _ZERO:
                    given[alive], least[alive], most[alive] = j, low, high
                    alive += 1
            open_units = _may_speak(
                inner_turned[block], biases[block], given, alive, least, most, wanted
            )
            for j in range(open_units):
                middle[j, :] = biases[block, wanted[j]]
            multiply(inner[block], wanted, open_units, given, alive, active, middle, count)
            alive = 0
            for j in range(open_units):
                low, high = rectify(middle, j, one, _ZERO, active, alive, count)
                if not high <= _ZERO:
                    given[alive] = wanted[j]
                    alive += 1
            multiply(outer[block], every, width, given, alive, active, net, count)
        totals[:] = last_bias
        for j in range(width):
            scale, shift, weight = end_scale[j], end_shift[j], last[j]
            for t in range(count):
                value = scale * net[j, t] + shift
                totals[t] += weight * (_ZERO if value < _ZERO else value)
        for t in range(taken):
            logits[order[start + t]] = totals[t]


@compiled
def _may_speak(
    weights: Float32Array, bias: Float32Array, given: IntArray, given_count: int,
    least: Float32Array, most: Float32Array, wanted: IntArray,
) -> int:  # fmt: skip
    """Enter which units some ranges of what they are given do not prove silent.

    Parameters
    ----------
    weights : (K, J) float32
        Of all that may be given, to all units.
    bias : (J,) float32
    given : (>= given_count,) int64
        What is given; the rest is zero.
    given_count : int
    least, most : (>= given_count,) float32
        The range of each.
    wanted : (J,) int64
        Entered here, in order.

    Returns
    -------
    int
        How many there are, a multiple of `STEP`: filled up with others.
    """
    bounds = bias.copy()
    for k in range(given_count):
        low, high, unit = least[k], most[k], given[k]
        for j in range(len(bounds)):
            weight = weights[unit, j]
            at_low, at_high = weight * low, weight * high
            bounds[j] += at_high if at_high > at_low else at_low
    count = 0
    for j in range(len(bounds)):
        if not bounds[j] <= _ZERO:
            wanted[count] = j
            count += 1
    for j in range(len(bounds)):
        if count % STEP == 0:
            break
        if bounds[j] <= _ZERO:
            wanted[count] = j
            count += 1
    return count
