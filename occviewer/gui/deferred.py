"""Modules that others import but the window does not need: loaded when somebody uses them."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


class _Later(ModuleType):
    """Stands in for a module until one of its names is wanted."""

    def __getattr__(self, name: str) -> object:
        # Import statements look at these; they are not yet a use of the module.
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def import_later(name: str) -> None:
    """Let the next ``import`` of a module take no time; its first use loads it.

    Nothing happens if it is loaded already, or is not installed. (Python's own
    ``LazyLoader`` loads as soon as another module has an ``import`` of it, before 3.12.)

    Parameters
    ----------
    name : str
        Full name of the module.
    """
    if name not in sys.modules and find_spec(name) is not None:
        sys.modules[name] = _Later(name)
