"""From a picture to the features of the house model, and the camera that took it.

Three steps. A ResNet-18 under the published parameter names sees the shape cut out of its
picture, and says from where it was taken. A decoder turns its feature maps into the surface
that the picture shows, see `occviewer.networks.surface_maps`: a cloud, half of it on the hidden
side. And a cloud encoder like the model's own, used to how such
clouds are wrong, makes of it what the model's decoder and latent space know. It is told of every
point what the picture tells: whether it lies in front, how sure its place is, whence it was seen,
and what the decoder of the maps knew of its pixel.
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
from occviewer.networks.surface_maps import MapDecoder, SeenPoints, surface_points

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
    evidence : bool
        Whether the cloud encoder is told what the picture tells of each point. Without, it has
        the places only, as encoders had that were trained before this could be.

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
        evidence: bool = False,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "cloud": dict(cloud),
            "pixels": pixels,
            "point_count": point_count,
            "size": size,
            "leniency": leniency,
            "evidence": evidence,
        }
        self.pixels, self.point_count = pixels, point_count
        self.features = ResNetFeatures(18)
        sizes = (64, 64, 128, 256, 512)
        self.fc = nn.Linear(self.features.size, _WIDTHS[-1])
        self.to_camera = nn.Linear(self.features.size, DIRECTIONS + 2)
        self.register_buffer("latent_std", torch.ones(size))
        self.maps = MapDecoder(sizes, _WIDTHS)
        self.cloud = HouseEncoder(**cloud)
        self.evidence: nn.Linear | None = None
        if evidence:
            self.evidence = nn.Linear(2 + _WIDTHS[0] + 3, 2 * cloud["channels"])
            # At first the cloud encoder does what it did without.
            nn.init.zeros_(self.evidence.weight)
            nn.init.zeros_(self.evidence.bias)

    @property
    def leniency(self) -> float:
        """Logits below the model's level, see the class."""
        return float(self.config["leniency"])

    @leniency.setter
    def leniency(self, logits: float) -> None:
        self.config["leniency"] = logits

    def see(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See the surface, as maps (B, MAPS + F, S / 2, S / 2), and the cameras (B, D + 2).

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
        return self.shape(self.points(maps, cameras)), cameras

    def points(
        self, maps: Tensor, cameras: Tensor, generator: torch.Generator | None = None
    ) -> SeenPoints:
        """Take `point_count` points of what `see` gives, see `surface_points`.

        Their evidence ends with the directions (3) in which they were seen.
        """
        azimuths, elevations, distances = camera_angles(cameras)
        seen = surface_points(maps, azimuths, self.point_count, generator)
        across, up = torch.deg2rad(azimuths), torch.deg2rad(elevations)
        unit = [up.cos() * across.sin(), up.sin(), up.cos() * across.cos()]
        camera = distances[:, None] * torch.stack(unit, 1)
        lines = F.normalize(seen.places - camera[:, None], dim=2)
        return SeenPoints(seen.places, torch.cat([seen.evidence, lines], 2))

    def shape(self, seen: SeenPoints) -> Features:
        """Make the features of the shape of which `points` were seen."""
        told = None if self.evidence is None else self.evidence(seen.evidence)
        return self.cloud(seen.places, told)  # type: ignore[no-any-return]


def cloud_settings(config: dict[str, Any]) -> dict[str, Any]:
    """Pick what a `HouseEncoder` needs from the configuration of its `HouseNetwork`."""
    names = ("channels", "plane_resolution", "grid_resolution", "plane_sizes", "grid_sizes")
    return {name: config[name] for name in names}
