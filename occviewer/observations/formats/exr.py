"""Depth in OpenEXR files, with the optional library OpenEXR."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.errors import ObservationError

EXR_MAGIC = b"\x76\x2f\x31\x01"
"""What every EXR file begins with."""

_DEPTH = ("z", "depth", "v")
# Renderers write this much, or the largest half, where a ray hits nothing.
_FAR = 1e9
_LARGEST_HALF = 65504.0


def read_exr_depth(path: Path) -> npt.NDArray[np.number[Any]]:
    """Read the channel of an EXR file that holds depth.

    That is the only one, or the one whose name ends in Z, depth or V, or red where red,
    green and blue are the same.

    Returns
    -------
    (H, W)
        As stored; not finite where nothing was hit.

    Raises
    ------
    ObservationError
        OpenEXR is not installed, the file is damaged, or no channel is depth.
    """
    try:
        import OpenEXR
    except ImportError as error:
        raise ObservationError(
            f"{path} is an EXR file, which needs the optional library OpenEXR; install it with: "
            'pip install "occviewer[exr]"'
        ) from error
    channels: dict[str, npt.NDArray[np.number[Any]]] = {}
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it then raises
            file = OpenEXR.File(str(path), separate_channels=True)
        for part in file.parts:
            # Of parts with channels of one name the first is the picture.
            found = {name: channel.pixels for name, channel in part.channels.items()}
            channels = found | channels
    except Exception as error:  # OpenEXR raises what its C++ does
        raise _damaged(path) from error
    if not channels:
        raise _damaged(path)
    depth = _depth_channel(channels)
    if depth is None:
        raise ObservationError(
            f"{path} has the channels {', '.join(sorted(channels))[:200]}, none of which is depth; "
            "export depth alone, or as a channel Z."
        )
    if depth.dtype.kind != "f":
        return depth
    far = depth >= (_LARGEST_HALF if depth.dtype == np.float16 else _FAR)
    return np.where(far, np.inf, depth.astype(np.float64))


def _depth_channel(
    channels: dict[str, npt.NDArray[np.number[Any]]],
) -> npt.NDArray[np.number[Any]] | None:
    if len(channels) == 1:
        return next(iter(channels.values()))
    last = {name: name.rsplit(".", 1)[-1].lower() for name in channels}
    for wanted in _DEPTH:
        for name, pixels in channels.items():
            if last[name] == wanted:
                return pixels
    colors = {last[name]: pixels for name, pixels in channels.items()}
    if {"r", "g", "b"} <= colors.keys() and all(
        np.array_equal(colors["r"], colors[name], equal_nan=True) for name in ("g", "b")
    ):
        return colors["r"]
    return None


def _damaged(path: Path) -> ObservationError:
    return ObservationError(f"{path} is a damaged or cut off EXR file; export it again.")
