"""What is left of an unsaved session after a crash."""

import pytest
from PySide6.QtWidgets import QPushButton

from occviewer.document import commands
from occviewer.document.recovery import find_recoverable
from occviewer.gui.application import open_window
from occviewer.observations import PointCloud


@pytest.fixture
def cloud():
    import numpy as np

    return PointCloud(np.random.default_rng(0).normal(size=(500, 3)))


def test_a_crashed_session_is_offered_and_comes_back(
    without_model, qtbot, preferences, tmp_path, cloud
):
    _, first = without_model
    first.do(commands.import_cloud, cloud)
    first.safekeeping.keep()
    qtbot.waitUntil(lambda: not first.storage.busy("autosave"), timeout=30_000)
    # A crash: the lock is given up, and nothing is removed.
    first.safekeeping._autosave._lock.close()

    window, second = open_window(preferences, tmp_path / "recovery")
    second.safekeeping.offer()
    (message,) = window.messages.shown()
    assert "ended without saving" in message.sentence
    recover = next(b for b in message.findChildren(QPushButton) if b.text() == "Recover")
    recover.click()
    qtbot.waitUntil(lambda: second.document.shape.source is not None, timeout=30_000)
    assert len(second.document.shape.source.cloud) == 500
    assert second.history.modified
    second.history.mark_saved()
    window.close()
    window.deleteLater()
    assert find_recoverable(tmp_path / "recovery") == []


def test_a_clean_end_leaves_nothing(qtbot, preferences, tmp_path, cloud):
    window, controller = open_window(preferences, tmp_path / "recovery")
    controller.do(commands.import_cloud, cloud)
    controller.safekeeping.keep()
    qtbot.waitUntil(lambda: not controller.storage.busy("autosave"), timeout=30_000)
    controller.history.mark_saved()
    window.close()
    window.deleteLater()
    assert list((tmp_path / "recovery").iterdir()) == []


def test_nothing_is_kept_of_a_saved_session(without_model, cloud, tmp_path, qtbot):
    _, controller = without_model
    controller.do(commands.import_cloud, cloud)
    controller.safekeeping.keep()
    qtbot.waitUntil(lambda: not controller.storage.busy(), timeout=30_000)
    assert list((tmp_path / "recovery").glob("*.occ"))
    controller.history.mark_saved()
    controller.safekeeping.keep()
    qtbot.waitUntil(lambda: not controller.storage.busy(), timeout=30_000)
    assert not list((tmp_path / "recovery").glob("*.occ"))
