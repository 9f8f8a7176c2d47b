"""The decoder of the house model for one code, compiled.

What torch does in some sixty calls for any number of queries is done here for tiles of them,
without leaving the processor's cache: a tenth less time for thousands, a seventh of it for a
handful, of which a shape that moves has many. Two thirds of what is left are the products of
matrices, at nine tenths of the rate of torch's own large ones. Of what else was tried on two
cores with AVX-512, oneDNN's convolutions took no less time in two threads, and of what bfloat16
saves (two fifths, with 0.03 logits of error) asking again what came out near the level left a
tenth.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

from occviewer.arrays import Float32Array, IntArray
from occviewer.compiled import compiled, inlined
from occviewer.models.lookups import grid_extent, plane_extent
from occviewer.networks import Features, HouseNetwork
from occviewer.networks.coordinates import PLANES
from occviewer.networks.house import PADDING, HouseDecoder
from occviewer.networks.layers import ResnetBlockFC

_TILE = 128  # queries
_LANES = 16  # tiles are multiples of it: as many numbers as the widest registers hold
_STEP = 4  # widths are filled up to multiples of it: so many rows at a time
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
    """

    def __init__(self, network: HouseNetwork, features: Features) -> None:
        decoder, names = network.decoder, list(PLANES)
        planes = [features[f"plane_{name}"][0] for name in names]
        grid = features["grid"][0]
        self._planes = torch.cat([plane.permute(1, 2, 0).flatten(0, 1) for plane in planes]).numpy()
        self._grid = grid.permute(1, 2, 3, 0).flatten(0, 2).contiguous().numpy()
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
    from_grid: Float32Array
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
        # A row of the grid's table may be longer than the features are, and so may the weights.
        _padded(decoder.fc_p.weight[:, 3:]),
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


def _padded(weights: Tensor) -> Float32Array:
    """Fill up weights with zeros to multiples of the step."""
    whole = np.zeros([-(-size // _STEP) * _STEP for size in weights.shape], np.float32)
    whole[tuple(slice(size) for size in weights.shape)] = weights.detach().numpy()
    return whole


@inlined
def _multiply(weights: Float32Array, rows: Float32Array, to: Float32Array, count: int) -> None:
    """Add weights (J, K) times rows (K, T) to others (J, T), of the first `count` columns."""
    for j in range(0, weights.shape[0], 4):
        for k in range(0, weights.shape[1], 4):
            a0, a1, a2, a3 = weights[j, k], weights[j, k + 1], weights[j, k + 2], weights[j, k + 3]
            n = j + 1
            b0, b1, b2, b3 = weights[n, k], weights[n, k + 1], weights[n, k + 2], weights[n, k + 3]
            n = j + 2
            c0, c1, c2, c3 = weights[n, k], weights[n, k + 1], weights[n, k + 2], weights[n, k + 3]
            n = j + 3
            d0, d1, d2, d3 = weights[n, k], weights[n, k + 1], weights[n, k + 2], weights[n, k + 3]
            for t in range(count):
                x0, x1, x2, x3 = rows[k, t], rows[k + 1, t], rows[k + 2, t], rows[k + 3, t]
                to[j, t] += a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3
                to[j + 1, t] += b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3
                to[j + 2, t] += c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3
                to[j + 3, t] += d0 * x0 + d1 * x1 + d2 * x2 + d3 * x3


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
    from_grid: Float32Array, given: Float32Array, inner: Float32Array, outer: Float32Array,
    biases: Float32Array, ends: Float32Array, last: Float32Array, last_bias: np.float32,
    logits: Float32Array,
) -> None:  # fmt: skip
    channels, grid_channels, hidden = planes.shape[1], grid.shape[1], first.shape[0]
    # Columns are queries.
    of_planes = np.zeros((given.shape[2], _TILE), np.float32)
    of_grid = np.zeros((from_grid.shape[1], _TILE), np.float32)
    net, active, middle = (
        np.zeros((hidden, _TILE), np.float32),
        np.zeros((hidden, _TILE), np.float32),
        np.zeros((hidden, _TILE), np.float32),
    )
    row, grid_row = np.empty(channels, np.float32), np.empty(grid_channels, np.float32)
    cell, within = np.empty(3, np.int64), np.empty(3, np.float32)
    for start in range(0, len(queries), _TILE):
        taken = min(_TILE, len(queries) - start)
        count = (taken + _LANES - 1) // _LANES * _LANES
        for t in range(taken):
            _locate(queries, start + t, extents[0], side, cell, within)
            row[:] = _ZERO
            for plane in range(len(axes)):
                u, v = axes[plane, 0], axes[plane, 1]
                low = (plane * side + cell[v]) * side + cell[u]
                high = low + side
                right, up = within[u], within[v]
                w0, w1 = (_ONE - right) * (_ONE - up), right * (_ONE - up)
                w2, w3 = (_ONE - right) * up, right * up
                for c in range(channels):
                    row[c] += (
                        w0 * planes[low, c] + w1 * planes[low + 1, c]
                        + w2 * planes[high, c] + w3 * planes[high + 1, c]
                    )  # fmt: skip
            for c in range(channels):
                of_planes[c, t] = row[c]
            _locate(queries, start + t, extents[1], grid_side, cell, within)
            grid_row[:] = _ZERO
            for corner in range(4):
                y, z = corner & 1, corner >> 1
                weight = (within[1] if y else _ONE - within[1]) * (
                    within[2] if z else _ONE - within[2]
                )
                low = ((cell[2] + z) * grid_side + cell[1] + y) * grid_side + cell[0]
                w0, w1 = weight * (_ONE - within[0]), weight * within[0]
                for c in range(grid_channels):
                    grid_row[c] += w0 * grid[low, c] + w1 * grid[low + 1, c]
            for c in range(grid_channels):
                of_grid[c, t] = grid_row[c]
        for j in range(hidden):
            bias, x, y, z = ends[0, j], first[j, 0], first[j, 1], first[j, 2]
            for t in range(taken):
                net[j, t] = (
                    bias + x * queries[start + t, 0] + y * queries[start + t, 1]
                    + z * queries[start + t, 2]
                )  # fmt: skip
        _multiply(from_grid, of_grid, net, count)
        for block in range(len(given)):
            _multiply(given[block], of_planes, net, count)
            for j in range(hidden):
                bias, next_bias = biases[block, 0, j], biases[block, 1, j]
                for t in range(count):
                    value = net[j, t] + bias
                    active[j, t] = _ZERO if value < _ZERO else value
                    middle[j, t] = next_bias
            _multiply(inner[block], active, middle, count)
            for j in range(hidden):
                for t in range(count):
                    value = middle[j, t]
                    middle[j, t] = _ZERO if value < _ZERO else value
            _multiply(outer[block], middle, net, count)
        for t in range(taken):
            logits[start + t] = last_bias
        for j in range(hidden):
            bias, weight = ends[1, j], last[j]
            for t in range(taken):
                value = net[j, t] + bias
                logits[start + t] += weight * (_ZERO if value < _ZERO else value)
