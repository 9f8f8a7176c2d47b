"""Python's search for garbage, kept from stopping the window."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from occviewer.gui.controller import Controller

_LOOK_EVERY = 500  # ms
_LONGEST = 40  # looks: somebody may let a film play from the first second on


class GarbageWatch(QObject):
    """Puts the search off while the program starts, and keeps it away from what it imported.

    A full search looks at every object that may hold others, and all threads wait: 0.13 s,
    once torch, VTK and the others have made their half a million. They live as long as the
    program, so later searches need not look at them, and take some milliseconds.

    Parameters
    ----------
    controller : Controller
        Of the window that starts; imports are over when its thread first has nothing to do.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        gc.disable()
        self._controller, self._looks, self._at_rest = controller, 0, False
        self._timer = QTimer(self, interval=_LOOK_EVERY)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        controller, was_at_rest = self._controller, self._at_rest
        self._looks += 1
        self._at_rest = controller.pipeline.settled and not controller.compute.busy()
        # Twice: between two jobs of the start it may look like rest.
        if (self._at_rest and was_at_rest) or self._looks > _LONGEST:
            self._timer.stop()
            gc.freeze()
            gc.enable()
