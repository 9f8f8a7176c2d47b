"""Modules that the window does not need at once: loaded later, and beside it."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from occviewer.libraries import load_library


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


def load_torch_library() -> None:
    """Load what is largest of torch beside the window; before ``import torch``.

    On Windows torch is imported before the window (see `application`).
    """
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    load_library("torch", f"lib/libtorch_python{suffix}")


def load_opencv_library() -> None:
    """Load what is largest of OpenCV beside the window; before ``import cv2``."""
    load_library("cv2", "cv2*.so")
