"""What a person does in the window, from the first start to the export."""

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QWidget

from occviewer import assets
from occviewer.gui.export_choice import ExportChoice
from occviewer.gui.failures import Failure
from occviewer.meshes import Mesh

from .small_windows import use_latent_model
from .tours import LONG, at_rest

CHAIR = assets.resources() / "samples" / "chair_scan.ply"
SOFA = assets.resources() / "samples" / "sofa_scan.pcd"


def has_mesh(controller):
    return at_rest(controller) and controller.display.result is not None


@pytest.fixture
def chair(opened, qtbot):
    window, controller = opened
    controller.import_file(CHAIR)
    qtbot.waitUntil(lambda: controller.document.shape.source is not None, timeout=LONG)
    qtbot.waitUntil(lambda: has_mesh(controller), timeout=LONG)
    return window, controller


def test_it_begins_with_samples_and_one_click_completes_one(opened, qtbot):
    window, controller = opened
    assert window.gallery_is_shown
    titles = [window.gallery.list.item(row).text() for row in range(window.gallery.list.count())]
    assert len(titles) >= 6
    item = window.gallery.list.item(0)
    at = window.gallery.list.visualItemRect(item).center()
    qtbot.mouseClick(window.gallery.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: controller.display.result is not None, timeout=LONG)
    assert not window.gallery_is_shown
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert "watertight" in window.extraction.facts.text()
    assert "6,722 points" in window.source.about.text()


def test_undo_takes_everything_back_and_redo_brings_the_same_mesh(chair, qtbot):
    window, controller = chair
    actions = window.actions_
    before = controller.display.result.mesh
    window.extraction.threshold.number.setValue(0.6)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    thinner = controller.display.result.mesh
    assert thinner.volume < before.volume
    actions["edit.undo"].trigger()
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert np.array_equal(controller.display.result.mesh.vertices, before.vertices)
    actions["edit.undo"].trigger()
    qtbot.waitUntil(lambda: controller.display.result is None, timeout=LONG)
    assert window.gallery_is_shown
    assert not actions["edit.undo"].isEnabled()
    actions["edit.redo"].trigger()
    actions["edit.redo"].trigger()
    qtbot.waitUntil(lambda: has_mesh(controller), timeout=LONG)
    assert np.array_equal(controller.display.result.mesh.vertices, thinner.vertices)
    assert window.extraction.threshold.value() == pytest.approx(0.6)


def test_why_there_was_no_mesh_is_taken_back_when_there_is_one(chair, qtbot):
    window, controller = chair
    for lane, sentence in (("mesh", "There is no surface."), ("encode", "It has no points.")):
        controller.pipeline.failed.emit(lane, Failure(sentence))
    assert len(window.messages.shown()) == 2
    window.extraction.threshold.number.setValue(0.6)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert [message.sentence for message in window.messages.shown()] == ["It has no points."]


def test_a_drag_is_one_step_and_the_mesh_follows(chair, qtbot):
    window, controller = chair
    slider = window.extraction.threshold.slider
    meshes = []
    controller.pipeline.meshed.connect(meshes.append)
    steps = len(controller.history.titles)
    slider.setSliderDown(True)
    for place in range(500, 700):
        slider.setValue(place)
        if place % 40 == 0:
            qtbot.wait(60)
    slider.setSliderDown(False)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert len(controller.history.titles) == steps + 1
    assert any(result.live for result in meshes)
    assert not meshes[-1].live
    assert controller.document.extraction.threshold == pytest.approx(0.69, abs=0.01)


def test_a_shape_is_captured_with_a_picture_and_comes_back_by_a_click(chair, qtbot):
    window, controller = chair
    window.actions_["shape.capture"].trigger()
    qtbot.waitUntil(lambda: bool(controller.document.shelf[0].preview), timeout=LONG)
    captured = controller.display.result.mesh
    controller.import_file(SOFA)
    qtbot.waitUntil(
        lambda: at_rest(controller) and controller.document.shape.source.path == SOFA
        and controller.document.shape.code is not None, timeout=LONG)  # fmt: skip
    assert controller.display.result.mesh.volume != pytest.approx(captured.volume)
    at = window.shelf.visualItemRect(window.shelf.item(0)).center()
    qtbot.mouseClick(window.shelf.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert np.array_equal(controller.display.result.mesh.vertices, captured.vertices)


def test_a_session_brings_everything_back(chair, qtbot, tmp_path):
    window, controller = chair
    before = controller.display.result.mesh
    controller.files.session = tmp_path / "chair.occ"
    window.actions_["file.save"].trigger()
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert not window.isWindowModified()
    window.actions_["file.new"].trigger()
    qtbot.waitUntil(lambda: controller.display.result is None, timeout=LONG)
    controller.files.open_session(tmp_path / "chair.occ")
    qtbot.waitUntil(lambda: has_mesh(controller), timeout=LONG)
    assert np.array_equal(controller.display.result.mesh.vertices, before.vertices)
    assert window.windowTitle().startswith("chair.occ")


def test_the_mesh_is_exported_where_the_scan_lies(chair, qtbot, tmp_path):
    _, controller = chair
    path = tmp_path / "chair.ply"
    controller.exports.write_mesh(ExportChoice(suffix=".ply"), path)
    qtbot.waitUntil(path.exists, timeout=LONG)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    mesh, cloud = Mesh.load(path), controller.document.shape.source.cloud
    assert mesh.is_watertight
    assert np.abs(mesh.bounds - cloud.bounds).max() < 0.15


def test_files_may_be_dropped_anywhere(opened, qtbot):
    window, controller = opened
    for number, place in enumerate((window, window.source, window.viewport.canvas)):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(CHAIR))])
        place.dropEvent(
            QDropEvent(
                QPoint(5, 5),
                Qt.DropAction.CopyAction,
                data,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            )
        )
        qtbot.waitUntil(lambda n=number: len(controller.history.titles) == n + 2, timeout=LONG)
    assert controller.document.shape.source.path == CHAIR


