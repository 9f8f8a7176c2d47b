"""From a picture to the latent vector of the house model, and the camera that took it.

A ResNet-18 under the published parameter names sees the shape cut out of its picture; two
linear heads say where the shape lies in the latent space of a `Bottleneck`, and from where
the picture was taken. The shape comes in its own frame, not in the camera's.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.resnet import ResNetFeatures, normalised_image

CAMERA_NUMBERS = 4
"""Sine and cosine of the azimuth, elevation, and distance, scaled as below."""

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
        self.to_camera = nn.Linear(hidden, CAMERA_NUMBERS)
        # It begins with the mean shape, from which all others are equally far.
        nn.init.zeros_(self.to_latent.weight)
        nn.init.zeros_(self.to_latent.bias)
        self.register_buffer("latent_mean", torch.zeros(size))
        self.register_buffer("latent_std", torch.ones(size))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Latent vectors (B, Z) and camera numbers (B, 4) of RGB images (B, 3, S, S) in [0, 1].

        The images are what `occviewer.cutouts.network_input` makes.
        """
        images = normalised_image(images).contiguous(memory_format=torch.channels_last)
        net = F.relu(self.fc(self.features(images)))
        vectors = torch.addcmul(self.latent_mean, self.latent_std, self.to_latent(net))
        return vectors, self.to_camera(net)


def camera_numbers(azimuth: Tensor, elevation: Tensor, distance: Tensor) -> Tensor:
    """Numbers (B, 4) that the camera head should give; angles (B,) in degrees."""
    angle = torch.deg2rad(azimuth)
    height = (elevation - _ELEVATION[0]) / _ELEVATION[1]
    far = (distance.log() - _DISTANCE[0]) / _DISTANCE[1]
    return torch.stack([angle.sin(), angle.cos(), height, far], 1)


def camera_angles(numbers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Azimuth and elevation (B,) in degrees and distance (B,) of camera numbers (B, 4)."""
    azimuth = torch.rad2deg(torch.atan2(numbers[:, 0], numbers[:, 1]))
    elevation = (numbers[:, 2] * _ELEVATION[1] + _ELEVATION[0]).clamp(-85, 85)
    # Nearer than the box, or so far that perspective is none, says nothing.
    distance = (numbers[:, 3] * _DISTANCE[1] + _DISTANCE[0]).exp().clamp(1.2, 20.0)
    return azimuth, elevation, distance
