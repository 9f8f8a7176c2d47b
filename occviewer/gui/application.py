"""Starts Qt and opens the window."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

# Windows refuses torch after Qt (WinError 1114); elsewhere the compute thread imports it
# when the window is there already.
if sys.platform == "win32":
    import torch  # noqa: F401


from PySide6.QtCore import QByteArray, QCoreApplication, Qt
from PySide6.QtWidgets import QApplication

from occviewer import __version__
from occviewer.gui.controller import Controller
from occviewer.gui.failures import failure_of
from occviewer.gui.garbage import GarbageWatch
from occviewer.gui.main_window import MainWindow
from occviewer.gui.preferences import Preferences
from occviewer.gui.safekeeping import recovery_folder
from occviewer.gui.theme import apply_theme


def main(files: Sequence[str] = ()) -> int:
    """Open the window, and the files in it; returns when it is closed.

    Parameters
    ----------
    files : sequence of str
        Scans, models or sessions to begin with.
    """
    application = prepare_application()
    preferences = Preferences()
    apply_theme(application, preferences.theme)
    window, controller = open_window(preferences, recovery_folder())
    GarbageWatch(controller)
    sys.excepthook = partial(report_fault, controller)
    controller.files.open_all([Path(file) for file in files])
    window.show()
    controller.safekeeping.offer()
    status = application.exec()
    if not controller.all_ended:
        # A thread is still within a long call of torch, which ends a process that unloads it
        # with an abort. All files are written and closed by now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def prepare_application() -> QApplication:
    """Make the QApplication, as the viewport needs it."""
    # How long the window waits at most for a thread that runs Python: 5 ms by default, for
    # each of several calls that an event takes.
    sys.setswitchinterval(0.001)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("OccViewer")
    application.setApplicationDisplayName("OccViewer")
    application.setApplicationVersion(__version__)
    application.setOrganizationName("OccViewer")
    return application


def report_fault(
    controller: Controller,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    """Tell the person of a fault in the window's thread, which ended in nobody's hands.

    Parameters
    ----------
    controller : Controller
    kind, error, trace
        As `sys.excepthook` is given them.
    """
    sys.__excepthook__(kind, error, trace)
    if isinstance(error, Exception):
        controller.failed(failure_of(error))


def open_window(preferences: Preferences, recovery: Path) -> tuple[MainWindow, Controller]:
    """Make a window and what makes it live; it is not shown yet.

    Parameters
    ----------
    preferences : Preferences
    recovery : Path
        Folder in which sessions are kept for recovery.
    """
    window = MainWindow()
    controller = Controller(window, preferences, recovery)
    if preferences.window_place:
        window.restoreGeometry(QByteArray(preferences.window_place))
    if preferences.window_layout:
        window.restore_layout(QByteArray(preferences.window_layout))
    return window, controller
