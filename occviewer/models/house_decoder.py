"""The decoder of the house model for one code, compiled.

What torch does in some sixty calls for any number of queries is done here for tiles of them,
without leaving the processor's cache: a third less time for thousands, a seventh of it for a
handful, of which a shape that moves has many. Half of what is left are the products of matrices,
at the rate of torch's own large ones and without the units that are silent for a whole tile, a
quarter of them; a quarter is looking up features. Of what else was tried on two cores with
AVX-512, oneDNN's convolutions took no less time in two threads, and of what bfloat16 saves (two
fifths, with 0.03 logits of error) asking again what came out near the level left a tenth. Tiles
of neighbours (`occviewer.models.neighbours`) have fewer units that speak, which saved as much as
ordering the queries cost.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.arrays import Float32Array, IntArray
from occviewer.compiled import compiled, inlined
from occviewer.models.lookups import grid_extent, plane_extent
from occviewer.models.row_kernels import APART, STEP, mix, multiply, rectify
from occviewer.models.row_terms import LANES
from occviewer.networks import Features, HouseNetwork
from occviewer.networks.coordinates import PLANES
from occviewer.networks.house import PADDING, HouseDecoder
from occviewer.networks.layers import ResnetBlockFC

_TILE = 128  # queries
_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)


class PreparedHouse:
    """The decoder of a `HouseNetwork` for one code.

    Preparing takes next to nothing, which a code that moves needs. Biases are added up, so
    that each residual block adds one of them.

    Parameters
    ----------
    network : HouseNetwork
        In evaluation mode, on the CPU.
    features : dict of Tensor
        Batches of one.

    Attributes
    ----------
    share : int
        So many queries are worth a thread.
    """

    share = 256

    def __init__(self, network: HouseNetwork, features: Features) -> None:
        decoder, names = network.decoder, list(PLANES)
        planes = [features[f"plane_{name}"][0] for name in names]
        grid = features["grid"][0]
        self._planes = _table(torch.cat([plane.permute(1, 2, 0).flatten(0, 1) for plane in planes]))
        self._grid = _table(grid.permute(1, 2, 3, 0).flatten(0, 2))
        self._axes = np.array([PLANES[name] for name in names])
        self._sides = planes[0].shape[-1], grid.shape[-1]
        extents = plane_extent(names[0], PADDING), grid_extent(PADDING)
        self._extents = np.array(extents, np.float32)
        self._weights = _weights_of(decoder)

    def __call__(self, queries: Tensor) -> Tensor:
        """Logits (M,) of queries (M, 3)."""
        logits = np.empty(len(queries), np.float32)
        self.fill(np.ascontiguousarray(queries.detach().numpy(), np.float32), logits)
        return torch.from_numpy(logits)

    def fill(self, queries: Float32Array, logits: Float32Array) -> None:
        """Fill in logits (M,) of queries (M, 3), both contiguous; holds Python's lock hardly."""
        _decode(
            queries, self._planes, self._axes, self._sides[0], self._grid, self._sides[1],
            self._extents, *self._weights, logits,
        )  # fmt: skip


class _Weights(NamedTuple):
    """What `_decode` takes, in its order."""

    first: Float32Array
    given: Float32Array
    inner: Float32Array
    outer: Float32Array
    biases: Float32Array
    ends: Float32Array
    last: Float32Array
    last_bias: np.float32


# A code that moves has the same weights in each frame. Training changes them where they are.
_ready: WeakKeyDictionary[nn.Module, tuple[list[tuple[int, int]], _Weights]] = WeakKeyDictionary()


def _weights_of(decoder: HouseDecoder) -> _Weights:
    """Lay out the weights of a decoder, if they are not laid out yet."""
    state = [
        (weights.data_ptr(), 0 if weights.is_inference() else weights._version)
        for weights in decoder.parameters()
    ]
    found = _ready.get(decoder)
    if found is not None and found[0] == state:
        return found[1]
    blocks, biases = [], []
    bias = torch.zeros_like(decoder.fc_p.bias)
    for block, given in zip(decoder.blocks, decoder.fc_c, strict=True):
        assert isinstance(block, ResnetBlockFC)
        assert isinstance(given, nn.Linear)
        bias = bias + given.bias
        blocks.append([_padded(x.weight) for x in (given, block.fc_0, block.fc_1)])
        biases.append([_padded(bias), _padded(block.fc_0.bias)])
        bias = bias + block.fc_1.bias
    given_all, inner, outer = (np.stack(each) for each in zip(*blocks, strict=True))
    weights = _Weights(
        _padded(decoder.fc_p.weight),
        given_all,
        inner,
        outer,
        np.array(biases),
        np.stack([_padded(x) for x in (decoder.fc_p.bias, bias)]),
        _padded(decoder.fc_out.weight[0]),
        np.float32(decoder.fc_out.bias.item()),
    )
    _ready[decoder] = state, weights
    return weights


def _table(features: Tensor) -> Float32Array:
    """Rows of features (N, C), their length filled up with zeros to what `mix` takes."""
    missing = -features.shape[1] % LANES
    return (F.pad(features, (0, missing)) if missing else features.contiguous()).numpy()


