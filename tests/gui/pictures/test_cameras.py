"""The camera is corrected by hand, and the shape refined until its silhouette fits."""

from dataclasses import replace

import numpy as np
import pytest

from occviewer.document import commands

from .conftest import block


@pytest.fixture
def shown(seeing, tmp_path):
    seeing.open(block(tmp_path))
    return seeing


def test_the_camera_can_be_typed_and_taken_back(shown):
    found = shown.controller.picture.camera
    fields, code = shown.page.camera, shown.shape.code
    assert fields.azimuth.value() == pytest.approx(found.azimuth, abs=0.06)
    fields.elevation.number.setValue(33.0)
    camera = shown.controller.picture.camera
    assert (camera.azimuth, camera.elevation) == (pytest.approx(found.azimuth, abs=0.06), 33.0)
    assert shown.shape.code is code
    fields.found.click()
    assert shown.controller.picture.camera == found
    titles = shown.controller.history.titles[-2:]
    assert titles == ("Move camera", "Found camera")
    shown.rest()


def test_a_drag_of_the_camera_is_one_step(shown):
    steps = len(shown.controller.history.titles)
    slider = shown.page.camera.azimuth.slider
    slider.setSliderDown(True)
    for place in range(300, 600, 50):
        slider.setValue(place)
    slider.setSliderDown(False)
    assert len(shown.controller.history.titles) == steps + 1
    shown.rest()


def test_the_view_becomes_the_camera_and_the_camera_the_view(shown):
    view, control = shown.window.viewport, shown.controller.picture
    view.look("right")
    shown.page.camera.match.click()
    camera = control.camera
    assert (camera.azimuth, camera.elevation) == (pytest.approx(90), pytest.approx(0))
    left, top, right, bottom = shown.source.mask.bounds
    pixels, _ = camera.project(shown.mesh.vertices)
    low, high = pixels.min(0), pixels.max(0)
    assert ((low + high) / 2) == pytest.approx([(left + right) / 2, (top + bottom) / 2], abs=1.0)
    shown.page.camera.elevation.number.setValue(25.0)
    shown.page.camera.look.click()
    position = np.array(view.canvas.camera.position)
    assert position == pytest.approx(control.camera.position)
    view.look("front")
    assert view.canvas.camera.view_angle == pytest.approx(30)
    shown.rest()


def turned_away(shown):
    """Make the camera worse than it was found: the shape is seen too small."""
    camera = shown.controller.picture.camera
    farther = replace(camera, distance=1.5 * camera.distance)
    shown.controller.do(commands.set_camera, farther)
    shown.rest()


def test_a_refinement_fits_better_and_can_be_undone(shown):
    turned_away(shown)
    before = shown.shape.code
    shown.page.rounds.setValue(15)
    shown.page.refine.click()
    assert shown.page.tab == "silhouette"
    assert shown.page.refine.text() == "&Stop"
    refining = shown.controller.picture.refining
    shown.qtbot.waitUntil(lambda: not refining.running, timeout=60_000)
    shown.rest()
    fit = shown.source.fit
    assert fit.overlap > fit.before
    assert fit.rounds == 15
    assert "Refined in 15 rounds" in shown.page.fit.text()
    shown.qtbot.waitUntil(
        lambda: shown.controller.picture.display.overlap == pytest.approx(fit.overlap),
        timeout=20_000,
    )  # what the picture shows and what the refinement says are measured in one way
    assert f"→ {fit.overlap:.0%}" in shown.page.fit.text()
    assert f"Overlap <b>{fit.overlap:.0%}</b>" in shown.page.caption.text()
    assert shown.shape.code is not before
    shown.window.actions_["edit.undo"].trigger()
    shown.rest()
    assert shown.shape.code is before


def test_stop_keeps_what_was_reached_and_a_change_gives_it_up(shown):
    refining = shown.controller.picture.refining
    turned_away(shown)
    rounds = []
    shown.controller.compute.progressed.connect(lambda job, share: rounds.append(share))
    shown.page.rounds.setValue(1000)
    shown.page.refine.click()
    shown.qtbot.waitUntil(lambda: len(rounds) > 15, timeout=60_000)
    shown.window.actions_["shape.cancel"].trigger()
    shown.qtbot.waitUntil(lambda: not refining.running, timeout=60_000)
    assert 0 < shown.source.fit.rounds < 1000
    shown.rest()
    rounds.clear()
    before = shown.shape.code
    shown.page.refine.click()
    shown.qtbot.waitUntil(lambda: bool(rounds), timeout=60_000)
    shown.window.actions_["edit.undo"].trigger()
    assert not refining.running
    shown.rest()
    assert shown.source.fit is None
    shown.window.actions_["edit.redo"].trigger()
    assert shown.shape.code is before
    shown.rest()
