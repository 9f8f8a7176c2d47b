"""Threads that share out work on arrays.

numpy does not hold Python's lock while it works on a large array, so that threads which
work on parts of one run side by side; on small arrays they would only wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from types import TracebackType
from typing import TypeVar

Result = TypeVar("Result")


class Team:
    """Some threads, of which the calling one is the first; a context that ends the others.

    Parameters
    ----------
    threads : int
        How many there are, the calling one included. The others start when they are
        first needed.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = max(1, threads)
        self._others: ThreadPoolExecutor | None = None

    def __enter__(self) -> Team:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._others is not None:
            self._others.shutdown()
            self._others = None

    def do(self, tasks: Sequence[Callable[[], Result]]) -> list[Result]:
        """Do some things side by side; returns what they return, in order.

        An error of one of them is raised when all have ended.
        """
        if self.threads == 1 or len(tasks) < 2:
            return [task() for task in tasks]
        if self._others is None:
            self._others = ThreadPoolExecutor(self.threads - 1)
        begun = [self._others.submit(task) for task in tasks[1:]]
        try:
            first = tasks[0]()
        finally:
            wait(begun)
        return [first, *(one.result() for one in begun)]

    def parts(self, count: int, least: int) -> list[slice]:
        """Cut ``range(count)`` into one part a thread, or fewer, of at least so many."""
        number = max(1, min(self.threads, count // max(1, least)))
        borders = [count * part // number for part in range(number + 1)]
        return [slice(low, high) for low, high in zip(borders[:-1], borders[1:], strict=True)]


ALONE = Team()
"""The calling thread only; it has nothing to end."""
