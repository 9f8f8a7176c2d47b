"""From a picture to the latent vector of the house model, and the camera that took it.

A ResNet-18 under the published parameter names sees the shape cut out of its picture; two
linear heads say where the shape lies in the latent space of a `Bottleneck`, and from where
the picture was taken: the azimuth as a distribution, since shapes may look alike from two
sides. The shape comes in its own frame, not in the camera's.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.resnet import ResNetFeatures, normalised_image

DIRECTIONS = 36
"""Sectors of the azimuth that are told apart. A shape that looks the same from two sides leaves
two likely ones, where a single number would be neither."""

_SHARPNESS = 30.0  # of the wanted distribution: it falls to 0.63 over one sector
_BESIDE = 3
_ELEVATION = (20.0, 15.0)  # middle and spread, degrees
_DISTANCE = (math.log(3.1), 0.4)  # of the logarithm of box units


class ImageEncoder(nn.Module):
    """Pictures to latent vectors and cameras.

    Parameters
    ----------
    size : int
        Length Z of the latent vectors.
    pixels : int
        Side of the pictures that it was made for.
    hidden : int
        Width between the features and the heads.

    Attributes
    ----------
    latent_mean, latent_std : (Z,) buffers
        Of the vectors of the training shapes.
    """

    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, size: int = 816, pixels: int = 112, hidden: int = 512) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"size": size, "pixels": pixels, "hidden": hidden}
        self.size, self.pixels = size, pixels
        self.features = ResNetFeatures(18)
        self.fc = nn.Linear(self.features.size, hidden)
        self.to_latent = nn.Linear(hidden, size)
        self.to_camera = nn.Linear(hidden, DIRECTIONS + 2)
        # It begins with the mean shape, from which all others are equally far.
        nn.init.zeros_(self.to_latent.weight)
        nn.init.zeros_(self.to_latent.bias)
        self.register_buffer("latent_mean", torch.zeros(size))
        self.register_buffer("latent_std", torch.ones(size))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Latent vectors (B, Z) and cameras (B, D + 2) of RGB images (B, 3, S, S) in [0, 1].

        The images are what `occviewer.cutouts.network_input` makes; `camera_angles` reads
        the cameras.
        """
        images = normalised_image(images).contiguous(memory_format=torch.channels_last)
        net = F.relu(self.fc(self.features(images)))
        vectors = torch.addcmul(self.latent_mean, self.latent_std, self.to_latent(net))
        return vectors, self.to_camera(net)


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
