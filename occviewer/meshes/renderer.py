"""Whether this machine can draw at all, found out before VTK crashes over it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from occviewer.errors import MeshError

# From the EGL_EXT_platform_device extension.
_EGL_PLATFORM_DEVICE = 0x313F


@lru_cache(maxsize=1)
def require_renderer() -> None:
    """Raise unless VTK will find a way to draw.

    On Linux VTK tries an X server, then EGL, then OSMesa, and crashes the process
    when it finds none. Asking the libraries themselves takes milliseconds.

    Raises
    ------
    MeshError
        When there is none of the three.
    """
    if not sys.platform.startswith("linux"):
        return
    if not (_has_x_server() or _has_egl() or _has_library("libOSMesa.so.8", "libOSMesa.so")):
        raise MeshError(
            "This machine cannot draw pictures: it has neither a display nor off-screen OpenGL; "
            "install it with: apt-get install libegl1 libgl1 libgl1-mesa-dri."
        )


@contextmanager
def quiet_vtk() -> Iterator[None]:
    """Keep VTK from warning that there is no X server while it looks for another way."""
    from vtkmodules.vtkCommonCore import vtkLogger

    before = vtkLogger.GetCurrentVerbosityCutoff()
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_ERROR)
    try:
        yield
    finally:
        vtkLogger.SetStderrVerbosity(vtkLogger.ConvertToVerbosity(before))


def _has_x_server() -> bool:
    if not os.environ.get("DISPLAY") or not _has_library("libGL.so.1"):
        return False
    x11 = _library("libX11.so.6")
    if x11 is None:
        return False
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    if not display:
        return False
    x11.XCloseDisplay(display)
    return True


def _has_egl() -> bool:
    """Whether one of EGL's devices (a graphics card, or Mesa's software) can be started."""
    egl = _library("libEGL.so.1")
    if egl is None:
        return False
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    query = egl.eglGetProcAddress(b"eglQueryDevicesEXT")
    display_of = egl.eglGetProcAddress(b"eglGetPlatformDisplayEXT")
    if not query or not display_of:
        return False
    pointers = ctypes.POINTER(ctypes.c_void_p)
    query_devices = ctypes.CFUNCTYPE(
        ctypes.c_uint, ctypes.c_int, pointers, ctypes.POINTER(ctypes.c_int)
    )(query)
    platform_display = ctypes.CFUNCTYPE(
        ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p
    )(display_of)
    devices, count = (ctypes.c_void_p * 32)(), ctypes.c_int(0)
    if not query_devices(len(devices), devices, ctypes.byref(count)):
        return False
    egl.eglInitialize.argtypes = [ctypes.c_void_p] * 3
    for device in devices[: count.value]:
        display = platform_display(_EGL_PLATFORM_DEVICE, device, None)
        # Not terminated again: the display is shared by the whole process.
        if display and egl.eglInitialize(display, None, None):
            return True
    return False


def _has_library(*names: str) -> bool:
    return any(_library(name) is not None for name in names)


def _library(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None
