"""The interpolation track: editing, scrubbing, playing."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDropEvent

from occviewer.document import commands
from occviewer.gui.panels.thumbnails import shapes_data

from .small_windows import (
    LONG,
    at_rest,
    capture_codes,
    capture_samples,
    use_latent_model,
    use_plain_model,
)


@pytest.fixture
def tracked(opened, qtbot, tmp_path):
    """A window whose track has two shapes of a model with a latent space."""
    window, controller = opened
    use_latent_model(controller, qtbot, tmp_path)
    keys = capture_samples(controller, qtbot)
    controller.track.add(keys)
    window.track.seconds.setValue(1.0)
    return window, controller, keys


def drop(view, data, x):
    view.dropEvent(
        QDropEvent(
            QPoint(x, 20),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def scrub(window, *steps):
    bar = window.track.bar
    bar.setSliderDown(True)
    for step in steps:
        bar.setValue(step)
    bar.setSliderDown(False)


def mesh_of(controller, qtbot, key):
    controller.do(commands.take, key)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    return controller.display.result.mesh


def test_shapes_are_dropped_from_the_shelf_and_reordered_there(opened, qtbot, tmp_path):
    window, controller = opened
    use_latent_model(controller, qtbot, tmp_path)
    a, b, c = capture_samples(controller, qtbot, 3)
    row = window.track.keyframes
    drop(row, shapes_data([a, b]), 5)
    assert controller.document.track.keyframes == (a, b)
    drop(row, shapes_data([c]), row.visualItemRect(row.item(1)).left() + 2)
    assert controller.document.track.keyframes == (a, c, b)
    drop(row, row.dragged([row.item(2)]), 0)
    assert controller.document.track.keyframes == (b, a, c)
    drop(row, QMimeData(), 0)
    assert controller.document.track.keyframes == (b, a, c)
    drop(window.shelf, shapes_data([c]), 0)
    assert [entry.id for entry in controller.document.shelf] == [c, a, b]
    assert window.shelf.keys() == [c, a, b]


def test_keyframes_go_by_key_and_come_back(tracked, qtbot):
    window, controller, (a, b) = tracked
    row = window.track.keyframes
    row.item(0).setSelected(True)
    qtbot.keyClick(row, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert controller.document.track.keyframes == (b, a)
    assert row.rows() == [1]
    qtbot.keyClick(row, Qt.Key.Key_Delete)
    assert controller.document.track.keyframes == (b,)
    assert not window.track.play.isEnabled()
    window.actions_["edit.undo"].trigger()
    assert controller.document.track.keyframes == (b, a)
    assert window.track.play.isEnabled()


def test_selected_shapes_are_added_by_the_button_and_none_says_how(tracked):
    window, controller, (a, b) = tracked
    window.track.add.click()
    assert "Select" in window.messages.shown()[0].sentence
    window.shelf.item(1).setSelected(True)
    window.track.add.click()
    assert controller.document.track.keyframes == (a, b, b)


def test_the_ends_of_the_track_are_the_shapes_themselves(tracked, qtbot):
    window, controller, (a, b) = tracked
    ends = [mesh_of(controller, qtbot, key) for key in (a, b)]
    for steps, wanted in (((700, 300, 0), ends[0]), ((300, 700, 1000), ends[1])):
        scrub(window, *steps)
        qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
        assert np.array_equal(controller.display.result.mesh.vertices, wanted.vertices)


def test_a_scrub_is_one_step_and_undo_brings_the_shape_before_back(tracked, qtbot):
    window, controller, (a, b) = tracked
    before = mesh_of(controller, qtbot, a)
    steps = len(controller.history.titles)
    meshes = []
    bar = window.track.bar
    show = controller.display.show_mesh
    controller.display.show_mesh = lambda result: (meshes.append(result), show(result))
    bar.setSliderDown(True)
    for step in range(0, 501, 5):
        bar.setValue(step)
        qtbot.wait(2)
    assert len(controller.history.titles) == steps
    qtbot.waitUntil(lambda: len(meshes) > 1, timeout=LONG)
    bar.setSliderDown(False)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert controller.history.titles[steps:] == ("Shape at 1.50 of the track",)
    assert all(result.live for result in meshes)
    assert controller.display.result.resolution == 32
    window.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert np.array_equal(controller.display.result.mesh.vertices, before.vertices)


def test_keys_on_the_bar_are_one_step_when_they_pause(tracked, qtbot):
    window, controller, (a, _) = tracked
    mesh_of(controller, qtbot, a)
    steps = len(controller.history.titles)
    for _ in range(5):
        qtbot.keyClick(window.track.bar, Qt.Key.Key_Right)
    assert len(controller.history.titles) == steps
    qtbot.waitUntil(lambda: len(controller.history.titles) > steps, timeout=LONG)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert controller.history.titles[steps:] == ("Shape at 1.25 of the track",)


def test_a_press_on_the_bar_goes_there(tracked, qtbot):
    window, controller, (a, _) = tracked
    mesh_of(controller, qtbot, a)
    bar = window.track.bar
    qtbot.mouseClick(
        bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() // 2, bar.height() // 2)
    )
    assert controller.track.position == pytest.approx(0.5, abs=0.1)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert controller.document.shape.source is None


def test_playing_shows_shape_after_shape_and_makes_no_steps(tracked, qtbot):
    window, controller, (a, _) = tracked
    mesh_of(controller, qtbot, a)
    window.track.loop.setChecked(True)
    steps, camera = len(controller.history.titles), window.viewport.canvas.camera.position
    meshes = []
    show = controller.display.show_mesh
    controller.display.show_mesh = lambda result: (meshes.append(result), show(result))
    window.track.play.click()
    assert controller.track.playing
    qtbot.waitUntil(lambda: len(meshes) >= 5, timeout=LONG)
    assert len(controller.history.titles) == steps
    assert all(result.live for result in meshes)
    different = {result.mesh.vertices.tobytes() for result in meshes}
    assert len(different) >= 4
    window.actions_["shape.cancel"].trigger()
    assert not controller.track.playing
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert len(controller.history.titles) == steps + 1
    assert window.viewport.canvas.camera.position == camera
    # What is seen at rest is the document's shape, as it would be exported.
    assert controller.display.result.code is controller.document.shape.code


def test_playing_again_and_again_is_one_step(tracked, qtbot):
    window, controller, (a, _) = tracked
    mesh_of(controller, qtbot, a)
    steps = len(controller.history.titles)
    for _ in range(3):
        window.actions_["track.play"].trigger()
        qtbot.wait(60)
        window.actions_["track.play"].trigger()
        qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert len(controller.history.titles) == steps + 1


def test_what_is_captured_while_it_plays_is_what_is_seen(tracked, qtbot):
    window, controller, (a, _) = tracked
    mesh_of(controller, qtbot, a)
    window.track.loop.setChecked(True)
    window.track.play.click()
    qtbot.waitUntil(lambda: controller.track.position > 0.1, timeout=LONG)
    shelf = len(controller.document.shelf)
    window.actions_["shape.capture"].trigger()
    qtbot.waitUntil(lambda: len(controller.document.shelf) > shelf, timeout=LONG)
    assert not controller.track.playing
    captured = controller.document.shelf[-1].shape
    assert captured is controller.document.shape
    assert captured.code is not controller.document.entry(a).shape.code


def test_it_ends_at_the_last_shape_and_a_loop_does_not_end(tracked, qtbot):
    window, controller, (_, b) = tracked
    window.track.seconds.setValue(0.2)
    window.track.play.click()
    qtbot.waitUntil(lambda: not controller.track.playing, timeout=LONG)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert controller.track.position == 1.0
    assert controller.document.shape is controller.document.entry(b).shape
    window.track.loop.setChecked(True)
    window.track.play.click()
    began = time.monotonic()
    qtbot.waitUntil(lambda: time.monotonic() - began > 1.0, timeout=LONG)
    assert controller.track.playing
    assert 0 <= controller.track.position < 2
    window.track.play.click()


def test_a_shape_that_leaves_the_shelf_leaves_the_track(tracked, qtbot):
    window, controller, (a, b) = tracked
    window.track.loop.setChecked(True)
    window.track.play.click()
    qtbot.wait(100)
    window.shelf.delete_wanted.emit([a])
    assert controller.document.track.keyframes == (b,)
    assert window.track.keyframes.count() == 1
    assert not controller.track.playing
    assert not window.track.play.isEnabled()


def test_another_wish_while_it_plays_is_fulfilled(tracked, qtbot):
    window, controller, (a, b) = tracked
    wanted = mesh_of(controller, qtbot, b)
    mesh_of(controller, qtbot, a)
    window.track.play.click()
    qtbot.wait(100)
    controller.do(commands.take, b)
    assert not controller.track.playing
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert np.array_equal(controller.display.result.mesh.vertices, wanted.vertices)


def test_without_a_latent_space_features_are_interpolated(opened, qtbot, tmp_path):
    window, controller = opened
    model = use_plain_model(controller, qtbot, tmp_path)
    controller.track.add(capture_codes(controller, model))
    meshes = []
    for step in (0, 500, 1000):
        scrub(window, 250, step)
        qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
        meshes.append(controller.display.result.mesh)
    assert window.messages.shown() == []
    assert len({mesh.vertices.tobytes() for mesh in meshes}) == 3


def test_shapes_of_another_model_say_why_it_cannot_be_played(tracked, qtbot, tmp_path):
    window, controller, _ = tracked
    use_plain_model(controller, qtbot, tmp_path)
    assert not window.track.play.isEnabled()
    assert "another model" in window.track.time.toolTip()
    window.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: window.track.play.isEnabled(), timeout=LONG)


def test_thresholds_go_from_one_to_the_next(tracked, qtbot):
    window, controller, (a, _) = tracked
    mesh_of(controller, qtbot, a)
    controller.do(commands.set_threshold, 0.59)
    controller.do(commands.capture)
    controller.do(commands.clear_track)
    controller.track.add([a, controller.document.shelf[-1].id])
    scrub(window, 200, 500)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert controller.document.extraction.threshold == pytest.approx(0.58)


def test_it_closes_at_once_while_it_plays(tracked, qtbot):
    window, controller, _ = tracked
    window.track.loop.setChecked(True)
    window.track.play.click()
    qtbot.wait(200)
    controller.history.mark_saved()
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < 2


def test_a_setting_changed_while_it_plays_brings_no_gallery_in_its_way(tracked, qtbot):
    window, controller, _ = tracked
    assert window.gallery_is_shown  # there is no shape yet, only what is on the shelf
    window.actions_["track.play"].trigger()
    assert not window.gallery_is_shown
    window.track.seconds.setValue(3.0)
    assert controller.track.playing
    assert not window.gallery_is_shown
    controller.do(commands.clear_track)
    assert window.gallery_is_shown
