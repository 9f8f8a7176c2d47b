"""Functions that are compiled when they are first called.

Loops over nodes and queries that numpy and torch could only do in many passes, or a thousand
small calls a frame. numba turns them into machine code, which is kept beside the module (or,
where that cannot be written, in the user's cache folder), so that only the first program ever
waits for it, for some seconds in all. They do not hold Python's lock while they run, so that
threads may share out what they do; see `occviewer.team`.

Importing this module takes half a second: do it where such a function is needed first. What was
compiled is compiled again when its own file has changed, but not when another has from which it
takes a constant: touch both then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from occviewer.libraries import load_library

# No other step of numba's import holds Python's lock for as long: a window would stand still.
load_library("llvmlite", "binding/*llvmlite.*")

from numba import njit  # noqa: E402 - after what it loads

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Sums may be taken in another order, which is what makes use of wide registers. Not that there
# are no infinities and no NaN: these tell of padding and of broken weights.
_FREEDOMS = {"contract", "reassoc", "nsz", "arcp"}


def compiled(function: _Function) -> _Function:
    """Compile a function of numbers and arrays; arguments are not checked."""
    return _compiled(function)


def inlined(function: _Function) -> _Function:
    """Make a function part of each compiled one that calls it."""
    return _compiled(function, inline="always")


def _compiled(function: _Function, **options: str) -> _Function:
    options_of_all = {"nogil": True, "error_model": "numpy", "fastmath": _FREEDOMS, **options}
    try:
        return njit(cache=True, **options_of_all)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # there is no folder that can be written: every program compiles anew
        return njit(**options_of_all)(function)  # type: ignore[no-any-return]
