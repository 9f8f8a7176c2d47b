"""What leaves the program: meshes as they were chosen, pictures, and diagnostics."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QGuiApplication

from occviewer.gui.matting import merged
from occviewer.gui.progress import time_left
from occviewer.meshes import Mesh

from .tours import LONG, at_rest, coloured_scan


@pytest.fixture
def box(opened, qtbot, tmp_path):
    window, controller = opened
    controller.import_file(coloured_scan(tmp_path / "box.ply", 4000))
    qtbot.waitUntil(lambda: controller.display.result is not None, timeout=LONG)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    return window, controller


def choose(box, value):
    index = box.findData(value)
    box.setCurrentIndex(index)
    box.activated.emit(index)


def exported(controller, dialog, path, qtbot, monkeypatch):
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
    dialog.go_on.click()
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    return Mesh.load(path)


def test_the_size_in_the_dialog_is_the_size_in_the_file(box, qtbot, tmp_path, monkeypatch):
    window, controller = box
    dialog = controller.exports.open_mesh()
    choose(dialog.preset, "print")
    assert dialog.format.currentData() == ".stl"
    assert not dialog.colours.isEnabled()
    dialog.longest.setValue(80)
    said = [float(side) for side in dialog.size_text.text().replace(" mm", "").split(" × ")]
    mesh = exported(controller, dialog, tmp_path / "print.stl", qtbot, monkeypatch)
    assert max(said) == pytest.approx(80)
    # The exported vertices lie on the surface itself, those on display near it.
    assert np.ptp(mesh.bounds, axis=0) == pytest.approx(said, rel=0.03)
    assert mesh.bounds[0, 2] == pytest.approx(0, abs=1e-4)
    assert mesh.is_watertight
    assert "80" in window.messages.shown()[-1].sentence


def test_a_choice_is_remembered_and_another_format_keeps_the_size(box):
    _, controller = box
    dialog = controller.exports.open_mesh()
    choose(dialog.preset, "print")
    dialog.longest.setValue(60)
    choose(dialog.format, ".ply")
    assert dialog.choice.options.longest == 60
    choose(dialog.preset, "world")
    assert dialog.choice.options.longest is None
    assert dialog.format.currentData() == ".glb"
    dialog.reject()


def test_scale_and_longest_side_follow_each_other(box):
    _, controller = box
    dialog = controller.exports.open_mesh()
    choose(dialog.preset, "blender")
    longest = dialog.longest.value()
    choose(dialog.unit, "mm")
    assert dialog.longest.value() == pytest.approx(longest / 1000, rel=1e-3)
    dialog.longest.setValue(2.0)
    assert dialog.scale.value() == pytest.approx(2.0 / longest, rel=1e-4)
    dialog.reject()


def test_colours_of_the_scan_and_a_finer_mesh(box, qtbot, tmp_path, monkeypatch):
    _, controller = box
    dialog = controller.exports.open_mesh()
    choose(dialog.format, ".ply")
    choose(dialog.colours, "scan")
    choose(dialog.resolution, 64)
    mesh = exported(controller, dialog, tmp_path / "out.ply", qtbot, monkeypatch)
    assert len(mesh.faces) > 1.5 * len(controller.display.result.mesh.faces)
    right, left = mesh.vertices[:, 0] > 0.3, mesh.vertices[:, 0] < -0.3
    assert mesh.colors[right, 0].mean() > 150 > 100 > mesh.colors[left, 0].mean()


def test_point_colours_are_shown_and_leave_with_another_shading(box, qtbot):
    window, controller = box
    actions, mapper = window.actions_, window.viewport._mesh_actor.mapper
    actions["shading.points"].trigger()
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert controller.display.result.mesh.colors is not None
    assert mapper.scalar_visibility
    window.extraction.threshold.number.setValue(0.6)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert controller.display.result.mesh.colors is not None
    actions["shading.smooth"].trigger()
    assert not mapper.scalar_visibility


def test_a_scan_without_colours_has_no_point_colours(opened):
    window, _ = opened
    action = window.actions_["shading.points"]
    assert not action.isEnabled()
    assert "no colours" in action.toolTip()


def test_a_transparent_picture_has_a_hole_where_nothing_is(box, qtbot, tmp_path):
    window, controller = box
    window.actions_["show.floor"].setChecked(False)
    canvas = window.viewport.canvas
    wide, tall = canvas.width(), canvas.height()
    opaque = window.viewport.picture()
    controller.exports.write_picture(tmp_path / "out.png", 2, True)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    picture = np.asarray(Image.open(tmp_path / "out.png"))
    assert picture.shape == (2 * tall, 2 * wide, 4)
    assert picture[0, 0, 3] == picture[-1, -1, 3] == 0
    assert picture[picture.shape[0] // 2, picture.shape[1] // 2, 3] == 255
    assert opaque.shape == (tall, wide, 3)
    assert opaque[0, 0].sum() > 0


def test_matting_finds_what_was_half_there():
    colour, alpha = np.array([200, 100, 50]), 0.5
    black = np.full((2, 2, 3), colour * alpha).astype(np.uint8)
    white = np.full((2, 2, 3), colour * alpha + 255 * (1 - alpha)).astype(np.uint8)
    assert np.abs(merged([black, white])[0, 0] - np.array([200, 100, 50, 128])).max() <= 2


def test_diagnostics_tell_of_the_last_errors(box):
    window, _ = box
    window.messages.show_message("error", "The disk is full.", "Traceback of it")
    window.messages.show_message("note", "All is well.")
    window.messages.shown()[0].leave()
    window.actions_["help.diagnostics"].trigger()
    text = QGuiApplication.clipboard().text()
    for part in ("The disk is full.", "Traceback of it", "Threads:", "Graphics:", "Model:",
                 "4,000 points", "triangles"):  # fmt: skip
        assert part in text, part
    assert "All is well." not in text


def test_time_left_is_said_calmly():
    assert time_left(None, 10) == ""
    assert time_left(0.01, 10) == ""
    assert time_left(0.5, 4) == "about 4 s left"
    assert time_left(0.2, 10) == "about 40 s left"
    assert time_left(0.1, 60) == "about 9 min left"
    assert time_left(0.99, 10) == "a moment left"


def test_work_is_shown_only_when_it_lasts_and_says_when_it_is_stopped(opened, qtbot):
    window, controller = opened
    qtbot.waitUntil(lambda: controller.pipeline.model is not None, timeout=LONG)
    shown = []
    show = window.show_progress
    window.show_progress = lambda title, share: (shown.append((title, share)), show(title, share))
    compute = controller.compute

    def ask(work):
        compute.submit("test", "Testing", work, lambda result: None, controller.failed)

    ask(lambda job: None)
    qtbot.waitUntil(lambda: not compute.busy(), timeout=LONG)
    assert not any(title for title, _ in shown)

    import threading

    go_on = threading.Event()
    ask(lambda job: (job.progress(0.5), go_on.wait(20)))
    qtbot.waitUntil(lambda: ("Testing", 0.5) in shown, timeout=LONG)
    window.actions_["shape.cancel"].trigger()
    qtbot.waitUntil(lambda: any(t.startswith("Stopping") for t, _ in shown), timeout=LONG)
    go_on.set()
    qtbot.waitUntil(lambda: shown[-1] == ("", None), timeout=LONG)


def test_closing_with_a_save_waits_for_the_file(box, qtbot, tmp_path, monkeypatch):
    window, controller = box
    controller.files.session = tmp_path / "kept.occ"
    window.close()
    (question,) = [
        w for w in QGuiApplication.instance().topLevelWidgets() if w.inherits("QMessageBox")
    ]
    question.button(question.StandardButton.Save).click()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    assert (tmp_path / "kept.occ").exists()
