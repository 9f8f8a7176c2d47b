"""GrabCut: an object from a box around it and strokes on and beside it.

Rother, Kolmogorov and Blake (2004), "GrabCut: interactive foreground extraction using
iterated graph cuts"; the implementation is OpenCV's.
"""

from __future__ import annotations

import numpy as np

from occviewer.arrays import BoolArray, UInt8Array
from occviewer.errors import ObservationError

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""

_WORKING_SIDE = 480  # a cut takes seconds on more pixels, and strokes shall be live
_ROUNDS = 5
_SHRUNK = 0.02


def grabcut_mask(
    pixels: UInt8Array,
    box: Box,
    include: BoolArray | None = None,
    exclude: BoolArray | None = None,
) -> BoolArray:
    """Mask (H, W) of the object in a box.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
    box : (left, top, right, bottom)
        Everything outside it is background.
    include, exclude : (H, W) bool, optional
        Strokes of the person: surely the object, surely not. Where both are, the latter counts.

    Raises
    ------
    ObservationError
        The box has no area in the picture, or leaves no background.
    """
    import cv2

    height, width = pixels.shape[:2]
    left, right = (int(np.clip(round(x), 0, width)) for x in (box[0], box[2]))
    top, bottom = (int(np.clip(round(y), 0, height)) for y in (box[1], box[3]))
    if right - left < 4 or bottom - top < 4:
        raise ObservationError(
            "The box around the object has no area in the picture; draw one around the object."
        )
    scale = min(1.0, _WORKING_SIDE / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    state = np.full((height, width), cv2.GC_BGD, np.uint8)
    state[top:bottom, left:right] = cv2.GC_PR_FGD
    reduced = cv2.resize(state, small, interpolation=cv2.INTER_NEAREST)
    # Strokes may be thinner than a working pixel: any touch counts.
    for stroke, value in ((include, cv2.GC_FGD), (exclude, cv2.GC_BGD)):
        if stroke is not None and stroke.any():
            touched = cv2.resize(stroke.astype(np.float32), small, interpolation=cv2.INTER_AREA)
            reduced[touched > 0] = value
    if not (reduced == cv2.GC_BGD).any():
        raise ObservationError(
            "The box leaves no background in the picture; draw it closer around the object."
        )
    if not (reduced != cv2.GC_BGD).any():
        return np.zeros((height, width), bool)
    picture = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    cv2.setRNGSeed(0)  # its colour models start from random clusters
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(
        np.ascontiguousarray(picture[..., ::-1]),
        reduced,
        (0, 0, 0, 0),  # a box is not needed beside the mask
        background,
        foreground,
        _ROUNDS,
        cv2.GC_INIT_WITH_MASK,
    )
    found = np.isin(reduced, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    inside: BoolArray = (
        np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR)) > 0.5
    )
    if include is not None:
        inside |= include
    if exclude is not None:
        inside &= ~exclude
    return inside


def default_box(width: int, height: int) -> Box:
    """Make the box for a picture in which nobody drew one: all but a thin border."""
    border = max(1.0, _SHRUNK * min(width, height))
    return border, border, width - border, height - border
