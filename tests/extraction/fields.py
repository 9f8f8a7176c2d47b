"""Analytic fields whose surface, volume and topology are known."""

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

BOX = np.array([[-0.55] * 3, [0.55] * 3], np.float32)


class AnalyticField:
    """Logits = `sharpness` × (distance inside the surface), computed in float64."""

    level = 0.0
    bounds = BOX
    sharpness = 20.0

    def logits(self, points):
        assert points.dtype == np.float32
        assert points.ndim == 2
        assert points.shape[1] == 3
        assert len(points) <= 65536
        assert (points >= self.bounds[0]).all()
        assert (points <= self.bounds[1]).all()
        return (self.sharpness * self.inside(points.astype(np.float64))).astype(np.float32)


@dataclass
class Sphere(AnalyticField):
    radius: float = 0.4
    centre: tuple = (0.0, 0.0, 0.0)

    def inside(self, points):
        return self.radius - np.linalg.norm(points - np.array(self.centre), axis=1)


@dataclass
class Torus(AnalyticField):
    large: float = 0.32
    small: float = 0.1

    def inside(self, points):
        ring = np.hypot(points[:, 0], points[:, 2]) - self.large
        return self.small - np.hypot(ring, points[:, 1])


@dataclass
class Sheet(AnalyticField):
    """A tilted rectangular board, by default thinner than a cell of the start grid."""

    thickness: float = 0.012
    half: tuple = (0.35, 0.3)
    tilt: float = 0.3

    def inside(self, points):
        c, s = np.cos(self.tilt), np.sin(self.tilt)
        x = c * points[:, 0] - s * points[:, 1]
        y = s * points[:, 0] + c * points[:, 1]
        sides = np.stack([np.abs(x) - self.half[0], np.abs(points[:, 2]) - self.half[1]])
        sides = np.vstack([sides, np.abs(y) - self.thickness / 2])
        outside = np.linalg.norm(np.maximum(sides, 0), axis=0)
        return -(outside + np.minimum(sides.max(axis=0), 0))


@dataclass
class Blobs(AnalyticField):
    """Many balls that do not touch, on a jittered lattice."""

    a_side: int = 5
    radius: float = 0.03
    seed: int = 3
    centres: np.ndarray = field(init=False)

    def __post_init__(self):
        ticks = (np.arange(self.a_side) - (self.a_side - 1) / 2) / self.a_side
        lattice = np.stack(np.meshgrid(ticks, ticks, ticks), axis=-1).reshape(-1, 3)
        room = 0.5 / self.a_side - 1.5 * self.radius
        rng = np.random.default_rng(self.seed)
        self.centres = lattice + rng.uniform(-room, room, lattice.shape)

    def inside(self, points):
        return self.radius - cKDTree(self.centres).query(points)[0]


@dataclass
class Gyroid(AnalyticField):
    """A gyroid sheet; it leaves the box on all sides."""

    periods: float = 2.5
    thickness: float = 0.35

    def inside(self, points):
        x, y, z = (2 * np.pi * self.periods * points).T
        sheet = np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)
        return (self.thickness - np.abs(sheet)) / (2 * np.pi * self.periods)


@dataclass
class Bowl(AnalyticField):
    """A sphere with a hole through it and a hollow in it, with saturated logits."""

    def inside(self, points):
        ball = 0.45 - np.linalg.norm(points, axis=1)
        hole = 0.03 - np.hypot(points[:, 0] - 0.1, points[:, 1])
        hollow = 0.1 - np.linalg.norm(points - np.array([-0.2, 0, 0]), axis=1)
        return np.tanh(30 * np.minimum(ball, -np.maximum(hole, hollow))) / 2


class Noise(AnalyticField):
    """A smoothed random grid: every case of marching cubes, and many parts."""

    def __init__(self, nodes=40, seed=0):
        grid = np.random.default_rng(seed).normal(size=(nodes,) * 3)
        self.grid = gaussian_filter(grid, 1.0)
        self.grid -= 0.05

    def inside(self, points):
        places = (points + 0.55) / 1.1 * (len(self.grid) - 1)
        return map_coordinates(self.grid, places.T, order=1, mode="nearest")


ALL = {
    "sphere": Sphere(),
    "torus": Torus(),
    "sheet": Sheet(),
    "blobs": Blobs(),
    "gyroid": Gyroid(),
    "bowl": Bowl(),
    "noise": Noise(),
}


def dense_signs(analytic, resolution, level=None):
    """Whether each node (N + 1, N + 1, N + 1) is inside, by asking all of them."""
    level = analytic.level if level is None else level
    axes = [
        np.linspace(low, high, resolution + 1).astype(np.float32) for low, high in analytic.bounds.T
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    logits = [analytic.logits(points[i : i + 65536]) for i in range(0, len(points), 65536)]
    return (np.concatenate(logits) >= np.float32(level)).reshape((resolution + 1,) * 3)


def mixed_cells(inside):
    """Cells (N, N, N) whose corners (N + 1, N + 1, N + 1) are not all on one side."""
    some = every = inside
    for axis in range(3):
        low, high = np.arange(inside.shape[axis] - 1), np.arange(1, inside.shape[axis])
        some = some.take(low, axis) | some.take(high, axis)
        every = every.take(low, axis) & every.take(high, axis)
    return some & ~every


def ends_of(inside):
    """Which nodes are an end of an edge whose ends are on both sides."""
    ends = np.zeros(inside.shape, bool)
    for axis in range(3):
        along, marked = np.moveaxis(inside, axis, 0), np.moveaxis(ends, axis, 0)
        across = along[1:] != along[:-1]
        marked[1:] |= across
        marked[:-1] |= across
    return ends


def corners_of(cells):
    """Nodes (N + 1, N + 1, N + 1) that are a corner of one of the cells (N, N, N)."""
    nodes = np.zeros([n + 1 for n in cells.shape], bool)
    x, y, z = np.nonzero(cells)
    for i, j, k in np.ndindex(2, 2, 2):
        nodes[x + i, y + j, z + k] = True
    return nodes
