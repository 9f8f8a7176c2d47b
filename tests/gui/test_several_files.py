"""Of several files that are opened at once, each becomes a shape, whatever kinds they are."""

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox

from occviewer.document import commands
from occviewer.document.session import save_session
from occviewer.document.state import Document
from occviewer.observations import PointCloud

from ..latent.spaces import code_of
from .pictures.conftest import block
from .small_windows import LONG, picture_model, use_model, use_plain_model
from .tours import at_rest


def scan(folder, name="scan.ply"):
    """Write a scan of a box."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (400, 3))
    points[np.arange(400), rng.integers(0, 3, 400)] = 1
    PointCloud(points).save(folder / name)
    return folder / name


def names(controller):
    return [entry.name for entry in controller.document.shelf]


def said(window):
    return [message.sentence for message in window.messages.shown()]


def test_scans_pictures_and_codes_stand_on_the_shelf_and_a_broken_one_is_named(
    opened, tmp_path, qtbot
):
    window, controller = opened
    use_model(controller, qtbot, picture_model(tmp_path))
    model = controller.pipeline.model
    code_of(model, 0).save(tmp_path / "code.npz")
    (tmp_path / "bad.ply").write_bytes(b"ply\nnothing")
    files = [block(tmp_path), scan(tmp_path), tmp_path / "bad.ply", tmp_path / "code.npz",
             scan(tmp_path, "last.xyz")]  # fmt: skip
    controller.files.open_all(files)
    qtbot.waitUntil(lambda: len(controller.document.shelf) == 4, timeout=LONG)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert names(controller) == ["block", "scan", "code", "last"]
    assert controller.document.shape.source.path == files[-1], "the last one is shown"
    assert any("Of 5 files 1 gave no shape: bad.ply" in each for each in said(window))
    assert all(entry.shape.code is not None for entry in controller.document.shelf)


def test_what_the_model_does_not_take_is_said_once_and_the_rest_opens(opened, tmp_path, qtbot):
    window, controller = opened
    use_plain_model(controller, qtbot, tmp_path)
    files = [block(tmp_path, "a.png"), block(tmp_path, "b.png"), scan(tmp_path)]
    controller.files.open_all(files)
    qtbot.waitUntil(lambda: len(controller.document.shelf) == 1, timeout=LONG)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert names(controller) == ["scan"]
    assert sum("makes no shapes of pictures" in each for each in said(window)) == 1
    assert any("Of 3 files 2 gave no shape: a.png, b.png" in each for each in said(window))


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_scan_that_comes_with_a_session_waits_for_it_and_for_its_question(
    is_broken, without_model, tmp_path, qtbot
):
    window, controller = without_model
    controller.do(commands.set_threshold, 0.3)
    controller.do(commands.import_cloud, PointCloud.load(scan(tmp_path)), tmp_path / "mine.ply")
    session = tmp_path / "other.occ"
    save_session(Document(), session)
    if is_broken:
        session.write_bytes(session.read_bytes()[:50])
    controller.files.open_all([scan(tmp_path), session])
    qtbot.wait(100)
    assert controller.document.shape.source.name == "mine", "nothing happens before the answer"
    (question,) = window.findChildren(QMessageBox)
    question.button(QMessageBox.StandardButton.Discard).click()
    qtbot.waitUntil(lambda: not controller.compute.busy(), timeout=LONG)
    assert controller.document.shape.source.name == "scan"
    opened_it = controller.files.session == session
    assert opened_it is not is_broken
    assert any("other.occ" in each for each in said(window)) is is_broken


def test_of_two_sessions_one_is_opened_and_that_is_said(without_model, tmp_path, qtbot):
    window, controller = without_model
    for name in ("a.occ", "b.occ"):
        save_session(Document(), tmp_path / name)
    controller.files.open_all([tmp_path / "a.occ", tmp_path / "b.occ"])
    qtbot.waitUntil(lambda: controller.files.session == tmp_path / "b.occ", timeout=LONG)
    assert "of 2, b.occ is opened" in said(window)[0]
