"""What the commands check of their arguments before any work."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Callable

AXES = ("x", "y", "z", "-x", "-y", "-z")


def number(check: Callable[[float], bool], wanted: str) -> Callable[[str], float]:
    """Make a type for an argument: a number that passes the check.

    Parameters
    ----------
    check : function
        Of the number; NaN must not pass.
    wanted : str
        What the message says it should be: "a share between 0 and 1".
    """

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not check(value):
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return value

    return parse


def whole_number(lowest: int, highest: float = math.inf) -> Callable[[str], int]:
    """Make a type for an argument: a whole number in a range."""
    wanted = f"a whole number from {lowest}" + ("" if highest == math.inf else f" to {highest}")
    parse = number(
        lambda value: lowest <= value <= highest and value < math.inf and value == int(value),
        wanted,
    )
    return lambda text: int(parse(text))


positive = whole_number(1)
threshold = number(lambda value: 0 < value < 1, "a probability between 0 and 1")
angle = number(math.isfinite, "an angle in degrees")

RESOLUTIONS = (16, 512)
resolution = whole_number(*RESOLUTIONS)


def shard(text: str) -> tuple[int, int]:
    """Read part I of N, such as ``0/8``."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or int(match[1]) >= int(match[2]):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not I/N with I from 0 to N-1, such as 0/8 … 7/8"
        )
    return int(match[1]), int(match[2])


def cores() -> int:
    """Count the cores that this process may use."""
    # A batch system gives a job fewer cores than the machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def allow_negative_axes(parser: argparse.ArgumentParser) -> None:
    """Let ``--up -x`` and ``--offset -1e6 0 0`` be values, and not options."""
    # Negative numbers are let through by this pattern, and there is no public way to add to it.
    parser._negative_number_matcher = re.compile(r"^-(?:\d+\.?|\d*\.\d+)(?:e[-+]?\d+)?$|^-[xyz]$")
