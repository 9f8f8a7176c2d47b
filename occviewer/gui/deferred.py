"""Modules that the window does not need at once: loaded later, and beside it."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
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


def load_torch_library() -> None:
    """Load what is largest of torch, while Python's other threads go on; before ``import torch``.

    An import holds Python's lock until the system has loaded the library, for a third of a
    second or more; a call of a foreign function does not. Nothing happens if torch is there
    already, and on Windows, where it is imported before the window (see `application`).
    """
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    _load_library("torch", f"lib/libtorch_python{suffix}")


def load_opencv_library() -> None:
    """Load what is largest of OpenCV, as `load_torch_library` does; before ``import cv2``.

    Read from a disk for the first time it holds the lock for a tenth of a second and more.
    """
    _load_library("cv2", "cv2*.so")


def _load_library(module: str, pattern: str) -> None:
    """Load a library by its name in the folder of a package that is not imported yet."""
    spec = None if module in sys.modules or sys.platform == "win32" else find_spec(module)
    if spec is None or spec.origin is None:
        return
    load = ctypes.CDLL(None).dlopen
    load.restype, load.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    for library in Path(spec.origin).parent.glob(pattern):
        load(os.fsencode(library), os.RTLD_LAZY)  # a library that is not there is no fault here
