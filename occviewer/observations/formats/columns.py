"""Which columns are coordinates, normals and colours, and how colours are scaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array, FloatArray, UInt8Array

_POSITION = (("x", "y", "z"),)
_NORMAL = (
    ("nx", "ny", "nz"),
    ("normal_x", "normal_y", "normal_z"),
    ("normalx", "normaly", "normalz"),
)
_COLOR = (
    ("red", "green", "blue"),
    ("r", "g", "b"),
    ("diffuse_red", "diffuse_green", "diffuse_blue"),
)


def find_position(names: Sequence[str]) -> list[int] | None:
    """Return indices of x, y, z among column names, whatever their case; None without them."""
    return _find(names, _POSITION)


def find_normal(names: Sequence[str]) -> list[int] | None:
    """Return indices of the normal's three columns among column names; None without them."""
    return _find(names, _NORMAL)


def find_color(names: Sequence[str]) -> list[int] | None:
    """Return indices of red, green, blue among column names; None without them."""
    return _find(names, _COLOR)


def scale_colors(values: npt.NDArray[Any]) -> tuple[UInt8Array | None, str | None]:
    """Colours (N, 3) of any numeric type as bytes, and a note where that took a guess.

    Fractions in 0..1 become 0..255; whole numbers up to 255 stay; 16-bit colours
    keep their upper byte. Anything else is no colour: None.
    """
    if values.dtype == np.uint8:
        return values, None
    if not len(values):
        return np.zeros((0, 3), np.uint8), None
    with np.errstate(invalid="ignore"):
        low, high = float(np.min(values)), float(np.max(values))
    if not (low >= 0 and high <= 65535):
        return None, "ignored colours outside the range of colours"
    if np.issubdtype(values.dtype, np.floating):
        whole = bool((values % 1 == 0).all())
        if high <= 1 and not (whole and high == 0):
            return np.rint(values * 255).astype(np.uint8), None
        if not whole and high > 255:
            return None, "ignored colours outside the range of colours"
    if high <= 255:
        return np.rint(values).astype(np.uint8), None
    return (values // 257).astype(np.uint8), "reduced colours from 16 to 8 bits"


def guess_columns(
    extra: FloatArray,
) -> tuple[Float32Array | None, UInt8Array | None, list[str]]:
    """Find normals and colours among the columns behind x, y, z when nothing names them.

    Three columns of length 1 are normals; three of whole numbers up to 255, or of
    fractions, are colours. One leading column (intensity) is stepped over.

    Parameters
    ----------
    extra : (N, k) float
        The columns behind x, y, z.

    Returns
    -------
    normals : (N, 3) float32 or None
    colors : (N, 3) uint8 or None
    roles : list of str
        One word for each of the k columns.
    """
    width = extra.shape[1]
    normals: Float32Array | None = None
    colors: UInt8Array | None = None
    roles: list[str] = []
    while len(roles) < width:
        start = len(roles)
        triple = extra[:, start : start + 3]
        if triple.shape[1] == 3:
            if normals is None and _like_normals(triple):
                normals = triple.astype(np.float32)
                roles += ["nx", "ny", "nz"]
                continue
            if colors is None and _like_colors(triple):
                colors, _ = scale_colors(triple)
                roles += ["red", "green", "blue"]
                continue
        roles.append("(ignored)")
    return normals, colors, roles


def _like_normals(triple: FloatArray) -> bool:
    if not len(triple) or not bool((np.abs(triple) <= 1.01).all()):
        return False
    length = np.sqrt(np.einsum("ij,ij->i", triple, triple))
    known = length > 0
    # Some tools write (0, 0, 0) where they know no normal.
    return bool(known.mean() > 0.5 and (np.abs(length[known] - 1) < 0.02).all())


def _like_colors(triple: FloatArray) -> bool:
    if not len(triple) or not bool(((triple >= 0) & (triple <= 255)).all()):
        return False
    if not triple.any():
        return False  # columns that were never filled, rather than a black object
    return bool((triple % 1 == 0).all() or (triple <= 1).all())


def _find(names: Sequence[str], choices: Sequence[tuple[str, str, str]]) -> list[int] | None:
    lower = [name.lower() for name in names]
    for choice in choices:
        if all(name in lower for name in choice):
            return [lower.index(name) for name in choice]
    return None
