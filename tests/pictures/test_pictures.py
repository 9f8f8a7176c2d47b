from dataclasses import replace

import numpy as np
import pytest
import torch

from occviewer.errors import Cancelled, CheckpointError, ObservationError
from occviewer.models import open_model
from occviewer.observations.masking import Mask
from occviewer.pictures import FitSettings, fit_silhouette, open_picture_door
from occviewer.pictures.fitting import field_silhouette, silhouette_overlap


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def silhouette(door, found):
    """Silhouette of a guess or a fit from its camera."""
    latent = door.space.latent_of(found.code)
    return field_silhouette(door, door.features(latent.vector, latent.detail), found.camera)


def test_shape_and_camera_of_a_chair_are_found(door, chair, guess):
    image, mask = chair
    assert guess.overlap > 0.6
    # It stands turned to the right, seen from above.
    assert 10 < guess.camera.azimuth < 60
    assert 5 < guess.camera.elevation < 45
    assert guess.camera.size == image.size
    assert overlap(silhouette(door, guess), mask.inside) > 0.55
    assert guess.seen.shape == (door.encoder.pixels, door.encoder.pixels, 3)


def test_the_code_lies_in_the_latent_space_of_scans(door, chair, guess):
    latent = door.space.latent_of(guess.code)
    torch.testing.assert_close(latent.vector, guess.vector)
    for name, tensor in door.features(latent.vector, latent.detail).items():
        torch.testing.assert_close(tensor[0], guess.code.tensors[name], atol=1e-4, rtol=1e-4)
    moved = door.space.edited(latent, {0: 1.0})
    assert not torch.equal(moved.tensors["grid"], guess.code.tensors["grid"])
    assert any(f"background by {chair[1].method}" in note for note in guess.code.notes)


def test_the_code_alone_is_the_same(door, chair, guess):
    for name, tensor in door.code(*chair).tensors.items():
        assert torch.equal(tensor, guess.code.tensors[name])


@pytest.mark.slow
def test_fitting_brings_the_silhouette_to_the_mask(door, chair, squashed):
    guess = door.guess(chair[0], Mask(squashed, "given"))
    shares = []
    settings = FitSettings(rounds=12)
    fit = fit_silhouette(door, guess, squashed, settings, progress=shares.append)
    assert fit.overlap > fit.before + 0.01
    assert shares == pytest.approx([(n + 1) / 12 for n in range(12)])
    assert overlap(silhouette(door, fit), squashed) > overlap(silhouette(door, guess), squashed)
    assert any("silhouette fitted" in note for note in fit.code.notes)


@pytest.mark.slow
def test_shapes_of_pictures_are_as_lenient_as_their_encoder(door, chair, monkeypatch):
    found = []
    for leniency in (0.0, 0.6):
        monkeypatch.setitem(door.encoder.config, "leniency", leniency)
        guess = door.guess(*chair)
        fit = fit_silhouette(door, guess, chair[1].inside, FitSettings(rounds=2))
        assert guess.code.leniency == fit.code.leniency == leniency
        points = np.random.default_rng(0).uniform(-0.5, 0.5, (20_000, 3)).astype(np.float32)
        field = door.model.field(guess.code)
        found.append((field.logits(points) > field.level, silhouette(door, guess).sum()))
    (sure, small), (unsure, large) = found
    assert (unsure >= sure).all()
    assert unsure.sum() > sure.sum()
    assert large > small


def test_a_fit_can_be_stopped_and_cancelled(door, chair, guess):
    inside = chair[1].inside
    fit = fit_silhouette(door, guess, inside, stopped=lambda: True)
    assert fit.overlap == fit.before
    assert fit.code is guess.code

    def cancel(share):
        raise Cancelled("by the test")

    with pytest.raises(Cancelled):
        fit_silhouette(door, guess, inside, FitSettings(rays=32, samples=8), progress=cancel)


@pytest.mark.slow
def test_overlaps_count_pixels(door, guess):
    features = door.features(guess.vector, guess.detail)
    own = field_silhouette(door, features, guess.camera)
    assert silhouette_overlap(door, features, guess.camera, own) > 0.95
    across, down = guess.camera.centre
    beside = replace(guess.camera, centre=(across - 0.25 * guess.camera.size[0], down))
    assert silhouette_overlap(door, features, beside, own) < 0.6


def test_masks_of_another_size_and_models_without_pictures_are_refused(door, chair):
    with pytest.raises(ObservationError, match="10 x 20 and does not fit"):
        door.guess(chair[0], Mask(np.ones((20, 10), bool), "given"))
    model = open_model("furniture", "cpu")
    model.path = None
    with pytest.raises(CheckpointError, match="train-image"):
        open_picture_door(model)
