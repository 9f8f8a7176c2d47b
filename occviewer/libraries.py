"""Libraries of other packages, loaded before an import would hold Python's lock for it."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path


def load_library(module: str, pattern: str) -> None:
    """Load what is largest of a package, while Python's other threads go on.

    An import holds Python's lock until the system has loaded the library, which from a disk
    takes a tenth of a second and more; a call of a foreign function does not. Nothing happens if
    the package is imported already or is not installed, and on Windows.

    Parameters
    ----------
    module : str
        Name of the package, to be imported afterwards.
    pattern : str
        Of the library's path in the folder of the package.
    """
    spec = None if module in sys.modules or sys.platform == "win32" else find_spec(module)
    if spec is None or spec.origin is None:
        return
    load = ctypes.CDLL(None).dlopen
    load.restype, load.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    for library in Path(spec.origin).parent.glob(pattern):
        load(os.fsencode(library), os.RTLD_LAZY)  # a library that is not there is no fault here
