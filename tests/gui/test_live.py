import time

import numpy as np
import pytest

from occviewer.document.settings import ExtractionSettings
from occviewer.document.shape import LatentEdit
from occviewer.gui.latent_studio import LatentStudio
from occviewer.gui.live import LIVE_SECONDS, LiveResolution
from occviewer.gui.studio import Studio

from ..latent.spaces import code_of, small_model


def settle(live, cost, wanted=512, fixed=0.0):
    for _ in range(30):
        resolution = live.choose(wanted)
        live.measured(resolution, fixed + cost * resolution**2, fixed)
    return live.choose(wanted)


def test_a_fast_machine_gets_a_fine_mesh_and_a_slow_one_a_coarse_one():
    fast, slow = (settle(LiveResolution(), cost) for cost in (1e-6, 5e-5))
    assert fast > 128
    assert slow <= 40


def test_what_is_chosen_holds_the_rate():
    for cost in (1e-6, 5e-6, 2e-5):
        resolution = settle(LiveResolution(), cost)
        assert cost * resolution**2 <= LIVE_SECONDS


def test_it_is_never_finer_than_wanted_at_rest():
    assert settle(LiveResolution(), 1e-7, wanted=64) == 64


def test_one_slow_frame_does_not_coarsen_for_long():
    live = LiveResolution()
    before = settle(live, 5e-6)
    live.measured(before, 4 * LIVE_SECONDS)
    assert settle(live, 5e-6) == before


def test_that_the_first_mesh_of_a_resolution_takes_longer_does_not_make_it_flicker():
    live, chosen, last = LiveResolution(), [], 0
    for _ in range(60):
        resolution = live.choose(512)
        live.measured(resolution, 5e-6 * resolution**2 * (1 if resolution == last else 2))
        chosen.append(last := resolution)
    assert len(set(chosen[20:])) == 1


def test_on_a_machine_that_is_too_slow_it_is_as_coarse_as_it_can_be():
    assert settle(LiveResolution(), 1.0) == 24


def test_what_no_resolution_changes_counts_and_does_not_coarsen_more_than_it_must():
    for fixed in (0.02, 0.04, 0.05):
        resolution = settle(LiveResolution(), 2e-6, fixed=fixed)
        assert fixed + 2e-6 * resolution**2 <= LIVE_SECONDS
        finer = next(n for n in (64, 80, 96, 128, 160) if n > resolution)
        assert fixed + 2e-6 * finer**2 > 0.72 * LIVE_SECONDS, "the next finer one has no room"


def test_what_the_window_does_between_two_updates_counts():
    def settled(between):
        live, now = LiveResolution(), 0.0
        for _ in range(60):
            resolution = live.choose(512)
            began, now = now + between, now + between + 5e-6 * resolution**2
            live.timed(resolution, began, now)
        return resolution

    for between in (0.005, 0.015):
        assert 5e-6 * settled(between) ** 2 + between <= LIVE_SECONDS
    assert settled(0.015) < settled(0.0)
    assert settled(0.5) == settled(0.0), "a hand that moves seldom leaves time for a fine mesh"


@pytest.mark.parametrize("step", ["the code is moved", "the mesh is coloured"])
def test_a_slow_step_of_an_update_makes_the_mesh_coarser_whichever_it_is(
    step, tmp_path, monkeypatch
):
    model = small_model(tmp_path)
    studio, code = Studio(), code_of(model)
    studio._model, studio._latent = model, LatentStudio(model)
    low, high = field_range(studio._field_of(code))
    settings = ExtractionSettings(threshold=(low + high) / 2)

    def frames(count=12):
        for _ in range(count):
            result = studio.mesh(code, LatentEdit(), settings, live=True, cancel=lambda: False)
        return result.resolution

    def slowed(method):
        def slow(*arguments):
            time.sleep(2 * LIVE_SECONDS)
            return method(*arguments)

        return slow

    before = frames()
    with monkeypatch.context() as patch:
        if step == "the code is moved":
            patch.setattr(studio.latent, "edited", slowed(studio.latent.edited))
        else:
            patch.setattr(studio.colouring, "applied", slowed(studio.colouring.applied))
        assert frames(8) == 24 < before
    assert frames(25) > 24, "it recovers when the machine does"


def field_range(field):
    """Lowest and highest occupancy of a field at the nodes of a coarse grid."""
    side = np.linspace(-0.5, 0.5, 9, dtype=np.float32)
    points = np.stack(np.meshgrid(side, side, side), -1).reshape(-1, 3)
    logits = np.asarray(field.logits(points))
    return 1 / (1 + np.exp(-logits.min())), 1 / (1 + np.exp(-logits.max()))
