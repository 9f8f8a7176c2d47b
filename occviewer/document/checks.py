"""Checks of values that come into the document, with one sentence for each failure."""

from __future__ import annotations

import math
import operator

from occviewer.document.errors import DocumentError

LONGEST_NAME = 200


def require(condition: bool, sentence: str) -> None:
    """Raise ValueError, the sign of a mistake in the program, unless a condition holds."""
    if not condition:
        raise ValueError(sentence)


def whole(value: object, name: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`.

    Raises
    ------
    ValueError
        It is no whole number.
    DocumentError
        It is out of the range; `name` begins the sentence.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        result = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {value!r}.") from None
    if not low <= result <= high:
        raise DocumentError(f"{name} goes from {low:,} to {high:,}; {result:,} is outside.")
    return result


def number(value: object, name: str, low: float, high: float) -> float:
    """Return a number from `low` to `high` as a float.

    Raises
    ------
    ValueError
        It is no number.
    DocumentError
        It is out of the range, or not finite; `name` begins the sentence.
    """
    if isinstance(value, bool | str | bytes):
        raise ValueError(f"{name} must be a number, not {value!r}.")
    try:
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, OverflowError):
        raise ValueError(f"{name} must be a number, not {type(value).__name__}.") from None
    if not (math.isfinite(result) and low <= result <= high):
        raise DocumentError(f"{name} goes from {low:g} to {high:g}; {result:g} is outside.")
    return result


def text(value: object, name: str) -> str:
    """Return a text of one line that is short enough to be a name.

    Raises
    ------
    ValueError
        It is something else.
    """
    require(isinstance(value, str), f"{name} must be text, not {type(value).__name__}.")
    result = str(value)
    require(
        len(result) <= LONGEST_NAME and result.isprintable(),
        f"{name} must be one line of at most {LONGEST_NAME} characters.",
    )
    return result
