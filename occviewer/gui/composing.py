"""Fewer pictures of the window while a shape moves, where composing one takes long."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

BETWEEN = 0.05
"""Seconds between two pictures of the window: a little less than between two updates of a shape,
so that each of these is seen."""


class CalmUpdates(QObject):
    """Lets a window be composed only so often while something moves.

    A window with a 3D view is composed by OpenGL as a whole, whichever part of it has changed.
    Every step of a slider asks for that, and without a graphics card 50 steps a second took
    0.8 of a core: the shape that should follow the slider waited. What was asked for in between
    is drawn with the next picture.

    Parameters
    ----------
    window : QWidget
        A top-level one, which owns this.
    wanted : callable
        Says whether pictures are to be saved now.
    """

    def __init__(self, window: QWidget, wanted: Callable[[], bool]) -> None:
        super().__init__(window)
        self._window, self._wanted = window, wanted
        self._composed = 0.0
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._compose)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Keep back what the window is asked for too soon after the last picture."""
        if event.type() != QEvent.Type.UpdateRequest or watched is not self._window:
            return False
        rest = self._composed + BETWEEN - time.perf_counter()
        if rest > 0 and self._wanted():
            # Until it gets the event the window asks for no other.
            if not self._later.isActive():
                self._later.start(max(1, round(1000 * rest)))
            return True
        self._later.stop()
        self._composed = time.perf_counter()
        return False

    def _compose(self) -> None:
        self._composed = 0.0
        QCoreApplication.sendEvent(self._window, QEvent(QEvent.Type.UpdateRequest))
