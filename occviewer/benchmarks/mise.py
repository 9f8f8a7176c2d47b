"""The published pipeline from network to mesh, which extraction is compared with.

Multi-resolution isosurface extraction as Mescheder et al. describe it (Occupancy
Networks, CVPR 2019, section 3.3): a grid of 32³ cells is asked whole, cells whose
corners lie on both sides are split in eight, their new corners are asked, and so on;
then marching cubes on the dense grid. The network is asked layer by layer, 100,000
points at a time, and the grid is padded with -1e6, as in the published code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, Float64Array, IntArray

START = 32
BATCH = 100_000
PADDING = -1e6

Logits = Callable[[Float32Array], Float32Array]
"""Logits (N,) at points (N, 3) of the box."""


@dataclass(frozen=True, eq=False)
class Dense:
    """Values at all nodes of a grid.

    Attributes
    ----------
    values : (N + 1, N + 1, N + 1) float64
        Logits; where a node was not asked, that of a neighbour on the same side.
    asked : int
        Points at which the network was asked.
    """

    values: Float64Array
    asked: int


def mise(
    logits: Logits, resolution: int, level: float, bounds: Float32Array, start: int = START
) -> Dense:
    """Evaluate a network on a grid, coarse to fine.

    Parameters
    ----------
    logits : callable
        The network.
    resolution : int
        Cells a side: `start` times a power of two.
    level : float
        Logit of the surface.
    bounds : (2, 3) float32
        The box.
    start : int
        Cells a side of the coarsest grid.
    """
    halvings = max(0, (resolution // start).bit_length() - 1)
    if start << halvings != resolution:
        raise ValueError(f"MISE reaches {start} times a power of two, not {resolution}.")
    ask = _Asker(logits, resolution, bounds)
    cells = start
    every = np.stack(np.meshgrid(*[np.arange(cells + 1)] * 3, indexing="ij")).reshape(3, -1)
    values = ask(every, resolution // cells).reshape((cells + 1,) * 3)
    known = np.ones(values.shape, bool)
    active = mixed(values >= level)
    while cells < resolution:
        cells *= 2
        values, known = _doubled(values), _doubled_known(known)
        nodes = _nodes_within(active, cells)
        new = nodes & ~known
        values[new] = ask(np.stack(np.nonzero(new)), resolution // cells)
        known |= new
        # A cell is split when all its corners were asked and lie on both sides.
        active = mixed(values >= level) & _all_corners(known)
    return Dense(values, ask.count)


def marching_cubes(
    dense: Dense, level: float, bounds: Float32Array
) -> tuple[Float64Array, IntArray]:
    """Vertices (V, 3) and triangles (F, 3) of a dense grid, by PyMCubes."""
    import mcubes

    padded = np.pad(dense.values, 1, constant_values=PADDING)
    vertices, triangles = mcubes.marching_cubes(padded, level)
    cells = dense.values.shape[0] - 1
    low, high = bounds.astype(np.float64)
    return low + (vertices - 1) * (high - low) / cells, triangles


def mixed(inside: BoolArray) -> BoolArray:
    """Cells (n, n, n) whose corners (n + 1, …) lie on both sides."""
    return _any_corner(inside) & ~_all_corners(inside)


class _Asker:
    """Asks the network at nodes of the finest grid and counts the points."""

    def __init__(self, logits: Logits, resolution: int, bounds: Float32Array) -> None:
        self._logits = logits
        self._axes = [np.linspace(low, high, resolution + 1).astype("f4") for low, high in bounds.T]
        self.count = 0

    def __call__(self, nodes: IntArray, stride: int) -> Float64Array:
        self.count += nodes.shape[1]
        answers = np.empty(nodes.shape[1])
        for first in range(0, nodes.shape[1], BATCH):
            part = nodes[:, first : first + BATCH] * stride
            points = np.stack([axis[n] for axis, n in zip(self._axes, part, strict=True)], axis=1)
            answers[first : first + BATCH] = self._logits(points)
        return answers


def _doubled(values: Float64Array) -> Float64Array:
    """Values of a grid of twice as many cells; new nodes take that of the node below."""
    index = np.arange(2 * values.shape[0] - 1) // 2
    doubled: Float64Array = values[np.ix_(index, index, index)]
    return doubled


def _doubled_known(known: BoolArray) -> BoolArray:
    finer = np.zeros((2 * known.shape[0] - 1,) * 3, bool)
    finer[::2, ::2, ::2] = known
    return finer


def _nodes_within(active: BoolArray, cells: int) -> BoolArray:
    """Nodes (cells + 1, …) of the finer grid that lie in active coarse cells, borders too."""
    nodes = np.zeros((cells + 1,) * 3, bool)
    for step in product(range(3), repeat=3):
        part = tuple(slice(s, s + cells - 1, 2) for s in step)
        nodes[part] |= active
    return nodes


def _any_corner(nodes: BoolArray) -> BoolArray:
    for axis in range(3):
        low, high = _halves(nodes, axis)
        nodes = low | high
    return nodes


def _all_corners(nodes: BoolArray) -> BoolArray:
    for axis in range(3):
        low, high = _halves(nodes, axis)
        nodes = low & high
    return nodes


def _halves(nodes: BoolArray, axis: int) -> tuple[BoolArray, BoolArray]:
    count = nodes.shape[axis]
    return nodes.take(range(count - 1), axis), nodes.take(range(1, count), axis)
