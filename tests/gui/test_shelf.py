"""The shelf says what can be used, and what its shapes are called."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette

from occviewer.document import ModelReference, commands
from occviewer.gui.panels.shelf import Shelf, ShelfItem

from ..latent.spaces import code_of, small_model
from .small_windows import LONG, capture_samples, use_latent_model

OTHER = ModelReference(shipped="other")


@pytest.fixture
def shelf(without_model, tmp_path):
    window, controller = without_model
    code = code_of(small_model(tmp_path))
    for name in ("Stool", "Bench"):
        controller.do(commands.capture_code, code, name)
    return window.shelf, controller


def is_grey(item):
    grey = QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText)
    return item.foreground().color() == grey


def test_shapes_are_grey_only_while_another_model_is_in_use(shelf):
    view, controller = shelf
    own = controller.document.model
    assert not is_grey(view.item(0))
    controller.do(commands.change_model, OTHER)
    assert is_grey(view.item(0))
    assert "another model" in view.item(0).toolTip()
    assert view.item(0).flags() & Qt.ItemFlag.ItemIsEnabled, "it can be renamed and deleted"
    controller.do(commands.change_model, own)
    assert not is_grey(view.item(0))


def test_a_track_can_be_played_again_when_its_model_is_back(shelf):
    _, controller = shelf
    own, play = controller.document.model, controller.window.actions_["track.play"]
    controller.track.add([entry.id for entry in controller.document.shelf])
    assert play.isEnabled()
    controller.do(commands.change_model, OTHER)
    assert not play.isEnabled()
    controller.do(commands.change_model, own)
    assert play.isEnabled()


def test_a_name_that_is_refused_does_not_stay_on_the_shelf(shelf, qtbot):
    view, controller = shelf
    view.item(0).setText("")
    assert [entry.name for entry in controller.document.shelf] == ["Stool", "Bench"]
    qtbot.waitUntil(lambda: view.item(0).text() == "Stool", timeout=LONG)


def test_pictures_that_a_session_was_saved_without_are_drawn(opened, qtbot, tmp_path):
    _, controller = opened
    use_latent_model(controller, qtbot, tmp_path)
    capture_samples(controller, qtbot, 1)
    bare = tuple(replace(entry, preview=b"") for entry in controller.document.shelf)
    controller.history.start(replace(controller.document, shelf=bare), "Open kept.occ")
    qtbot.waitUntil(lambda: controller.document.shelf[0].preview != b"", timeout=LONG)
    assert controller.document.shelf[0].preview.startswith(b"\x89PNG")
    assert not controller.history.modified


def test_a_captured_shape_is_in_sight_and_stays_there_when_its_picture_comes(qtbot):
    view = Shelf()
    qtbot.addWidget(view)
    view.resize(300, 120)
    view.show()
    items = [ShelfItem(str(n), f"Shape {n}", b"", True) for n in range(12)]
    view.show_items(items[:11])
    assert view.horizontalScrollBar().value() == 0, "of a session the first shapes are seen"
    view.show_items(items)
    assert view.viewport().rect().contains(view.visualItemRect(view.item(11)).center())
    view.show_items([replace(item, name="Another") for item in items])
    assert view.viewport().rect().contains(view.visualItemRect(view.item(11)).center())
