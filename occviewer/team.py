"""Threads that share out work on arrays and tensors.

numpy and torch do not hold Python's lock while they work on a large array, so that threads
which work on parts of one run side by side; on small arrays they would only wait for each
other.

The threads are the same for the whole program, and sleep between tasks: a frame of a shape that
moves has half a dozen batches, and new threads for each of them took a fifteenth of its time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

Result = TypeVar("Result")

THREADS = "occviewer-team"
"""How the names of the threads begin."""


class Team:
    """Some threads, of which the calling one is the first.

    Parameters
    ----------
    threads : int
        How many there are, the calling one included. The others start when they are first
        needed.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = max(1, threads)

    def do(self, tasks: Sequence[Callable[[], Result]]) -> list[Result]:
        """Do some things side by side; returns what they return, in order.

        An error of one of them is raised when all have ended. A task that has tasks of its own
        does them one after the other.
        """
        if self.threads == 1 or len(tasks) < 2 or _is_other():
            return [task() for task in tasks]
        others = _others(self.threads - 1)
        begun = [others.submit(task) for task in tasks[1:]]
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
"""The calling thread only."""


@cache
def _others(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, THREADS)


# A copy of the process has the executors, but not their threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_others.cache_clear)


def _is_other() -> bool:
    """Whether this is a thread of a team: if it waited for others, all might wait."""
    return threading.current_thread().name.startswith(THREADS)
