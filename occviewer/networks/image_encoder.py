"""From a picture to the features of the house model, and the camera that took it.

Three steps. A ResNet-18 under the published parameter names sees the shape cut out of its
picture, and says from where it was taken. A decoder turns its feature maps into the surface
that the picture shows, see `occviewer.networks.surface_maps`: a cloud, half of it on the hidden
side. And a cloud encoder like the model's own, used to how such
clouds are wrong, makes of it what the model's decoder and latent space know.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features
from occviewer.networks.camera_numbers import DIRECTIONS, camera_angles
from occviewer.networks.house import HouseEncoder
from occviewer.networks.resnet import ResNetFeatures, normalised_image
from occviewer.networks.surface_maps import MapDecoder, surface_points

_WIDTHS = (32, 64, 96, 128, 256)  # of the maps of a half, a quarter … of the picture


class ImageEncoder(nn.Module):
    """Pictures to surfaces, features and cameras.

    Parameters
    ----------
    cloud : mapping
        Settings of the `HouseEncoder` of the model.
    pixels : int
        Side of the pictures that it was made for.
    point_count : int
        Points of the clouds that it makes of them.
    size : int
        Length Z of the vectors of the model's latent space.
    leniency : float
        See the attribute.

    Attributes
    ----------
    leniency : float
        Logits below the model's level at which the surfaces of what was seen lie: of thin parts
        a picture says hardly how deep they are; see
        `occviewer.training.image_scores.measured_leniency`.
    latent_std : (Z,) buffer
        Spread of the vectors that it makes of different pictures.
    """

    latent_std: Tensor

    def __init__(
        self,
        cloud: dict[str, Any],
        pixels: int = 112,
        point_count: int = 3000,
        size: int = 816,
        leniency: float = 0.0,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "cloud": dict(cloud),
            "pixels": pixels,
            "point_count": point_count,
            "size": size,
            "leniency": leniency,
        }
        self.pixels, self.point_count = pixels, point_count
        self.features = ResNetFeatures(18)
        sizes = (64, 64, 128, 256, 512)
        self.fc = nn.Linear(self.features.size, _WIDTHS[-1])
        self.to_camera = nn.Linear(self.features.size, DIRECTIONS + 2)
        self.register_buffer("latent_std", torch.ones(size))
        self.maps = MapDecoder(sizes, _WIDTHS)
        self.cloud = HouseEncoder(**cloud)

    @property
    def leniency(self) -> float:
        """Logits below the model's level, see the class."""
        return float(self.config["leniency"])

    @leniency.setter
    def leniency(self, logits: float) -> None:
        self.config["leniency"] = logits

    def see(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See the surface, as maps (B, MAPS, S / 2, S / 2), and the cameras (B, D + 2).

        Parameters
        ----------
        images : (B, 3, S, S) Tensor
            In [0, 1]; what `occviewer.cutouts.network_input` makes.

        Returns
        -------
        maps, cameras
            `points` and `occviewer.networks.camera_numbers.camera_angles` read them.
        """
        images = normalised_image(images).contiguous(memory_format=torch.channels_last)
        levels = self.features.levels(images)
        whole = levels[-1].mean((2, 3))
        return self.maps(levels, F.relu(self.fc(whole))), self.to_camera(whole)

    def forward(self, images: Tensor) -> tuple[Features, Tensor]:
        """Features, batch first, and cameras (B, D + 2) of RGB images (B, 3, S, S) in [0, 1]."""
        maps, cameras = self.see(images)
        return self.cloud(self.points(maps, cameras)), cameras

    def points(
        self, maps: Tensor, cameras: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Clouds (B, point_count, 3), box frame, of what `see` gives; see `surface_points`."""
        azimuths, _, _ = camera_angles(cameras)
        return surface_points(maps, azimuths, self.point_count, generator)


def cloud_settings(config: dict[str, Any]) -> dict[str, Any]:
    """Pick what a `HouseEncoder` needs from the configuration of its `HouseNetwork`."""
    names = ("channels", "plane_resolution", "grid_resolution", "plane_sizes", "grid_sizes")
    return {name: config[name] for name in names}
