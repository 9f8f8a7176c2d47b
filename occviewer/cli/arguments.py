"""What the commands check of their arguments before any work."""

from __future__ import annotations

import argparse
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


def positive(text: str) -> int:
    """Read a whole number from 1."""
    value = number(lambda value: value >= 1 and value == int(value), "a whole number from 1")(text)
    return int(value)


def allow_negative_axes(parser: argparse.ArgumentParser) -> None:
    """Let ``--up -x`` and ``--offset -1e6 0 0`` be values, and not options."""
    # Negative numbers are let through by this pattern, and there is no public way to add to it.
    parser._negative_number_matcher = re.compile(r"^-(?:\d+\.?|\d*\.\d+)(?:e[-+]?\d+)?$|^-[xyz]$")
