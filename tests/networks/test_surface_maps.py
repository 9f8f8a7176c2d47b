from dataclasses import replace

import numpy as np
import pytest
import torch

from occviewer.cameras import PictureCamera
from occviewer.networks.surface_maps import (
    MAPS,
    MapDecoder,
    bent,
    surface_errors,
    surface_loss,
    surface_points,
    turned,
)


def surface(side=8):
    """A surface (1, 6, side, side) that only the middle of the picture shows."""
    generator = torch.Generator().manual_seed(0)
    wanted = torch.rand(1, 6, side, side, generator=generator) - 0.5
    edge = torch.ones(side, side, dtype=torch.bool)
    edge[2:-2, 2:-2] = False
    return wanted.masked_fill(edge, torch.nan)


def maps_of(wanted, off=0.0, log_scale=-2.0):
    """Maps that say it, all places off by as much."""
    maps = torch.full((len(wanted), MAPS, *wanted.shape[2:]), log_scale)
    maps[:, 0] = torch.where(torch.isfinite(wanted[:, 0]), 5.0, -5.0)
    known = torch.nan_to_num(wanted)
    maps[:, 1:4], maps[:, 5:8] = known[:, :3] + off, known[:, 3:] + off
    return maps


def test_maps_are_as_large_as_the_finest_features():
    decoder = MapDecoder((4, 6, 8), (8, 16, 24))
    features = [torch.rand(2, size, side, side) for size, side in ((4, 14), (6, 7), (8, 4))]
    assert decoder(features, torch.rand(2, 24)).shape == (2, MAPS, 14, 14)


def test_the_loss_grows_with_the_error_and_false_certainty_costs():
    wanted = surface()
    losses = [surface_loss(maps_of(wanted, off), wanted) for off in (0.0, 0.1, 0.3)]
    for name in ("entry", "exit"):
        values = [float(loss[name]) for loss in losses]
        assert values == sorted(values)
    sure, unsure = (
        surface_loss(maps_of(wanted, 0.3, log_scale), wanted)["entry"] for log_scale in (-4.0, -1.2)
    )
    assert unsure < sure
    hidden = maps_of(wanted)
    hidden[:, 0] *= -1
    assert surface_loss(hidden, wanted)["shown"] > losses[0]["shown"] + 1


def test_pixels_that_show_nothing_have_no_say_in_the_places():
    wanted = surface()
    maps = maps_of(wanted)
    elsewhere = maps.clone()
    elsewhere[:, 1:4][:, :, 0] = 7.0
    assert torch.equal(
        surface_loss(maps, wanted)["entry"], surface_loss(elsewhere, wanted)["entry"]
    )


def test_errors_are_distances():
    wanted = surface()
    entry, leaving = surface_errors(maps_of(wanted, 0.1), wanted)
    assert entry.shape == leaving.shape == (16,)
    torch.testing.assert_close(entry, torch.full((16,), 0.1 * 3**0.5))


@pytest.mark.parametrize("drawn", [False, True])
@pytest.mark.parametrize("count", [10, 32, 100])
def test_points_are_the_entries_and_exits_of_pixels_that_show_something(count, drawn):
    wanted = surface()
    generator = torch.Generator().manual_seed(1) if drawn else None
    (points,) = surface_points(maps_of(wanted), torch.zeros(1), count, generator)
    known = torch.cat([wanted[0, :3, 2:-2, 2:-2], wanted[0, 3:, 2:-2, 2:-2]], 1).flatten(1).T
    distances = torch.cdist(points, known)
    assert points.shape == (count, 3)
    assert distances.amin(1).max() < 1e-3
    if count >= 32:
        assert distances.amin(0).max() < 1e-3  # all of them are there


def test_a_picture_in_which_nothing_is_seen_still_gives_a_cloud():
    maps = maps_of(surface())
    maps[:, 0] = -3.0
    maps[0, 0, 4, 4] = -1.0
    (points,) = surface_points(maps, torch.zeros(1), 6)
    assert torch.isfinite(points).all()
    assert len(torch.unique(points, dim=0)) == 2


def test_points_are_turned_to_where_the_camera_stood():
    camera = PictureCamera(70.0, 15.0, 2.0, 50.0, (20.0, 20.0), (40, 40))
    places = torch.rand(1, 20, 3) - 0.5
    seen = turned(places, torch.tensor([-camera.azimuth]))
    in_front = replace(camera, azimuth=0.0)
    for one, other in zip(in_front.project(seen[0]), camera.project(places[0]), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_bent_surfaces_are_off_by_about_what_is_asked_for_and_smoothly():
    maps = torch.zeros(64, MAPS, 32, 32)
    moved = bent(maps, 0.04, torch.Generator().manual_seed(0))
    off = moved[:, 1:4]
    assert 0.02 < float(off.square().mean().sqrt()) < 0.06
    neighbours = (off[..., 1:] - off[..., :-1]).abs().mean()
    assert float(neighbours) < 0.2 * float(off.abs().mean())
    amounts = off.flatten(1).square().mean(1).sqrt()
    assert float(amounts.max()) > 5 * float(amounts.min()), "not all by the same amount"
    for untouched in (0, 4, 8):  # whether it is shown, and how sure the places are
        assert torch.equal(moved[:, untouched], maps[:, untouched])
    assert torch.equal(maps, torch.zeros_like(maps))
    again = bent(maps, 0.04, torch.Generator().manual_seed(0))
    assert torch.equal(moved, again)
    assert torch.equal(bent(maps, 0.0, torch.Generator()), maps)
