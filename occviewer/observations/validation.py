"""Checks and conversions of the arrays that make a point cloud."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import BoolArray, Float32Array, Float64Array, UInt8Array
from occviewer.errors import ObservationError
from occviewer.observations.formats.raw import CHUNK_ROWS

# Beyond this a coordinate is taken for a marker of "no measurement": many tools
# write the largest float there is.
LARGEST_COORDINATE = 1e30


def numbers(values: npt.ArrayLike, name: str, shape: str, dtype: npt.DTypeLike | None) -> Any:  # noqa: ANN401
    """Return the values as an array; a `dtype` of None keeps their type.

    Raises
    ------
    ObservationError
        They are no numbers; `name` and `shape` are for the message.
    """
    try:
        array = np.asarray(values)
        if array.size and array.dtype.kind not in "fiu":
            raise ValueError
        with np.errstate(over="ignore"):
            return array if dtype is None else array.astype(dtype, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise ObservationError(
            f"The {name} of a cloud must be numbers in an array of shape {shape}; check what is "
            "passed."
        ) from error


def own(given: object, array: npt.NDArray[Any]) -> Any:  # noqa: ANN401
    """Return the array, or a copy if someone could still write into it."""
    shared = array.flags.writeable and not isinstance(given, list | tuple)
    if shared and (array is given or np.may_share_memory(array, np.asarray(given))):
        return array.copy()
    return array


def check_shape(
    array: npt.NDArray[Any], name: str, count: int | None, widths: tuple[int, ...]
) -> npt.NDArray[Any]:
    """Return the array if it is (count, one of the widths); count None allows any number."""
    wanted = count if count is not None else "N"
    if (
        array.ndim != 2
        or array.shape[1] not in widths
        or (count is not None and len(array) != count)
    ):
        raise ObservationError(
            f"The {name} of a cloud must have the shape ({wanted}, {widths[0]}), not "
            f"{array.shape}; give one row for each point."
        )
    return array


def as_colors(colors: npt.ArrayLike, count: int) -> UInt8Array:
    """Return colours (count, 3) as bytes, from whole numbers in 0..255 or floats in 0..1."""
    array = numbers(colors, "colours", f"({count}, 3)", None)
    array = check_shape(array, "colours", count, (3, 4))[:, :3]
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if not array.size:
        return array.astype(np.uint8)
    highest = 255 if array.dtype.kind in "iu" else 1
    if not (array.min() >= 0 and array.max() <= highest):
        raise ObservationError(
            "The colours of a cloud must be whole numbers in 0..255 or floats in 0..1; scale "
            "them first."
        )
    return np.asarray(np.rint(array * (255 // highest)).astype(np.uint8))


def usable_rows(points: Float64Array) -> BoolArray:
    """Mark rows (N, 3) whose coordinates are finite and within `LARGEST_COORDINATE`."""
    keep = np.empty(len(points), bool)
    for start in range(0, len(points), CHUNK_ROWS):
        # NaN compares false as well.
        part = np.abs(points[start : start + CHUNK_ROWS]) <= LARGEST_COORDINATE
        keep[start : start + CHUNK_ROWS] = part.all(axis=1)
    return keep


def unit(normals: Float32Array) -> Float32Array:
    """Return normals of length 1, or (0, 0, 0) where they say nothing."""
    result = normals
    for start in range(0, len(normals), CHUNK_ROWS):
        part = normals[start : start + CHUNK_ROWS].astype(np.float64)
        length = np.linalg.norm(part, axis=1)
        usable = np.isfinite(length) & (length > 1e-12)
        if bool((usable & (np.abs(length - 1) < 1e-5)).all()):
            continue  # nothing to do is the usual case
        part = np.where(usable[:, None], part, 0.0) / np.where(usable, length, 1.0)[:, None]
        if result is normals:
            result = normals.copy()
        result[start : start + CHUNK_ROWS] = part
    return result
