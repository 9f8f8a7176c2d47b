"""The compute thread: all that takes long happens here, in order, and can be overtaken.

One thread owns the device and the models. The window submits work to named lanes. A
newer piece of work of a lane replaces the one that waits and cancels the one that runs,
so that only the latest wish is fulfilled, and what it gave is told in the window's
thread only if nothing newer was wanted meanwhile.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from occviewer.errors import Cancelled
from occviewer.gui.failures import Failure, failure_of

# How often a running piece of work tells its progress at most, seconds.
_PROGRESS_EVERY = 0.05

_NICENESS = 5


@dataclass(eq=False)
class Job:
    """One piece of work, as the function that does it sees it.

    Attributes
    ----------
    lane : str
        What it is about; a newer job of a lane replaces an older one.
    title : str
        What the person is told while it lasts.
    """

    lane: str
    title: str
    function: Callable[[Job], Any]
    on_done: Callable[[Any], None]
    on_failed: Callable[[Failure], None]
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _report: Callable[[Job, float], None] | None = None
    _reported: float = 0.0

    def cancel(self) -> None:
        """Ask for an early end; callable from any thread."""
        self._cancelled.set()

    def cancelled(self) -> bool:
        """Whether the result is no longer wanted; to be asked now and then."""
        return self._cancelled.is_set()

    def step(self, share: float) -> None:
        """Tell how much is done, and end the work here if it is no longer wanted.

        Raises
        ------
        Cancelled
        """
        if self.cancelled():
            raise Cancelled(f"{self.title} is no longer wanted.")
        self.progress(share)

    def progress(self, share: float) -> None:
        """Tell how much is done, 0 to 1; cheap to call often."""
        now = time.monotonic()
        if self._report is not None and (now - self._reported > _PROGRESS_EVERY or share >= 1):
            self._reported = now
            self._report(self, min(max(share, 0.0), 1.0))


class ComputeThread(QObject):
    """Does jobs one after another in a thread of its own.

    Lanes are served in the order in which they were last submitted to; signals come in
    the window's thread.

    Parameters
    ----------
    parent : QObject, optional
    name : str
        Of the thread.

    Attributes
    ----------
    began : Signal(Job)
    progressed : Signal(Job, float)
    ended : Signal(Job)
        Of a job that was begun, however it ended.
    """

    began = Signal(object)
    progressed = Signal(object, float)
    ended = Signal(object)
    _delivered = Signal(object, object)

    def __init__(self, parent: QObject | None = None, name: str = "compute") -> None:
        super().__init__(parent)
        self._waiting: OrderedDict[str, Job] = OrderedDict()
        self._running: Job | None = None
        self._latest: dict[str, Job] = {}
        self._changed = threading.Condition()
        self._stopping = False
        # Queued: emitted in the compute thread, received in the window's.
        self._delivered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(
        self,
        lane: str,
        title: str,
        function: Callable[[Job], Any],
        on_done: Callable[[Any], None],
        on_failed: Callable[[Failure], None],
    ) -> Job:
        """Ask for a piece of work; an older one of the same lane is given up.

        Parameters
        ----------
        lane, title : str
            See `Job`.
        function : callable
            Called in the compute thread with the job; what it returns goes to `on_done`.
        on_done, on_failed : callable
            One of them is called in the window's thread, unless the job was overtaken
            or cancelled.
        """
        job = Job(lane, title, function, on_done, on_failed, _report=self.progressed.emit)
        with self._changed:
            if self._stopping:
                job.cancel()
                return job
            self._give_up(lane)
            self._latest[lane] = job
            self._waiting[lane] = job
            self._changed.notify()
        return job

    def cancel(self, lane: str | None = None) -> None:
        """Give up what a lane is doing or waiting for; with None, everything."""
        with self._changed:
            for each in list(self._latest) if lane is None else [lane]:
                self._give_up(each)
                self._latest.pop(each, None)

    def cancel_titled(self) -> None:
        """Give up all that the person is told of; what is done quietly goes on."""
        with self._changed:
            for lane, job in list(self._latest.items()):
                if job.title:
                    self._give_up(lane)
                    del self._latest[lane]

    def busy(self, lane: str | None = None) -> bool:
        """Whether a lane (with None, any) has work that is not delivered yet."""
        with self._changed:
            return bool(self._latest) if lane is None else lane in self._latest

    @property
    def has_waiting(self) -> bool:
        """Whether something waits for the thread; to be asked in any thread."""
        return bool(self._waiting)

    def under_way(self, *kinds: str) -> list[str]:
        """Titles of what is not delivered yet, of lanes that begin with one of these words."""
        with self._changed:
            jobs = self._latest.values()
            return [job.title for job in jobs if job.lane.split(" ", 1)[0] in kinds]

    def stop(self, seconds: float = 1.5) -> bool:
        """Give everything up and end the thread; whether it ended within the time.

        A thread that is still within one long call of a library then dies with the process.
        """
        self.give_all_up()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def give_all_up(self) -> None:
        """Give everything up and take nothing more, without waiting."""
        with self._changed:
            self._stopping = True
            self._waiting.clear()
            for job in self._latest.values():
                job.cancel()
            self._latest.clear()
            self._changed.notify()

    def _give_up(self, lane: str) -> None:
        self._waiting.pop(lane, None)
        if lane in self._latest:
            self._latest[lane].cancel()

    def _work(self) -> None:
        _come_second()
        while True:
            with self._changed:
                while not self._waiting and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
                _, job = self._waiting.popitem(last=False)
            self._emit(self.began, job)
            outcome: Any
            try:
                outcome = job.function(job)
            except Cancelled:
                outcome = None
                job.cancel()
            except Exception as error:  # whatever it is: the window lives on and says so
                outcome = failure_of(error)
            self._emit(self._delivered, job, outcome)
            del job, outcome

    def _emit(self, signal: Any, *values: object) -> None:  # noqa: ANN401 - a bound signal
        try:
            signal.emit(*values)
        except RuntimeError:  # the window is gone already
            pass

    @Slot(object, object)
    def _deliver(self, job: Job, outcome: object) -> None:
        with self._changed:
            wanted = self._latest.get(job.lane) is job and not job.cancelled()
            if self._latest.get(job.lane) is job:
                del self._latest[job.lane]
        self.ended.emit(job)
        if not wanted:
            return
        if isinstance(outcome, Failure):
            job.on_failed(outcome)
        else:
            job.on_done(outcome)


def stop_all(*threads: ComputeThread, seconds: float = 1.5) -> bool:
    """Stop several threads within one time; whether all of them ended."""
    until = time.monotonic() + seconds
    for thread in threads:
        thread.give_all_up()
    return all([thread.stop(max(0.0, until - time.monotonic())) for thread in threads])


def _come_second() -> None:
    """Let the window's thread go first where both want a processor; this thread's own wish.

    Where a process has one priority for all of its threads, nothing happens.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
