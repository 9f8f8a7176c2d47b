"""Encoding a picture: the shape that it shows, and the camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from occviewer.arrays import UInt8Array
from occviewer.cameras import PictureCamera
from occviewer.cutouts import Crop, crop_around, network_input
from occviewer.errors import CheckpointError, ObservationError
from occviewer.latent import LatentSpace, latent_space
from occviewer.models.checkpoint import load_bottleneck, load_image_encoder
from occviewer.models.codes import Code
from occviewer.models.model import Model
from occviewer.networks import Features
from occviewer.networks.bottleneck import Bottleneck
from occviewer.networks.camera_numbers import camera_angles
from occviewer.networks.image_encoder import ImageEncoder
from occviewer.observations.image import Image
from occviewer.observations.masking import Mask
from occviewer.pictures.silhouettes import find_camera, solid_points
from occviewer.placement import Placement


@dataclass(frozen=True, eq=False)
class PictureGuess:
    """What a picture gives at first sight.

    Attributes
    ----------
    code : Code
        In the box frame: a picture says nothing of the shape's size in the world.
    vector : (Z,) Tensor
        Of the code, on the model's device.
    detail : mapping of str to Tensor
        What the code holds beyond what the vector says.
    camera : PictureCamera
        Of the whole picture.
    overlap : float
        Of the shape's silhouette from that camera with the mask, 0 … 1.
    seen : (S, S, 3) uint8
        What the network got.
    crop : Crop
        Where that lies in the picture.
    """

    code: Code
    vector: Tensor
    detail: Mapping[str, Tensor] = field(repr=False)
    camera: PictureCamera
    overlap: float
    seen: UInt8Array = field(repr=False)
    crop: Crop


class PictureDoor:
    """A model's way in for pictures; make it with `open_picture_door`.

    Parameters
    ----------
    model : Model
    encoder : ImageEncoder
    bottleneck : Bottleneck
    space : LatentSpace
    """

    def __init__(
        self, model: Model, encoder: ImageEncoder, bottleneck: Bottleneck, space: LatentSpace
    ) -> None:
        self.model, self.space = model, space
        self.encoder = encoder.to(model.device).requires_grad_(False).eval()
        self.bottleneck = bottleneck.to(model.device).requires_grad_(False).eval()

    @property
    def level(self) -> float:
        """Logit at which the surfaces of what was seen lie."""
        return self.model.level - self.encoder.leniency

    def guess(self, image: Image, mask: Mask) -> PictureGuess:
        """Find shape and camera of a picture.

        Raises
        ------
        ObservationError
            The mask is not of the picture, or nothing solid came out.
        """
        seen, crop = self.network_input(image, mask)
        code, numbers = self._encoded(seen, image, mask)
        points = solid_points(self.model.field(code))
        if not len(points):
            raise ObservationError(
                f"Nothing solid came out of {image.name}; check the mask, or take another picture."
            )
        azimuth, elevation, distance = (float(part) for part in camera_angles(numbers))
        first = PictureCamera(azimuth, elevation, distance, 1.0, (0.0, 0.0), image.size)
        camera, overlap = find_camera(points, mask.inside, crop, first)
        latent = self.space.latent_of(code)
        return PictureGuess(code, latent.vector, latent.detail, camera, overlap, seen, crop)

    def code(self, image: Image, mask: Mask) -> Code:
        """Find the shape of a picture only; the same code as `guess` finds.

        Raises
        ------
        ObservationError
            The mask is not of the picture.
        """
        return self._encoded(self.network_input(image, mask)[0], image, mask)[0]

    def features(self, vector: Tensor, detail: Mapping[str, Tensor]) -> Features:
        """Features, batch first, of a vector (Z,) and what a code holds beyond it."""
        features = self.bottleneck.decode(vector[None])
        return {
            name: tensor + detail[name][None] if name in detail else tensor
            for name, tensor in features.items()
        }

    def network_input(self, image: Image, mask: Mask) -> tuple[UInt8Array, Crop]:
        """Cut out what the network gets, and say where it lies in the picture.

        Raises
        ------
        ObservationError
            The mask is not of the picture.
        """
        mask.check_fits(image)
        crop = crop_around(mask.bounds)
        return network_input(image.pixels, mask.inside, crop, self.encoder.pixels), crop

    def _encoded(self, seen: UInt8Array, image: Image, mask: Mask) -> tuple[Code, Tensor]:
        """Encode what the network gets: its code, and the numbers (1, D + 2) of the camera."""
        with torch.no_grad():
            pixels = torch.from_numpy(np.array(seen)).to(self.model.device)
            features, numbers = self.encoder(pixels.permute(2, 0, 1)[None].float() / 255)
        notes = (f"seen in a picture; background by {mask.method}", *image.notes, *mask.notes)
        tensors = {name: tensor[0] for name, tensor in features.items()}
        code = Code(tensors, Placement(), self.model.name, notes)
        return code.lenient(self.encoder.leniency), numbers


def open_picture_door(model: Model) -> PictureDoor:
    """Open a model's way in for pictures.

    Raises
    ------
    CheckpointError
        The model has no image encoder, or its file is damaged.
    """
    encoder = None if model.path is None else load_image_encoder(model.path)
    bottleneck = None if model.path is None else load_bottleneck(model.path)
    if encoder is None or bottleneck is None:
        raise CheckpointError(
            f"The model {model.name!r} makes no shapes of pictures; train an image encoder for it "
            "with  occviewer train-image, or open a scan."
        )
    return PictureDoor(model, encoder, bottleneck, latent_space(model))
