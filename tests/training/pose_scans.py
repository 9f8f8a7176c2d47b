"""A stand-in for a chair that is easily posed, and a small pose network that has learnt it."""

from functools import cache

import numpy as np
import torch

from occviewer.models.pose import PoseNetwork
from occviewer.training.pose_examples import SECTORS, Scan
from occviewer.training.pose_training import PoseSettings, train_pose_network

from .solids import Boxes

SMALL = {"sizes": (8, 8, 8), "width": 16, "point_count": 200}

CHAIR = Boxes((((-0.5, -0.05, -0.5), (0.5, 0.0, 0.5)), ((-0.5, 0.0, -0.5), (0.5, 0.5, -0.45))))
"""A plate with a back: alike under no other heading."""

ONE_FRONT = np.arange(SECTORS) == 0


def chair_points(rng, count=200):
    """The whole of it, with noise."""
    points = rng.uniform(-0.5, 0.5, (count, 3))
    seat = int(0.6 * count)
    points[:seat, 1] = 0.0
    points[seat:, 2] = -0.5
    points[seat:, 1] = rng.uniform(0.0, 0.5, count - seat)
    return (points + rng.normal(scale=0.005, size=points.shape)).astype(np.float32)


def chair_scan(count, rng):
    return Scan(chair_points(rng, count), ONE_FRONT)


def small_network(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PoseNetwork(**SMALL)


@cache
def trained_network():
    """Trained once for all tests of a process; not to be changed by a test."""
    settings = PoseSettings(steps=60, batch=8, poses=4, learning_rate=5e-3)
    return train_pose_network(chair_scan, settings, network=small_network()).network
