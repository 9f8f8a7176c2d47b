"""The numbers by which a network says from where a picture was taken.

The azimuth comes as a distribution over sectors, since shapes may look alike from two sides;
elevation and distance as scaled numbers.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

DIRECTIONS = 36
"""Sectors of the azimuth that are told apart. A shape that looks the same from two sides leaves
two likely ones, where a single number would be neither."""

_SHARPNESS = 30.0  # of the wanted distribution: it falls to 0.63 over one sector
_BESIDE = 3
_ELEVATION = (20.0, 15.0)  # middle and spread, degrees
_DISTANCE = (math.log(3.1), 0.4)  # of the logarithm of box units


def camera_numbers(azimuth: Tensor, elevation: Tensor, distance: Tensor) -> Tensor:
    """Cameras (B, D + 2) that the network should give.

    Logarithms of a von Mises distribution about the azimuth, elevation and distance, scaled.

    Parameters
    ----------
    azimuth, elevation : (B,) Tensor
        Degrees.
    distance : (B,) Tensor
        Box units.
    """
    away = torch.deg2rad(azimuth)[:, None] - _sectors(azimuth)
    height = (elevation - _ELEVATION[0]) / _ELEVATION[1]
    far = (distance.log() - _DISTANCE[0]) / _DISTANCE[1]
    return torch.cat([_SHARPNESS * away.cos(), height[:, None], far[:, None]], 1)


def camera_loss(cameras: Tensor, wanted: Tensor) -> Tensor:
    """Cross entropy of the directions, and the error of the other numbers, of (B, D + 2)."""
    directions = F.cross_entropy(cameras[:, :DIRECTIONS], wanted[:, :DIRECTIONS].softmax(1))
    return directions + F.smooth_l1_loss(cameras[:, DIRECTIONS:], wanted[:, DIRECTIONS:])


def camera_angles(cameras: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Azimuth and elevation (B,) in degrees and distance (B,) of cameras (B, D + 2)."""
    chances = torch.softmax(cameras[:, :DIRECTIONS], 1)
    best = chances.argmax(1, keepdim=True)
    # Within the likely sectors around the most likely one.
    beside = (best + torch.arange(-_BESIDE, _BESIDE + 1, device=best.device)) % DIRECTIONS
    weights, angles = chances.gather(1, beside), _sectors(cameras)[beside]
    across, along = (weights * angles.sin()).sum(1), (weights * angles.cos()).sum(1)
    azimuth = torch.rad2deg(torch.atan2(across, along))
    elevation = (cameras[:, DIRECTIONS] * _ELEVATION[1] + _ELEVATION[0]).clamp(-85, 85)
    # Nearer than the box, or so far that perspective is none, says nothing.
    distance = (cameras[:, DIRECTIONS + 1] * _DISTANCE[1] + _DISTANCE[0]).exp().clamp(1.2, 20.0)
    return azimuth, elevation, distance


def _sectors(like: Tensor) -> Tensor:
    """Middles (D,) of the sectors in radians, on the device of a tensor."""
    return torch.arange(DIRECTIONS, device=like.device, dtype=like.dtype) * (
        2 * math.pi / DIRECTIONS
    )
