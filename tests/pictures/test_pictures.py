from dataclasses import replace

import numpy as np
import pytest
import torch

from occviewer.errors import Cancelled, CheckpointError, ObservationError
from occviewer.models import open_model
from occviewer.observations.masking import Mask, find_mask
from occviewer.pictures import FitSettings, fit_silhouette, open_picture_door
from occviewer.pictures.fitting import field_silhouette, silhouette_overlap

from .conftest import AZIMUTH, CAMERA


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def test_the_camera_of_a_silhouette_is_found_near_the_guess(door, chair_picture):
    image, inside = chair_picture
    guess = door.guess(image, find_mask(image))
    assert guess.overlap > 0.8
    assert abs(guess.camera.azimuth - AZIMUTH) < 12
    assert guess.camera.size == (64, 64)
    assert overlap(field_silhouette(door, guess.vector, guess.camera), inside) > 0.85
    assert guess.seen.shape == (32, 32, 3)


def test_the_code_lies_in_the_latent_space_of_scans(door, chair_picture):
    image, _ = chair_picture
    guess = door.guess(image, find_mask(image))
    latent = door.space.latent_of(guess.code)
    torch.testing.assert_close(latent.vector, guess.vector)
    moved = door.space.edited(latent, {0: 1.0})
    assert not torch.equal(moved.tensors["grid"], guess.code.tensors["grid"])
    assert any("plain background" in note for note in guess.code.notes)


def test_fitting_brings_the_silhouette_to_the_mask(door, chair_picture):
    image, inside = chair_picture
    # The same chair, but lower and wider than the encoder thinks.
    squashed = np.zeros_like(inside)
    rows = (np.arange(64) - 33) / 0.8 + 33
    columns = (np.arange(64) - 31) / 1.1 + 31
    rows, columns = (v.round().astype(int).clip(0, 63) for v in (rows, columns))
    squashed = inside[np.ix_(rows, columns)]
    mask = Mask(squashed, "given")
    guess = door.guess(image, mask)
    shares = []
    settings = FitSettings(rounds=15)
    fit = fit_silhouette(door, guess, squashed, settings, progress=shares.append)
    assert fit.overlap > fit.before + 0.01
    assert shares == pytest.approx([(n + 1) / 15 for n in range(15)])
    assert overlap(field_silhouette(door, fit.vector, fit.camera), squashed) > overlap(
        field_silhouette(door, guess.vector, guess.camera), squashed
    )
    assert any("silhouette fitted" in note for note in fit.code.notes)


def test_a_fit_can_be_stopped_and_cancelled(door, chair_picture):
    image, inside = chair_picture
    guess = door.guess(image, find_mask(image))
    fit = fit_silhouette(door, guess, inside, stopped=lambda: True)
    assert fit.overlap == fit.before
    assert fit.code is guess.code

    def cancel(share):
        raise Cancelled("by the test")

    with pytest.raises(Cancelled):
        fit_silhouette(door, guess, inside, FitSettings(rays=32, samples=8), progress=cancel)


def test_overlaps_count_pixels(door, chair_picture):
    _, inside = chair_picture
    vector = door.encoder.latent_mean
    assert silhouette_overlap(door, vector, CAMERA, inside) > 0.95
    far = replace(CAMERA, centre=(15.0, 33.0))
    assert silhouette_overlap(door, vector, far, inside) < 0.6


def test_masks_of_another_size_and_models_without_pictures_are_refused(door, chair_picture):
    image, _ = chair_picture
    with pytest.raises(ObservationError, match="10 x 20 and does not fit"):
        door.guess(image, Mask(np.ones((20, 10), bool), "given"))
    model = open_model("furniture", "cpu")
    model.path = None
    with pytest.raises(CheckpointError, match="train-image"):
        open_picture_door(model)
