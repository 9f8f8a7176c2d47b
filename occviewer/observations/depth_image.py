"""Depth pictures: what a depth camera saw, as a point cloud for the scan door."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from occviewer.arrays import BoolArray, Float64Array, FloatArray
from occviewer.errors import ObservationError
from occviewer.files import why_not_read
from occviewer.observations.depth_camera import Intrinsics
from occviewer.observations.formats.exr import EXR_MAGIC, read_exr_depth
from occviewer.observations.image import Image
from occviewer.observations.point_cloud import PointCloud

DEPTH_SUFFIXES = (".png", ".tif", ".tiff", ".npy", ".exr")
"""Suffixes of the depth pictures that are read, with their dots and in lower case."""

_MILLIMETRES = 1000.0
_STEP = 0.03  # share of the depth between neighbours from which on a pixel hangs in the air
_FEWEST = 10
_LEAST_SIDE = 16  # of an array; one of points has fewer columns
_MODES = ("I;16", "I;16B", "I", "F")


def looks_like_depth(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a picture or an array of one channel of more than 8 bits, or EXR.

    Nothing is said of what is wrong with a file: `read_depth` does that.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(6)
            if head.startswith(EXR_MAGIC):
                return True
            if head == b"\x93NUMPY":
                shape = np.load(path, mmap_mode="r", allow_pickle=False).shape
                return len(shape) == 2 and min(shape) >= _LEAST_SIDE
        with Pillow.open(path, formats=("PNG", "TIFF")) as picture:
            return picture.mode in _MODES
    except Exception:  # whatever it is, it is no depth picture
        return False


def read_depth(path: str | os.PathLike[str], unit: float | None = None) -> Float64Array:
    """Read a depth picture: PNG or TIFF of 16 bits, NPY, or EXR.

    Parameters
    ----------
    unit : float, optional
        Stored numbers per world unit: by default 1000 for whole numbers (millimetres to
        metres) and 1 for others.

    Returns
    -------
    (H, W) float64
        Along the line of sight of the camera's middle, world units; NaN where nothing was
        measured (0, not finite, or the largest whole number).

    Raises
    ------
    ObservationError
        The file cannot be read, has colours or 8 bits, or holds no depth at all, or is an
        EXR file and OpenEXR is not installed.
    """
    path = Path(path)
    if unit is not None and not (math.isfinite(unit) and unit > 0):
        raise ObservationError(f"A unit of {unit:g} is not possible; use a number above 0.")
    stored = _stored(path)
    whole = stored.dtype.kind in "iu"
    depth = stored.astype(np.float64)
    usable = np.isfinite(depth) & (depth > 0)
    if whole:
        usable &= depth < float(2 ** (8 * stored.dtype.itemsize) - 1)
    if usable.sum() < _FEWEST:
        raise ObservationError(
            f"{path} holds no depth: {int(usable.sum())} of {depth.size:,} pixels have a number "
            "above 0; check how it was exported."
        )
    scale = unit if unit is not None else (_MILLIMETRES if whole else 1.0)
    return np.where(usable, depth, np.nan) / scale


def cloud_of_depth(
    depth: FloatArray,
    intrinsics: Intrinsics,
    *,
    colors: Image | None = None,
    mask: BoolArray | None = None,
    source: str | os.PathLike[str] | None = None,
) -> PointCloud:
    """Make a point cloud of a depth picture.

    World axes are the camera's: +X to the right, +Y up, +Z towards the camera. Pixels that
    hang in the air between near and far are left out, and counted in the notes.

    Parameters
    ----------
    depth : (H, W)
        World units; NaN where nothing was measured.
    intrinsics : Intrinsics
    colors : Image, optional
        Of the same size, seen by the same camera.
    mask : (H, W) bool, optional
        Where the shape is.

    Raises
    ------
    ObservationError
        Sizes do not fit, or no pixel is left.
    """
    height, width = depth.shape
    for name, size in (
        ("colour picture", colors.size if colors else None),
        ("mask", mask.shape[::-1] if mask is not None else None),
    ):
        if size is not None and size != (width, height):
            raise ObservationError(
                f"The {name} is {size[0]} x {size[1]}, but the depth picture {width} x {height}; "
                "give pictures of one size from one camera."
            )
    usable = np.isfinite(depth) if mask is None else np.isfinite(depth) & mask
    flying = usable & _at_steps(depth)
    usable &= ~flying
    if not usable.any():
        raise ObservationError(
            "No pixel of the depth picture is left to make a cloud of; check the mask and the unit."
        )
    rows, columns = np.nonzero(usable)
    far = np.asarray(depth, np.float64)[rows, columns]
    across = (columns + 0.5 - intrinsics.centre[0]) / intrinsics.focal[0]
    down = (rows + 0.5 - intrinsics.centre[1]) / intrinsics.focal[1]
    notes = [f"made of a depth picture of {width} x {height}"]
    if flying.any():
        notes.append(f"left out {int(flying.sum()):,} pixels between near and far")
    return PointCloud(
        np.stack([across * far, -down * far, -far], axis=1),
        colors=None if colors is None else colors.pixels[rows, columns],
        source=source,
        notes=notes,
    )


def _stored(path: Path) -> npt.NDArray[np.number[Any]]:
    """Numbers (H, W) as the file has them."""
    try:
        with path.open("rb") as file:
            head = file.read(6)
            file.seek(0)
            if head == b"\x93NUMPY":
                stored: npt.NDArray[np.number[Any]] = np.load(file, allow_pickle=False)
            elif head.startswith(EXR_MAGIC):
                stored = read_exr_depth(path)
            else:
                with Pillow.open(path, formats=("PNG", "TIFF")) as picture:
                    if picture.mode not in _MODES:
                        raise ObservationError(
                            f"{path} is a picture of kind {picture.mode}, not of depth: depth "
                            "pictures have one channel of 16 bits or more."
                        )
                    stored = np.asarray(picture)
                    if picture.mode == "I":
                        # 16 bits come as 32 in some files; what is "largest" is that of 16.
                        stored = stored.clip(0, 65535).astype(np.uint16)
    except (UnidentifiedImageError, Pillow.DecompressionBombError) as error:
        raise ObservationError(
            f"{path} is no depth picture that can be read; choose a PNG or TIFF of 16 bits, NPY, "
            "or EXR."
        ) from error
    except OSError as error:
        if error.errno is not None:
            raise ObservationError(why_not_read(path, error)) from error
        raise _damaged(path, error) from error
    except (ValueError, EOFError, SyntaxError) as error:
        raise _damaged(path, error) from error
    if stored.ndim == 3 and 1 in (stored.shape[0], stored.shape[2]):
        stored = stored.squeeze(0 if stored.shape[0] == 1 else 2)
    if stored.ndim != 2 or stored.dtype.kind not in "iuf":
        raise ObservationError(
            f"{path} holds an array {stored.shape} of {stored.dtype}; a depth picture has two "
            "dimensions and numbers."
        )
    return stored


def _damaged(path: Path, error: Exception) -> ObservationError:
    reason = " ".join(str(error).split())[:100]
    return ObservationError(f"{path} is damaged or cut off ({reason}); export it again.")


def _at_steps(depth: FloatArray) -> BoolArray:
    """Pixels (H, W) whose neighbours on two opposite sides are far before and behind them."""
    padded = np.pad(depth, 1, constant_values=np.nan)
    middle = padded[1:-1, 1:-1]
    flying = np.zeros(depth.shape, bool)
    with np.errstate(invalid="ignore"):
        for one, other in (
            (padded[1:-1, :-2], padded[1:-1, 2:]),
            (padded[:-2, 1:-1], padded[2:, 1:-1]),
        ):
            limit = _STEP * middle
            flying |= (middle - one > limit) & (other - middle > limit)
            flying |= (one - middle > limit) & (middle - other > limit)
    return flying
