"""Work is given up only by who was asked."""

import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton

from occviewer.document import DocumentError, ModelReference, commands
from occviewer.document.recovery import Autosave, find_recoverable
from occviewer.document.session import save_session
from occviewer.document.state import Document
from occviewer.gui.latent_studio import LatentStudio
from occviewer.observations import PointCloud

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


@pytest.fixture
def slow(monkeypatch):
    """Let sessions be written when `set` is called, not before."""
    from occviewer.gui import files

    go_on, write = threading.Event(), files.save_session

    def waiting(document, path):
        assert go_on.wait(20)
        write(document, path)

    monkeypatch.setattr(files, "save_session", waiting)
    yield go_on
    go_on.set()


def rest(controller, qtbot):
    qtbot.waitUntil(
        lambda: not controller.storage.busy() and not controller.compute.busy(), timeout=LONG
    )


def test_what_is_done_while_a_session_is_saved_is_asked_about_too(
    without_model, slow, code, tmp_path, qtbot
):
    window, controller = without_model
    controller.do(commands.capture_code, code, "First")
    controller.files.session = tmp_path / "mine.occ"
    controller.files.new_session()
    answer(window, QMessageBox.StandardButton.Save)
    controller.do(commands.capture_code, code, "Second")
    slow.set()
    qtbot.waitUntil(lambda: question(window) is not None, timeout=LONG)
    answer(window, QMessageBox.StandardButton.Cancel)
    assert [entry.name for entry in controller.document.shelf] == ["First", "Second"]


def test_a_session_that_was_left_while_it_was_saved_gives_its_file_to_no_other(
    without_model, slow, code, tmp_path, qtbot
):
    window, controller = without_model
    controller.do(commands.capture_code, code, "First")
    controller.files.session = tmp_path / "mine.occ"
    controller.files.save()
    controller.files.new_session()
    answer(window, QMessageBox.StandardButton.Discard)
    slow.set()
    rest(controller, qtbot)
    assert (tmp_path / "mine.occ").exists()
    assert controller.files.session is None
    assert not controller.history.modified


def test_what_is_done_while_a_session_opens_is_asked_about(without_model, code, tmp_path, qtbot):
    window, controller = without_model
    save_session(Document(), tmp_path / "other.occ")
    controller.files.open_session(tmp_path / "other.occ")
    controller.do(commands.capture_code, code, "Mine")
    qtbot.waitUntil(lambda: question(window) is not None, timeout=LONG)
    answer(window, QMessageBox.StandardButton.Cancel)
    assert [entry.name for entry in controller.document.shelf] == ["Mine"]


def test_a_second_export_leaves_the_first_alone(without_model, code, tmp_path, qtbot, monkeypatch):
    window, controller = without_model
    controller.studio._latent = LatentStudio(small_model(tmp_path))
    controller.do(commands.take_code, code, "Take code", 1.0)
    names = iter(["one.npz", "two.npz"])
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / next(names)), "")
    )
    controller.exports.export_code()
    controller.exports.export_code()
    rest(controller, qtbot)
    assert (tmp_path / "one.npz").exists()
    assert (tmp_path / "two.npz").exists()


def test_a_scan_and_a_session_that_are_opened_together_both_open(without_model, tmp_path, qtbot):
    _, controller = without_model
    save_session(Document(), tmp_path / "other.occ")
    PointCloud(np.random.default_rng(0).normal(size=(50, 3))).save(tmp_path / "scan.ply")
    controller.files.open_all([tmp_path / "scan.ply", tmp_path / "other.occ"])
    rest(controller, qtbot)
    assert controller.files.session == tmp_path / "other.occ"
    assert controller.document.shape.source.path == tmp_path / "scan.ply"


def test_closing_asks_before_it_gives_up_what_is_being_written(
    without_model, slow, code, tmp_path, qtbot
):
    window, controller = without_model
    controller.files.session = tmp_path / "mine.occ"
    controller.files.save()
    window.close()
    assert window.isVisible()
    assert "Saving mine.occ" in question(window).text()
    answer(window, QMessageBox.StandardButton.Cancel)
    slow.set()
    rest(controller, qtbot)
    window.close()
    assert not window.isVisible()
    assert (tmp_path / "mine.occ").exists()


def test_closing_asks_before_it_gives_up_an_export(
    without_model, code, tmp_path, qtbot, monkeypatch
):
    window, controller = without_model
    controller.studio._latent = LatentStudio(small_model(tmp_path))
    controller.do(commands.take_code, code, "Take code", 1.0)
    go_on, write = threading.Event(), type(code).save

    def waiting(each, path):
        assert go_on.wait(20)
        write(each, path)

    monkeypatch.setattr(type(code), "save", waiting)
    path = tmp_path / "<b>one.npz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    controller.exports.export_code()
    window.close()
    assert window.isVisible()
    assert "Writing <b>one.npz" in question(window).text()
    assert question(window).textFormat() == Qt.TextFormat.PlainText
    answer(window, QMessageBox.StandardButton.Cancel)
    qtbot.waitUntil(lambda: question(window) is None)
    go_on.set()
    rest(controller, qtbot)
    assert path.exists(), "who cancels the closing keeps the export"
    assert path.name in window.messages.shown()[-1].sentence


def test_who_closes_during_an_export_is_asked_for_the_session_too(
    without_model, slow, code, tmp_path, qtbot
):
    window, controller = without_model
    controller.do(commands.capture_code, code, "First")
    controller.files.session = tmp_path / "mine.occ"
    controller.files.save()
    controller.do(commands.capture_code, code, "Second")
    window.close()
    answer(window, QMessageBox.StandardButton.Close)
    qtbot.waitUntil(lambda: question(window) is not None, timeout=LONG)
    assert "changes that are in no file" in question(window).text()
    began = time.monotonic()
    answer(window, QMessageBox.StandardButton.Discard)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    assert time.monotonic() - began < 2
    slow.set()
