"""What window tests share: nothing may be left behind."""

import gc
import threading

import pytest
import torch  # noqa: F401 - before Qt, which Windows wants
from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid
from vtkmodules.vtkCommonCore import vtkObjectBase

from occviewer.team import THREADS

QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)

_FAILED = pytest.StashKey[bool]()


def pytest_configure(config):
    """Say what tests may be marked with."""
    config.addinivalue_line(
        "markers", "qt_keeps: Qt's binding holds on to widgets that the test asked for"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Remember whether a test failed: its frames are kept for the report, and all in them."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(autouse=True)
def nothing_left(qapp, request):
    """Fail a test that leaves widgets, timers, threads or VTK objects behind."""
    threads = set(threading.enumerate())
    # What was there before is of no interest, and slow to look through.
    gc.freeze()
    yield
    request.node.funcargs.clear()  # or pytest keeps the window, and all that is in it
    _tidy(qapp)
    widgets = [w for w in QApplication.topLevelWidgets() if w.isVisible() or w.children()]
    assert not widgets, f"widgets left: {widgets}"
    timers = [o for o in gc.get_objects() if issubclass(type(o), QTimer)]
    timers = [timer for timer in timers if isValid(timer) and timer.isActive()]
    assert not timers, f"timers left: {timers}"
    # A window closes without waiting for the end of a long call; it has to end all the same.
    running = {t for t in threading.enumerate() if not t.name.startswith(THREADS)} - threads
    for thread in running:
        thread.join(60)
    started = [t for t in running if t.is_alive()]
    assert not started, f"threads left: {started}"
    kept = request.node.get_closest_marker("qt_keeps") is not None
    if not kept and not request.node.stash.get(_FAILED, False):
        _tidy(qapp)  # what threads still held until they ended
        drawn = {type(o).__name__ for o in gc.get_objects() if issubclass(type(o), vtkObjectBase)}
        assert not drawn, f"VTK objects left: {sorted(drawn)}"


def _tidy(qapp):
    """Let everything go that nobody holds."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        qapp.processEvents()
        gc.collect()


@pytest.fixture
def preferences(tmp_path):
    """Preferences of nobody, with a coarse mesh so that tests are quick."""
    from PySide6.QtCore import QSettings

    from occviewer.gui.preferences import Preferences

    kept = Preferences(QSettings(str(tmp_path / "preferences.ini"), QSettings.Format.IniFormat))
    kept.resolution = 32
    return kept


@pytest.fixture
def opened(qtbot, preferences, tmp_path):
    """A real window with the model that ships; closed without a question at the end."""
    from occviewer.gui.application import open_window, prepare_application

    prepare_application()
    window, controller = open_window(preferences, tmp_path / "recovery")
    window.resize(700, 480)
    window.show()
    yield window, controller
    controller.history.mark_saved()
    window.close()
    window.deleteLater()


@pytest.fixture
def without_model(monkeypatch, request):
    """A window that opens no model: for what has to do with none, and is quick so."""
    from occviewer.gui.pipeline import Pipeline

    monkeypatch.setattr(Pipeline, "_open_model", lambda pipeline, wanted: None)
    return request.getfixturevalue("opened")
