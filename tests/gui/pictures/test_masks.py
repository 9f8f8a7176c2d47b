"""The mask is drawn, corrected and chosen with the mouse, a step of the history for each."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from .conftest import block

LEFT = Qt.MouseButton.LeftButton


def at(seeing, across, down):
    """Point of the view at a pixel of the picture."""
    return seeing.view.point_of((across, down)).toPoint()


def drag(seeing, *places):
    """Drag the mouse over places of the picture."""
    qtbot, view = seeing.qtbot, seeing.view
    first, *others = [at(seeing, *place) for place in places]
    qtbot.mousePress(view, LEFT, pos=first)
    for point in others:
        qtbot.mouseMove(view, point)
    qtbot.mouseRelease(view, LEFT, pos=others[-1])


def masked(seeing):
    seeing.qtbot.waitUntil(lambda: seeing.source.mask is not None, timeout=20_000)
    return seeing.source.mask


@pytest.fixture
def shown(seeing, tmp_path):
    """A picture with its mask tab in front."""
    seeing.open(block(tmp_path, blue=10))
    seeing.page.show_tab("mask")
    seeing.page.view.resize(260, 220)
    return seeing


def test_a_box_and_a_stroke_are_a_step_each_and_steer_the_mask(shown):
    steps = len(shown.controller.history.titles)
    shown.page.masking.buttons["box"].click()
    drag(shown, (20, 10), (45, 40), (66, 55))
    assert shown.source.masking.box == pytest.approx((20, 10, 66, 55), abs=1)
    assert masked(shown).method == "GrabCut"
    shown.page.masking.buttons["exclude"].click()
    drag(shown, (29, 17), (29, 30), (29, 48))
    titles = shown.controller.history.titles[steps:]
    assert titles == ("Draw box", "Exclude stroke")
    assert not masked(shown).inside[30, 27]
    assert masked(shown).inside[30, 45]
    shown.page.masking.reset.click()
    assert masked(shown).inside[30, 27]
    shown.window.actions_["edit.undo"].trigger()
    assert not shown.source.mask.inside[30, 27], "undo finds the mask as it was"


def test_the_mask_follows_the_brush_before_the_stroke_is_done(shown):
    before = shown.source.mask
    shown.page.masking.buttons["exclude"].click()
    view = shown.view
    shown.qtbot.mousePress(view, LEFT, pos=at(shown, 29, 17))
    shown.qtbot.mouseMove(view, at(shown, 29, 48))
    live = shown.controller.picture.display
    shown.qtbot.waitUntil(lambda: live._live is not None, timeout=20_000)
    assert not live._live.inside[30, 27]
    assert shown.source.mask is before, "the document waits for the end of the stroke"
    shown.qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert live._live is None
    shown.qtbot.mouseRelease(view, LEFT, pos=at(shown, 29, 48))
    assert shown.source.mask is before, "Esc gives the stroke up"


def test_keys_change_the_brush_and_ctrl_wheel_magnifies(shown):
    radius = shown.page.masking.radius
    before = radius.value()
    shown.qtbot.keyClick(shown.view, Qt.Key.Key_BracketRight)
    assert radius.value() > before
    whole = shown.view.place_of(shown.view.rect().topLeft().toPointF())
    shown.qtbot.keyClick(shown.view, Qt.Key.Key_Plus)
    assert shown.view.place_of(shown.view.rect().topLeft().toPointF())[1] > whole[1]


def test_several_objects_are_asked_about_and_a_click_says_which(seeing, tmp_path):
    path = block(tmp_path, "two.png", ((15, 50, 8, 35), (20, 45, 55, 75)))
    seeing.controller.files.open_all([path])
    seeing.qtbot.waitUntil(lambda: bool(seeing.said), timeout=20_000)
    seeing.rest()
    assert "shows 2 objects; choose one" in seeing.said[0]
    assert seeing.page.tab == "mask"
    assert "Which object is meant?" in seeing.page.caption.text()
    seeing.qtbot.mouseClick(seeing.view, LEFT, pos=at(seeing, 65, 30))
    mask = masked(seeing)
    assert mask.inside[30, 65]
    assert not mask.inside[30, 20]
    seeing.page.masking.object.setCurrentIndex(0)
    seeing.page.masking.object.activated.emit(0)
    assert masked(seeing).inside[30, 20]
    seeing.undo_all("Import “two”")
    assert seeing.source.mask is None
    assert "Which object is meant?" in seeing.page.caption.text()
    seeing.rest()


def test_a_mask_can_come_from_a_file(shown, tmp_path):
    from PIL import Image

    inside = np.zeros((60, 80), np.uint8)
    inside[20:40, 30:50] = 255
    Image.fromarray(inside).save(tmp_path / "mask.png")
    shown.controller.picture.files.take_mask(tmp_path / "mask.png")
    shown.qtbot.waitUntil(lambda: shown.source.masking.given is not None, timeout=20_000)
    assert np.array_equal(masked(shown).inside, inside > 0)
    assert shown.page.masking.method.currentText() == "Mask from a file…"
    shown.rest()


def choose_network(seeing):
    """Choose the method as a person does."""
    method = seeing.page.masking.method
    method.setCurrentIndex(method.findText("Network from a file…"))
    method.activated.emit(method.currentIndex())


def test_a_network_in_a_file_finds_the_object_and_strokes_correct_it(
    shown, onnx_model, monkeypatch
):
    from PySide6.QtWidgets import QFileDialog

    pytest.importorskip("onnxruntime")
    # To it, what is red before the wall's white is the object, and the blue stripe is not.
    path = onnx_model("u2net.onnx", bias=-0.5)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    weak = onnx_model("weak.onnx", bias=-10.0)
    choose_network(shown)
    shown.qtbot.waitUntil(lambda: shown.source.masking.network == path, timeout=20_000)
    mask = masked(shown)
    assert mask.method == "model"
    assert shown.page.masking.method.currentText() == "Network from a file…"
    shown.rest()
    assert "background removed by u2net.onnx" in shown.page.about.text().lower()
    assert shown.controller.history.titles[-1] == "Object by “u2net.onnx”"
    was = mask.inside[30, 45]
    shown.page.masking.buttons["exclude" if was else "include"].click()
    drag(shown, (45, 20), (45, 30), (45, 40))
    assert masked(shown).inside[30, 45] != was
    assert masked(shown).method == "model", "the network has still found the rest"
    shown.controller.picture.files.take_network(weak)
    shown.qtbot.waitUntil(lambda: bool(shown.said), timeout=20_000)
    assert "No object was found" in shown.said[0]
    shown.rest()


def test_without_the_library_a_network_is_not_even_asked_for(shown, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    before = shown.source
    choose_network(shown)
    assert 'pip install "occviewer[onnx]"' in shown.said[0]
    assert shown.page.masking.method.currentText() == "Automatic"
    assert shown.source is before


def test_a_file_that_is_no_network_leaves_the_mask(shown, tmp_path):
    pytest.importorskip("onnxruntime")
    before = shown.source
    (tmp_path / "u2net.onnx").write_bytes(b"rubbish" * 9)
    shown.controller.picture.files.take_network(tmp_path / "u2net.onnx")
    shown.qtbot.waitUntil(lambda: bool(shown.said), timeout=20_000)
    assert "u2net.onnx is no ONNX model that can be read" in shown.said[0]
    assert shown.source is before


def test_a_box_around_nothing_is_said_and_undone(shown):
    shown.page.masking.method.setCurrentIndex(2)
    shown.page.masking.method.activated.emit(2)
    assert masked(shown).method == "plain background"
    shown.page.masking.buttons["box"].click()
    drag(shown, (1, 1), (6, 6), (9, 9))
    shown.qtbot.waitUntil(lambda: bool(shown.said), timeout=20_000)
    assert "No object was found" in shown.said[0]
    assert "No object was found" in shown.page.caption.text()
    shown.window.actions_["edit.undo"].trigger()
    shown.rest()
    assert masked(shown).inside[30, 40]
    assert shown.mesh is not None


def test_what_the_network_gets_is_shown(shown):
    shown.page.show_tab("input")
    shown.rest()
    assert "32 × 32 pixels" in shown.page.caption.text()
    shown.page.show_tab("silhouette")
    shown.qtbot.waitUntil(lambda: "Overlap" in shown.page.caption.text(), timeout=20_000)
    assert 0 < shown.controller.picture.display.overlap <= 1
    shown.rest()
