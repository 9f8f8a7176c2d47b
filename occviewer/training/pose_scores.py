"""How often a pose network finds the pose of scans that it was not trained on."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from occviewer.arrays import BoolArray
from occviewer.models.placing import UPS, rotation_of
from occviewer.models.pose import PoseNetwork
from occviewer.models.proposing import propose_poses
from occviewer.training.dataset import ShapeSet, shape_weights
from occviewer.training.observing import observe
from occviewer.training.pose_examples import SECTORS, headings_alike
from occviewer.training.validation import MOST_SHAPES, NOISE, POINTS

MOST_SCANS = 240
"""Scans of a measurement, about; with more than 120 shapes two of each."""

_MOST_OF_A_SHAPE, _FEWEST_OF_A_SHAPE = 8, 2
_TOLERANCE = 45.0


@dataclass(frozen=True)
class PoseAccuracy:
    """Share of one-sided scans in random poses whose pose is found.

    Attributes
    ----------
    up : float
        Share whose up axis is right.
    pose : float
        Share whose up axis is right and whose heading is within 45 degrees of one under
        which the whole shape looks as it should.
    scans, shapes : int
        How many were looked at.
    """

    up: float
    pose: float
    scans: int
    shapes: int


def pose_accuracy(
    network: PoseNetwork,
    shapes: ShapeSet,
    weights: Mapping[str, float] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PoseAccuracy:
    """Measure a pose network by the poses that `propose_poses` puts first.

    Scans are seen by one camera, with 3,000 points and noise 0.005, and then given any of
    the six up axes and any heading, all equally likely. The same shapes give the same scans
    every time.

    Parameters
    ----------
    network : PoseNetwork
        In evaluation mode, on the CPU.
    shapes : ShapeSet
        At most `MOST_SHAPES` of them are taken.
    weights : mapping of str to float, optional
        How much shapes of a category or a library count, as in training; else all count
        alike.
    progress : callable
        Told how many of how many scans are done.
    """
    weight = shape_weights(shapes.records, weights or {})
    names = [record.name for record in shapes.records]
    chosen = sorted(range(len(shapes)), key=lambda i: _number(names[i]))[:MOST_SHAPES]
    if not weight[chosen].any():  # held back are only shapes that do not count
        weight[:] = 1.0
    each = min(max(MOST_SCANS // len(chosen), _FEWEST_OF_A_SHAPE), _MOST_OF_A_SHAPE)
    found = np.zeros(2)
    for done, index in enumerate(chosen):
        surface = shapes[index]["surface"]
        alike = headings_alike(surface)
        for number in range(each):
            rng = np.random.default_rng([_number(names[index]), number])
            points = rng.permutation(observe(shapes[index], "view", POINTS, NOISE, rng))
            up, yaw = UPS[rng.integers(len(UPS))], rng.uniform(0.0, 360.0)
            world = points.astype(np.float64) @ rotation_of(up, yaw)
            best = propose_poses(network, world, UPS)[0]
            upright = best.up == up
            found += weight[index] * np.array(
                [upright, upright and heading_is_right(best.yaw - yaw, alike)]
            )
            progress(done * each + number + 1, len(chosen) * each)
    found /= each * weight[chosen].sum()
    return PoseAccuracy(float(found[0]), float(found[1]), each * len(chosen), len(chosen))


def heading_is_right(error: float, alike: BoolArray) -> bool:
    """Whether a heading that is off by `error` degrees shows a shape as it should be.

    Parameters
    ----------
    error : float
        Degrees, of any size and sign.
    alike : (8,) bool
        As `occviewer.training.pose_examples.headings_alike` says it.
    """
    right = np.flatnonzero(alike) * 360.0 / SECTORS
    return bool((np.abs((error - right + 180.0) % 360.0 - 180.0) <= _TOLERANCE).any())


def _number(name: str) -> int:
    return zlib.crc32(name.encode())
