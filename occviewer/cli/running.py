"""What commands that run for long have in common: what they say, and how they are stopped."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from occviewer.errors import CheckpointError

_SAY_EVERY = 10.0


class Stoppable(Protocol):
    """A training that ends soon after it was asked to."""

    def stop(self) -> None:
        """Ask for the end; callable from a signal handler."""
        ...


def say(text: str) -> None:
    """Write a line where progress goes."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def now_and_then(check: Callable[[], None] = lambda: None) -> Callable[[str, int, int], None]:
    """Say how far a work is that takes long, every ten seconds.

    Parameters
    ----------
    check : callable
        Called each time; may raise to end the work.
    """
    last = time.monotonic()

    def progress(what: str, done: int, total: int) -> None:
        nonlocal last
        check()
        if time.monotonic() - last > _SAY_EVERY:
            last = time.monotonic()
            say(f"{done} of {total} {what}")

    return progress


def print_curves(minutes: float, steps: int) -> Callable[[Mapping[str, Any]], None]:
    """Say each line of a training's curves, with the time that is left of its limits."""

    def report(line: Mapping[str, Any]) -> None:
        left = minutes - line["minutes"]
        if steps and line["step"]:
            left = min(left, line["minutes"] / line["step"] * (steps - line["step"]))
        head = f"{line['minutes']:7.1f} min, {max(left, 0):.1f} left, step {line['step']}"
        values = {key: value for key, value in line.items() if key not in ("minutes", "step")}
        say(head + "  " + "  ".join(f"{key} {value:.4g}" for key, value in values.items()))

    return report


@contextmanager
def stopping_on_signals(training: Stoppable) -> Iterator[None]:
    """Let Ctrl-C, and a batch system that wants its machine back, stop a run cleanly.

    The second signal ends the program at once, as ever.
    """
    before: dict[int, Any] = {}

    def stop(number: int, frame: object) -> None:
        training.stop()
        signal.signal(number, before[number])

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for interrupt, handler in before.items():
            signal.signal(interrupt, handler)


def check_replaceable(path: Path) -> None:
    """Find out before the work, not after it, whether a model can be replaced.

    Raises
    ------
    CheckpointError
        It is a checkpoint of another project, or its folder may not be written to.
    """
    from occviewer.models.checkpoint import check_changeable

    check_changeable(path)
    if not os.access(path.absolute().parent, os.W_OK):
        raise CheckpointError(
            f"{path} cannot be replaced, because its folder may not be written to: "
            "give a copy of the model in a folder of yours."
        )


def seed(text: str) -> int:
    """Read a seed: a whole number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)