@pytest.mark.qt_keeps
def test_a_file_that_is_dropped_on_any_control_is_opened(without_model, tmp_path, monkeypatch):
    window, controller = without_model
    opened = []
    monkeypatch.setattr(controller.importing, "file", opened.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(CHAIR))])
    data.setText(str(CHAIR))  # which a field for text would take
    refusing = []
    for widget in window.findChildren(QWidget):
        if widget.isWindow() or not widget.isVisible():
            continue
        before = len(opened)
        for kind in (QDragEnterEvent, QDropEvent):
            event = kind(
                QPoint(3, 3), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            )  # fmt: skip
            event.ignore()
            QGuiApplication.sendEvent(widget, event)
        if len(opened) == before:
            refusing.append(f"{type(widget).__name__} in {widget.parent()}")
    assert refusing == []
    assert set(opened) == {CHAIR}


def test_a_broken_file_is_a_sentence_and_nothing_is_lost(chair, qtbot, tmp_path):
    window, controller = chair
    before = controller.document
    bad = tmp_path / "bad.ply"
    bad.write_bytes(CHAIR.read_bytes()[:400])
    controller.files.open_all([bad])
    qtbot.waitUntil(lambda: window.messages.shown() != [], timeout=LONG)
    (message,) = window.messages.shown()
    assert "bad.ply" in message.sentence
    assert "Traceback" not in message.sentence + message.details
    assert controller.document is before


def test_a_model_that_is_none_is_a_sentence_and_the_shape_stays(chair, qtbot, tmp_path):
    window, controller = chair
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"no model")
    controller.files.open_all([bad])
    qtbot.waitUntil(lambda: window.messages.shown() != [], timeout=LONG)
    assert "bad.safetensors" in window.messages.shown()[0].sentence
    window.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert controller.display.result.mesh.is_watertight


def test_the_camera_stays_when_the_mesh_changes(chair, qtbot):
    window, controller = chair
    window.actions_["view.left"].trigger()
    camera = window.viewport.canvas.camera
    before = camera.position
    window.extraction.threshold.number.setValue(0.6)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert camera.position == before


def test_actions_are_found_by_typing_and_done_by_enter(opened, qtbot):
    window, _ = opened
    palette = window.find_action()
    qtbot.keyClicks(palette._text, "show box")
    assert len(palette.found()) == 1
    qtbot.keyClick(palette._text, Qt.Key.Key_Return)
    assert window.actions_["show.box"].isChecked()


def test_the_gallery_names_the_model_and_lets_another_be_chosen(opened, qtbot, tmp_path):
    window, controller = opened
    box = window.gallery.models
    assert box.currentText() == "furniture"
    use_latent_model(controller, qtbot, tmp_path)
    assert box.currentText() == "small.safetensors"
    assert window.gallery_is_shown
    box.setCurrentIndex(box.findData("furniture"))
    box.activated.emit(box.currentIndex())
    assert controller.document.model.shipped == "furniture"
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert box.currentText() == window.model.models.currentText() == "furniture"


def test_recent_files_stand_below_open(opened):
    window, _ = opened
    actions = window.menuBar().actions()[0].menu().actions()
    assert actions[0] is window.actions_["file.open"]
    assert actions[1].menu() is window.recent_menu


def test_every_action_does_something_and_has_a_tip(opened):
    window, _ = opened
    for spec, action in window.actions_:
        assert action.receivers("2triggered(bool)") or action.receivers("2toggled(bool)"), spec.name
        assert len(spec.tip) > 5, spec.name


def test_no_two_actions_share_a_key(opened):
    window, _ = opened
    keys = [key.toString() for _, action in window.actions_ for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_the_command_of_the_window_is_on_the_clipboard(chair):
    window, _ = chair
    window.actions_["shape.command"].trigger()
    command = QGuiApplication.clipboard().text()
    assert command.startswith("occviewer reconstruct")
    assert "chair_scan.ply" in command
    assert "--resolution 32" in command


def test_it_closes_at_once_while_it_computes(opened, qtbot):
    import time

    window, controller = opened
    controller.import_file(CHAIR)
    qtbot.waitUntil(lambda: controller.compute.busy(), timeout=LONG)
    controller.history.mark_saved()
    started = time.monotonic()
    window.close()
    assert time.monotonic() - started < 2
