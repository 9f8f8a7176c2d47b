"""Work is given up only by who was asked."""

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton

from occviewer.document import DocumentError, ModelReference, commands
from occviewer.document.recovery import Autosave, find_recoverable
from occviewer.document.state import Document

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


@pytest.fixture
def crashed(tmp_path, code):
    """Two sessions that programs left behind: "early", and later "late"."""
    for name in ("early", "late"):
        autosave = Autosave(tmp_path / "recovery")
        document = Document(model=ModelReference(shipped="furniture"))
        document = commands.capture_code(document, code, name).document
        autosave.write(document, tmp_path / f"{name}.occ")
        autosave._lock.close()


def press(window, text):
    """Press a button of the message that is shown."""
    (message,) = window.messages.shown()
    next(b for b in message.findChildren(QPushButton) if b.text() == text).click()


def test_discard_removes_only_the_session_that_was_named(crashed, without_model, tmp_path):
    window, controller = without_model
    controller.safekeeping.offer()
    assert "late.occ" in window.messages.shown()[-1].sentence
    press(window, "Discard")
    assert [left.original.name for left in find_recoverable(tmp_path / "recovery")] == ["early.occ"]
    assert "early.occ" in window.messages.shown()[-1].sentence


def test_recover_asks_before_it_takes_the_place_of_the_session_at_hand(
    crashed, without_model, code, tmp_path, qtbot
):
    window, controller = without_model
    controller.do(commands.capture_code, code, "Mine")
    controller.safekeeping.offer()
    press(window, "Recover")
    assert question(window) is not None
    answer(window, QMessageBox.StandardButton.Discard)
    qtbot.waitUntil(lambda: controller.document.shelf[0].name == "late", timeout=LONG)
    qtbot.waitUntil(lambda: not controller.storage.busy(), timeout=LONG)
    left = [left.original.name for left in find_recoverable(tmp_path / "recovery")]
    assert left == ["early.occ"], "the recovered one is kept as this program's own now"


def test_what_was_left_stays_until_it_is_written_anew(
    crashed, without_model, tmp_path, qtbot, monkeypatch
):
    window, controller = without_model

    def full(autosave, document, original):
        raise DocumentError("The disk is full.")

    monkeypatch.setattr(Autosave, "write", full)
    controller.safekeeping.offer()
    press(window, "Recover")
    qtbot.waitUntil(
        lambda: [m.sentence for m in window.messages.shown()] == ["The disk is full."],
        timeout=LONG,
    )
    assert len(find_recoverable(tmp_path / "recovery")) == 2