def _padded(weights: Tensor) -> Float32Array:
    """Fill up weights with zeros to multiples of the step."""
    whole = np.zeros([-(-size // STEP) * STEP for size in weights.shape], np.float32)
    whole[tuple(slice(size) for size in weights.shape)] = weights.detach().numpy()
    return whole


@inlined
def _locate(
    queries: Float32Array, query: int, extent: Float32Array, side: int,
    cell: IntArray, within: Float32Array,
) -> None:  # fmt: skip
    """Find the cell of a query among nodes, and its place in the cell."""
    for axis in range(3):
        at = queries[query, axis] / extent[0] + _HALF
        # What is no number stands nowhere in particular; its logit is none either.
        at = extent[1] if at >= _ONE else (at if at > _ZERO else _ZERO)
        at *= np.float32(side - 1)
        cell[axis] = int(at)
        within[axis] = at - np.float32(cell[axis])


@compiled
def _decode(
    queries: Float32Array, planes: Float32Array, axes: IntArray, side: int,
    grid: Float32Array, grid_side: int, extents: Float32Array, first: Float32Array,
    given: Float32Array, inner: Float32Array, outer: Float32Array,
    biases: Float32Array, ends: Float32Array, last: Float32Array, last_bias: np.float32,
    logits: Float32Array,
) -> None:  # fmt: skip
    hidden = first.shape[0]
    # Both tables and weights are filled up with zeros.
    channels = min(planes.shape[1], given.shape[2])
    grid_channels = min(grid.shape[1], first.shape[1] - 3)
    # Columns are queries.
    of_planes = np.zeros((channels, _TILE + APART), np.float32)
    to_first = np.zeros((3 + grid_channels, _TILE + APART), np.float32)
    net, active, middle = (
        np.zeros((hidden, _TILE + APART), np.float32),
        np.zeros((hidden, _TILE + APART), np.float32),
        np.zeros((hidden, _TILE + APART), np.float32),
    )
    totals = np.empty(_TILE, np.float32)
    every = np.arange(max(hidden, channels, 3 + grid_channels))
    alive = np.empty(hidden, np.int64)
    row, grid_row = np.empty(planes.shape[1], np.float32), np.empty(grid.shape[1], np.float32)
    cell, within = np.empty(3, np.int64), np.empty(3, np.float32)
    places, shares = np.empty(20 * _TILE, np.int64), np.empty(20 * _TILE, np.float32)
    for start in range(0, len(queries), _TILE):
        taken = min(_TILE, len(queries) - start)
        count = (taken + LANES - 1) // LANES * LANES
        # First where to look, then looking: so the processor fetches what several queries need.
        for t in range(taken):
            query = start + t
            _locate(queries, query, extents[0], side, cell, within)
            for plane in range(3):
                u, v = axes[plane, 0], axes[plane, 1]
                low, at = (plane * side + cell[v]) * side + cell[u], 20 * t + 4 * plane
                right, up = within[u], within[v]
                places[at], shares[at] = low, (_ONE - right) * (_ONE - up)
                places[at + 1], shares[at + 1] = low + 1, right * (_ONE - up)
                places[at + 2], shares[at + 2] = low + side, (_ONE - right) * up
                places[at + 3], shares[at + 3] = low + side + 1, right * up
            _locate(queries, query, extents[1], grid_side, cell, within)
            for corner in range(4):
                y, z, at = corner & 1, corner >> 1, 20 * t + 12 + 2 * corner
                share = (within[1] if y else _ONE - within[1]) * (
                    within[2] if z else _ONE - within[2]
                )
                low = ((cell[2] + z) * grid_side + cell[1] + y) * grid_side + cell[0]
                places[at], shares[at] = low, share * (_ONE - within[0])
                places[at + 1], shares[at + 1] = low + 1, share * within[0]
            for axis in range(3):
                to_first[axis, t] = queries[query, axis]
        for t in range(taken):
            mix(planes, places, shares, 20 * t, 12, row)
            mix(grid, places, shares, 20 * t + 12, 8, grid_row)
            for c in range(channels):
                of_planes[c, t] = row[c]
            for c in range(grid_channels):
                to_first[3 + c, t] = grid_row[c]
        for j in range(hidden):
            net[j, :] = ends[0, j]
        multiply(first, every, hidden, every, 3 + grid_channels, to_first, net, count)
        for block in range(len(given)):
            multiply(given[block], every, hidden, every, channels, of_planes, net, count)
            speaking = 0
            for j in range(hidden):
                middle[j, :] = biases[block, 1, j]
                _, most = rectify(net, j, _ONE, biases[block, 0, j], active, speaking, count)
                if not most <= _ZERO:
                    alive[speaking] = j
                    speaking += 1
            multiply(inner[block], every, hidden, alive, speaking, active, middle, count)
            speaking = 0
            for j in range(hidden):
                _, most = rectify(middle, j, _ONE, _ZERO, active, speaking, count)
                if not most <= _ZERO:
                    alive[speaking] = j
                    speaking += 1
            multiply(outer[block], every, hidden, alive, speaking, active, net, count)
        totals[:] = last_bias
        for j in range(hidden):
            bias, weight = ends[1, j], last[j]
            for t in range(count):
                value = net[j, t] + bias
                totals[t] += weight * (_ZERO if value < _ZERO else value)
        for t in range(taken):
            logits[start + t] = totals[t]
