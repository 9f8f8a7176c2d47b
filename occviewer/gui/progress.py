"""Says in the status bar what is being computed, how far it is, and how long it will take."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

from occviewer.gui.main_window import MainWindow
from occviewer.gui.worker import ComputeThread, Job

APPEARS_AFTER = 0.3
"""Seconds that a piece of work lasts before the person is told of it."""

# Before this much is done, an estimate would be a guess.
_LEAST_SHARE, _LEAST_SECONDS = 0.04, 0.7
_REFRESH_MILLISECONDS = 250


class _Work:
    """One piece of work that runs."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.began = time.monotonic()
        self.share: float | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


class Progress(QObject):
    """Follows compute threads and shows the piece of work that runs longest.

    Parameters
    ----------
    window : MainWindow
        Whose status bar says it.
    threads : ComputeThread
        Whose work is shown; work without a title is not worth a word.
    """

    def __init__(self, window: MainWindow, *threads: ComputeThread) -> None:
        super().__init__(window)
        self._window = window
        self._running: list[_Work] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show)
        for thread in threads:
            thread.began.connect(self._began)
            thread.progressed.connect(self._progressed)
            thread.ended.connect(self._ended)

    def _began(self, job: Job) -> None:
        if job.title:
            self._running.append(_Work(job))
            self._timer.start(_REFRESH_MILLISECONDS)

    def _progressed(self, job: Job, share: float) -> None:
        for work in self._running:
            if work.job is job:
                work.share = share

    def _ended(self, job: Job) -> None:
        self._running = [work for work in self._running if work.job is not job]
        self._show()

    def _show(self) -> None:
        if not self._running:
            self._timer.stop()
            self._window.show_progress("", None)
            return
        work = self._running[0]
        if work.seconds < APPEARS_AFTER:
            self._window.show_progress("", None)
        elif work.job.cancelled():
            # A step within a library cannot be interrupted; the rest of the work will not be done.
            self._window.show_progress(f"Stopping: {work.job.title}, after this step", None)
        else:
            left = time_left(work.share, work.seconds)
            title = f"{work.job.title}, {left}" if left else work.job.title
            self._window.show_progress(title, work.share)


def time_left(share: float | None, seconds: float) -> str:
    """Say how long a work still takes of which a share was done in so many seconds.

    Empty while nothing can be said.
    """
    if share is None or share < _LEAST_SHARE or seconds < _LEAST_SECONDS:
        return ""
    left = seconds * (1 - share) / share
    if left < 1.5:
        return "a moment left"
    if left < 55:
        # Figures that do not jump: whole seconds first, then steps of five.
        return f"about {round(left) if left < 10 else 5 * round(left / 5)} s left"
    if left < 3600:
        return f"about {max(1, round(left / 60))} min left"
    return f"about {left / 3600:.1f} h left"
