"""The furniture model with an image encoder that always sees one shape."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from occviewer.cameras import PictureCamera
from occviewer.latent import latent_space
from occviewer.models import open_model, shipped_models
from occviewer.models.checkpoint import update_checkpoint
from occviewer.networks.image_encoder import ImageEncoder, camera_numbers
from occviewer.observations.image import Image
from occviewer.pictures import open_picture_door
from occviewer.pictures.fitting import field_silhouette

AZIMUTH, ELEVATION, DISTANCE = 35.0, 20.0, 2.6
CAMERA = PictureCamera(AZIMUTH, ELEVATION, DISTANCE, 75.0, (31.0, 33.0), (64, 64))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "toy.safetensors"
    shutil.copy(shipped_models()["furniture"], path)
    space = latent_space(open_model(path, "cpu"))
    (chair,) = space.sample(1, seed=0)
    vector = space.latent_of(chair).vector
    encoder = ImageEncoder(len(vector), pixels=32)
    encoder.latent_mean.copy_(vector)
    encoder.latent_std.fill_(0.3)
    with torch.no_grad():
        encoder.to_camera.weight.zero_()
        seen = camera_numbers(*(torch.tensor([v]) for v in (AZIMUTH + 15, ELEVATION, DISTANCE)))
        encoder.to_camera.bias.copy_(seen[0])
    update_checkpoint(path, image=encoder)
    return path


@pytest.fixture(scope="session")
def door(checkpoint):
    return open_picture_door(open_model(checkpoint, "cpu"))


@pytest.fixture(scope="session")
def chair_picture(door):
    """What the camera sees of the chair: a picture, blue above and red below, on white."""
    inside = field_silhouette(door, door.encoder.latent_mean, CAMERA)
    pixels = np.full((64, 64, 3), 250, np.uint8)
    pixels[inside] = (20, 40, 200)
    pixels[33:][inside[33:]] = (200, 30, 20)
    return Image(pixels), inside
