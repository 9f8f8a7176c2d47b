"""Objects before a plain background, told by its colour."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, UInt8Array

_BORDER = 0.03  # of the shorter side: what is surely background but where an object is cut
_AGREEING = 0.65  # share of the border that must be of one colour, or a slow change of it
_NOISE = 5.0  # CIELAB units that a plain wall may differ by
_LEAST_TOLERANCE = 7.0
_HOLE = 0.0003  # of the picture: smaller spots of the background's colour are highlights
_SPECK = 0.0001
_RIM = 2  # pixels that lens, scaling and JPEG mix at an edge


def plain_background_mask(pixels: UInt8Array) -> BoolArray | None:
    """Mask (H, W) of what is not of the background's colour; None if it is not plain.

    The background's colour may change evenly over the picture, as light on a wall does.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
    """
    from scipy import ndimage

    colors = _lab(pixels)
    height, width = colors.shape[:2]
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    terms = np.stack([np.ones_like(across), across, down, across * down], -1)
    edge = max(1, round(_BORDER * min(height, width)))
    border = np.ones((height, width), bool)
    border[edge:-edge, edge:-edge] = False
    seen, wanted = terms[border], colors[border]
    kept = np.ones(len(seen), bool)
    for _ in range(4):  # without what an object that the border cuts adds to it
        fit, *_ = np.linalg.lstsq(seen[kept], wanted[kept], rcond=None)
        off = np.linalg.norm(wanted - seen @ fit, axis=1)
        kept = off <= max(_NOISE, 1.5 * float(np.median(off)))
    if kept.mean() < _AGREEING or float(np.median(off)) > _NOISE:
        return None
    distance = np.linalg.norm(colors - terms @ fit, axis=2)
    tolerance = max(_LEAST_TOLERANCE, 4.0 * float(np.median(off)))
    close = distance <= tolerance
    labels, _ = ndimage.label(close)
    outside = close & np.isin(labels, np.unique(labels[border & close]))
    # What shows through between legs and slats is background as well.
    areas = np.bincount(labels.ravel())
    means = np.bincount(labels.ravel(), distance.ravel()) / np.maximum(areas, 1)
    holes = (areas >= _HOLE * close.size) & (means <= 0.5 * tolerance)
    holes[0] = False
    outside |= holes[labels]
    # A pixel at an edge is a mixture: it is the object's when most of it is.
    rim = ndimage.binary_dilation(outside, iterations=_RIM)
    outside |= rim & (distance < 0.5 * ndimage.maximum_filter(distance, 2 * _RIM + 1))
    return _without_specks(~outside)


def _without_specks(inside: BoolArray) -> BoolArray:
    from scipy import ndimage

    labels, _ = ndimage.label(inside)
    areas = np.bincount(labels.ravel())
    large = areas >= _SPECK * inside.size
    large[0] = False
    kept: BoolArray = large[labels]
    return kept


def _lab(pixels: UInt8Array) -> Float64Array:
    import cv2

    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    # A little smoother, so that the blocks of a JPEG are no objects.
    return np.asarray(cv2.GaussianBlur(lab, (3, 3), 0), np.float64)
