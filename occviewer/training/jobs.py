"""Work in processes that may crash, hang or be killed without stopping the rest."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from occviewer.errors import DataError, OccviewerError

Job = TypeVar("Job")
Result = TypeVar("Result")

_READY = "ready"
_START_SECONDS = 300.0
_STARTS = 3  # times that a worker may die while it imports, before we believe it


@dataclass(frozen=True)
class Outcome(Generic[Job, Result]):
    """What became of one job.

    Attributes
    ----------
    job
        As it was given.
    result
        What the function returned; None when it failed.
    failure : str
        Why there is no result; empty when there is one.
    """

    job: Job
    result: Result | None
    failure: str = ""


def run_jobs(
    function: Callable[[Job], Result],
    jobs: Iterable[Job],
    *,
    workers: int,
    limit_seconds: float,
) -> Generator[Outcome[Job, Result], None, None]:
    """Run `function` on every job in `workers` processes; outcomes come as they are ready.

    A job that raises, takes longer than `limit_seconds`, or takes its process with it
    (a crash in native code, the kernel's out-of-memory killer) is an `Outcome` with a
    failure; a fresh process goes on with the others. Closing the iterator ends the
    processes, and they end by themselves when this process is killed.

    Parameters
    ----------
    function : callable
        Importable by name, since the processes are spawned.

    Raises
    ------
    DataError
        When the processes cannot be started at all.
    """
    waiting = deque(jobs)
    count = min(workers, len(waiting))
    crew: list[_Worker[Job, Result]] = [_Worker(function) for _ in range(count)]
    try:
        while True:
            for worker in crew:
                if worker.job is None and waiting:
                    worker.give(waiting.popleft())
            busy = [worker for worker in crew if worker.job is not None]
            if not busy:
                return
            deadline = min(worker.deadline(limit_seconds) for worker in busy)
            ready = wait(
                [worker.connection for worker in busy], max(0.0, deadline - time.monotonic())
            )
            for worker in busy:
                outcome = worker.look(worker.connection in ready, limit_seconds)
                if outcome is not None:
                    yield outcome
    finally:
        for worker in crew:
            worker.end()


class _Worker(Generic[Job, Result]):
    """One process, started again whenever it is lost, and the job that it has."""

    def __init__(self, function: Callable[[Job], Result]) -> None:
        self._function = function
        self._lost_at_start = 0
        self.job: Job | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._function), daemon=True, name="prepare"
        )
        self._process.start()
        # Held by the child alone, so that its death is the end of the connection.
        theirs.close()
        self._ready = False
        self._since = time.monotonic()

    def give(self, job: Job) -> None:
        self.job = job
        self._since = time.monotonic()
        try:
            self.connection.send(job)
        except OSError:
            pass  # the process died while it was idle: `look` finds out and starts another

    def deadline(self, limit_seconds: float) -> float:
        return self._since + (limit_seconds if self._ready else _START_SECONDS)

    def look(self, has_news: bool, limit_seconds: float) -> Outcome[Job, Result] | None:
        """Take a message, or notice that the process is dead or too slow."""
        assert self.job is not None
        if has_news:
            try:
                message = self.connection.recv()
            except (EOFError, OSError):
                return self._lost(None)
            if message == _READY:
                self._ready, self._since, self._lost_at_start = True, time.monotonic(), 0
                return None
            job, self.job = self.job, None
            return Outcome(job, *message)
        if time.monotonic() >= self.deadline(limit_seconds):
            return self._lost(limit_seconds)
        return None

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()

    def _lost(self, limit_seconds: float | None) -> Outcome[Job, Result] | None:
        job, was_ready = self.job, self._ready
        assert job is not None
        if limit_seconds is None:
            self._process.join(5)
        code = self._process.exitcode
        self.end()
        if not was_ready:
            self._lost_at_start += 1
            if self._lost_at_start >= _STARTS:
                self._start()  # so that `end` has something to end
                raise DataError(
                    f"The processes that prepare meshes do not start (exit status {code}): "
                    "see what they wrote above, or try --workers 1."
                )
            self._start()
            self.give(job)
            return None
        self.job = None
        self._start()
        if limit_seconds is not None:
            return Outcome(job, None, f"took longer than {limit_seconds:g} s")
        return Outcome(job, None, f"ended its process ({_exit(code)})")


def _exit(code: int | None) -> str:
    if code == -signal.SIGTERM or code is None or code >= 0:
        return f"exit status {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"{name}, probably out of memory" if name == "SIGKILL" else name


def _serve(connection: Connection, function: Callable[[Any], Any]) -> None:
    """Work off jobs until the other end closes."""
    # Ctrl-C goes to the whole group; the parent ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        connection.send(_READY)
        while True:
            connection.send(_answer(function, connection.recv()))
    except (EOFError, OSError):
        return  # the parent is gone


def _answer(function: Callable[[Any], Any], job: Any) -> tuple[Any, str]:  # noqa: ANN401
    try:
        return function(job), ""
    except OccviewerError as error:
        return None, str(error)
    except MemoryError:
        return None, "ran out of memory"
    except Exception as error:  # one bad mesh never stops the rest
        return None, f"{type(error).__name__}: {error}"
