"""Work is given up only by who was asked."""

import pytest
from PySide6.QtWidgets import QMessageBox

from occviewer.document import commands

from ..latent.spaces import code_of, small_model

LONG = 30_000


@pytest.fixture
def code(tmp_path):
    return code_of(small_model(tmp_path))


def question(window):
    """The question that stands before the window; None if there is none."""
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    return boxes[0] if boxes else None


def answer(window, button):
    """Answer the question with a standard button."""
    question(window).button(button).click()


def test_captured_shapes_are_asked_for_and_kept_though_no_shape_is_at_hand(
    without_model, code, tmp_path, qtbot
):
    window, controller = without_model
    controller.do(commands.capture_code, code, "Armchair")
    assert controller.document.shape.is_empty
    controller.safekeeping.keep()
    qtbot.waitUntil(lambda: not controller.storage.busy(), timeout=LONG)
    assert len(list((tmp_path / "recovery").glob("*.occ"))) == 1
    controller.files.new_session()
    assert question(window) is not None
    answer(window, QMessageBox.StandardButton.Cancel)
    assert [entry.name for entry in controller.document.shelf] == ["Armchair"]
