"""Cameras for many pictures at once, and what they see of a batch of warped shapes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from occviewer.cutouts import MARGIN
from occviewer.training.live.dice import Dice
from occviewer.training.rendering.looks import DISTANCES, ELEVATIONS

_SHAKEN = 0.04  # of the bounds' longer side
_BEYOND = 2.0  # degrees that elevations go beyond those of stored renders


@dataclass(frozen=True, eq=False)
class Cameras:
    """Cameras of square crops, as `occviewer.cameras.PictureCamera` has them.

    Attributes
    ----------
    azimuth, elevation : (B,) Tensor
        Degrees.
    distance : (B,) Tensor
        Box units.
    corner : (B, 2) Tensor
        Of the crop to the left and above, on the plane one unit before the camera.
    side : (B,) Tensor
        Of the crop on that plane.
    """

    azimuth: Tensor
    elevation: Tensor
    distance: Tensor
    corner: Tensor
    side: Tensor

    def position(self) -> Tensor:
        """Where the cameras stand (B, 3)."""
        return self.distance[:, None] * rotations(self.azimuth, self.elevation)[:, 2]

    def project(self, points: Tensor, pictures: Tensor, pixels: int) -> tuple[Tensor, Tensor]:
        """Pixels (N, 2) and depths (N,) of points (N, 3) in the pictures (N,)."""
        flat, depth = _flat(points, pictures, self.azimuth, self.elevation, self.distance)
        return (flat - self.corner[pictures]) * (pixels / self.side[pictures])[:, None], depth

    def places(self, depths: Tensor, across: Tensor, down: Tensor) -> Tensor:
        """Places (B, 3, H, W) behind pixels, in a box that is turned to azimuth 0.

        Parameters
        ----------
        depths : (B, H, W) Tensor
            Not finite where nothing is; the places are NaN there.
        across, down : (W,), (H,) Tensor
            Where the pixels are in the crop, 0 … 1.
        """
        right = self.corner[:, 0, None, None] + across * self.side[:, None, None]
        below = self.corner[:, 1, None, None] + down[:, None] * self.side[:, None, None]
        elevation = torch.deg2rad(self.elevation)[:, None, None]
        cosine, sine = elevation.cos(), elevation.sin()
        up, backward = -below * depths, self.distance[:, None, None] - depths
        points = torch.stack(
            [right * depths, cosine * up + sine * backward, cosine * backward - sine * up], 1
        )
        return torch.where(torch.isfinite(depths)[:, None], points, torch.nan)


def draw_cameras(points: Tensor, pictures: Tensor, count: int, dice: Dice) -> Cameras:
    """Draw `count` cameras that see their points (N, 3), cropped about as well as people do."""
    device = points.device
    azimuth = dice.uniform(-180, 180, count)
    elevation = dice.uniform(ELEVATIONS[0] - _BEYOND, ELEVATIONS[1] + _BEYOND, count)
    distance = dice.log_uniform(*DISTANCES, count)
    flat, _ = _flat(points, pictures, azimuth, elevation, distance)
    of = pictures[:, None].expand(-1, 2)
    low = torch.full((count, 2), torch.inf, device=device).scatter_reduce_(0, of, flat, "amin")
    high = torch.full((count, 2), -torch.inf, device=device).scatter_reduce_(0, of, flat, "amax")
    reach = (high - low).amax(1, keepdim=True) * _SHAKEN
    low = low + reach * dice.uniform(-1, 1, count, 2)
    high = high + reach * dice.uniform(-1, 1, count, 2)
    side = (high - low).amax(1) * (1 + 2 * MARGIN)
    corner = (low + high) / 2 - side[:, None] / 2
    return Cameras(azimuth, elevation, distance, corner, side)


def rotations(azimuth: Tensor, elevation: Tensor) -> Tensor:
    """Rotations (B, 3, 3) from box axes to the cameras': right, up, backward."""
    a, e = torch.deg2rad(azimuth), torch.deg2rad(elevation)
    zero = torch.zeros_like(a)
    right = torch.stack([a.cos(), zero, -a.sin()], 1)
    up = torch.stack([-e.sin() * a.sin(), e.cos(), -e.sin() * a.cos()], 1)
    return torch.stack([right, up, directions(azimuth, elevation)], 1)


def directions(azimuth: Tensor, elevation: Tensor) -> Tensor:
    """Point unit vectors (B, 3) towards azimuths and elevations (B,) in degrees."""
    a, e = torch.deg2rad(azimuth), torch.deg2rad(elevation)
    return torch.stack([e.cos() * a.sin(), e.sin(), e.cos() * a.cos()], 1)


def _flat(
    points: Tensor, pictures: Tensor, azimuth: Tensor, elevation: Tensor, distance: Tensor
) -> tuple[Tensor, Tensor]:
    """Places (N, 2) on the plane one unit before the camera, downwards, and depths (N,)."""
    turned = torch.einsum("nij,nj->ni", rotations(azimuth, elevation)[pictures], points)
    depth = distance[pictures] - turned[:, 2]
    return torch.stack([turned[:, 0], -turned[:, 1]], 1) / depth[:, None], depth
