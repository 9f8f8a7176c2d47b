"""Poses that a pose network thinks likely for a cloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from occviewer.arrays import Float64Array
from occviewer.models.placing import Up, rotation_of
from occviewer.models.pose import PoseNetwork, normalised

_COARSE = 30.0
_FINE = (-15.0, -7.5, 7.5, 15.0)
_BATCH = 24

# Log probabilities of axes before a cloud was seen, relative to the usual ones: meshes
# have y or z up, cameras -y; nobody's convention is the rest, but scans do fall over.
_UP_PRIOR: dict[Up, float] = {"y": 0.0, "z": 0.0, "-y": -1.0, "x": -2.0, "-x": -2.0, "-z": -2.0}
# Where a shape looks alike from several sides, its heading stays as it came.
_AS_IT_CAME = 0.5

# A cloud's outline seen from above must shrink by this share for its heading to be
# changed by a few degrees.
_SQUARE_GAIN = 0.04
_SQUARE_RANGE = 6.0


@dataclass(frozen=True)
class Proposal:
    """A pose and what the network says of it.

    Attributes
    ----------
    up : str
        World axis that points up.
    yaw : float
        Degrees by which the cloud is turned about the vertical.
    logit : float
        Log odds against the other poses, prior included, up to a constant.
    """

    up: Up
    yaw: float
    logit: float


def propose_poses(
    network: PoseNetwork,
    points: Float64Array,
    ups: Sequence[Up],
    yaw: float | None = None,
    count: int = 3,
) -> list[Proposal]:
    """Most likely poses of a cloud, the best first.

    Parameters
    ----------
    network : PoseNetwork
        Trained.
    points : (N, 3) float64
        Cleaned points in random order.
    ups : sequence of str
        Up axes that are possible.
    yaw : float, optional
        The heading, where it is known.
    count : int
        Number of poses that differ in up axis or by more than 40 degrees in heading.
    """
    few = points[: network.point_count] - points[0]
    headings = list(np.arange(0.0, 360.0, _COARSE)) if yaw is None else [yaw]
    found = _judge(network, few, [(up, heading) for up in ups for heading in headings], yaw)
    if yaw is None:
        best = _distinct(found, count)
        found += _judge(network, few, [(p.up, p.yaw + turn) for p in best for turn in _FINE], yaw)
    chosen = _distinct(found, count)
    return chosen if yaw is not None else [_squared(points, proposal) for proposal in chosen]


@torch.no_grad()
def _judge(
    network: PoseNetwork,
    points: Float64Array,
    poses: Sequence[tuple[Up, float]],
    known_yaw: float | None,
) -> list[Proposal]:
    rotations = np.stack([rotation_of(up, yaw) for up, yaw in poses])
    turned = np.einsum("nj,pij->pni", points, rotations).astype(np.float32)
    clouds = normalised(torch.from_numpy(turned))
    fitness = torch.cat([network(part) for part in torch.split(clouds, _BATCH)]).tolist()
    proposals = []
    for (up, yaw), logit in zip(poses, fitness, strict=True):
        prior = _UP_PRIOR[up] + (_AS_IT_CAME if yaw == 0 and known_yaw is None else 0.0)
        proposals.append(Proposal(up, float(yaw % 360), logit + prior))
    return proposals


def _distinct(proposals: list[Proposal], count: int) -> list[Proposal]:
    """Pick the most likely that are really different, the best first."""
    chosen: list[Proposal] = []
    for proposal in sorted(proposals, key=lambda p: -p.logit):
        if all(_apart(proposal, other) for other in chosen):
            chosen.append(proposal)
        if len(chosen) == count:
            break
    return chosen


def _apart(one: Proposal, other: Proposal) -> bool:
    difference = (one.yaw - other.yaw + 180) % 360 - 180
    return one.up != other.up or abs(difference) > 40


def _squared(points: Float64Array, proposal: Proposal) -> Proposal:
    """Turn a little, so that the outline seen from above fits the smallest rectangle."""
    level = (points - points[0]) @ rotation_of(proposal.up, proposal.yaw).T
    angles = np.arange(-_SQUARE_RANGE, _SQUARE_RANGE + 0.5, 1.0)
    areas = np.array([_outline(level, angle) for angle in angles])
    best = int(areas.argmin())
    if areas[best] > (1 - _SQUARE_GAIN) * _outline(level, 0.0):
        return proposal
    return replace(proposal, yaw=float((proposal.yaw + angles[best]) % 360))


def _outline(level: Float64Array, degrees: float) -> float:
    """Area of the bounding rectangle of points (N, 3) turned about the vertical."""
    radians = np.radians(degrees)
    x = np.cos(radians) * level[:, 0] + np.sin(radians) * level[:, 2]
    z = np.cos(radians) * level[:, 2] - np.sin(radians) * level[:, 0]
    # Noise and strays must not decide: the outermost hundredth does not count.
    (left, right), (back, front) = (np.percentile(axis, (1, 99)) for axis in (x, z))
    return float((right - left) * (front - back))
