"""Finds the way along the track while the compute thread has nothing else to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from occviewer.errors import Cancelled
from occviewer.gui.failures import Failure
from occviewer.gui.way import Way, title_of
from occviewer.gui.worker import Job

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller

_LANE = "way"
_PAUSE = 200  # milliseconds after others wanted the thread


class WayFinder(QObject):
    """Looks at what lies on a way before anybody goes it.

    What was looked at is kept, so that giving way to others costs nothing.

    Parameters
    ----------
    controller : Controller
        Its parent.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._way: Way | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._go_on)

    def find(self, way: Way | None) -> None:
        """Find a way, and no other any more; None stops it."""
        self._way = way
        self._controller.compute.cancel(_LANE)
        if way is None or way.is_found:
            self._again.stop()
        else:
            self._again.start(0)

    def _go_on(self) -> None:
        controller, way = self._controller, self._way
        if way is None or way.is_found:
            return
        if controller.compute.busy() or not controller.pipeline.ready:
            self._again.start(_PAUSE)
            return
        controller.compute.submit(
            _LANE, title_of(way), lambda job: self._search(way, job), self._done, self._refused
        )

    def _search(self, way: Way, job: Job) -> bool:
        """Search in the compute thread; whether it was found before others wanted the thread."""
        compute = self._controller.compute

        def looked(share: float) -> None:
            job.step(share)
            if compute.has_waiting:
                raise Cancelled(f"{job.title} gives way to other work.")

        try:
            way.find(self._controller.studio.latent, looked)
        except Cancelled:
            if job.cancelled():
                raise
            return False
        return True

    def _done(self, found: bool) -> None:
        if not found:
            self._again.start(_PAUSE)

    def _refused(self, failure: Failure) -> None:
        """Leave it: what is wrong is said where the way is gone."""
