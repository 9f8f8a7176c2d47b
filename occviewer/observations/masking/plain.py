"""Objects before a plain background, told by its colour."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, UInt8Array

_BORDER = 0.03  # of the shorter side: what is surely background but where an object is cut
_AGREEING = 0.65  # share of the border that must be of one colour, or a slow change of it
NOISE = 5.0  # CIELAB units that a plain wall may differ by
LEAST_TOLERANCE = 7.0
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

    colors = lab_colors(pixels)
    terms, border = evenly_changing(colors.shape[:2]), border_of(colors.shape[:2])
    fit, kept, off = fitted_color(colors[border], terms[border])
    if kept.mean() < _AGREEING or off > NOISE:
        return None
    distance = np.linalg.norm(colors - terms @ fit, axis=2)
    tolerance = max(LEAST_TOLERANCE, 4.0 * off)
    outside = background_of(distance <= tolerance, distance, border, 0.5 * tolerance)
    # A pixel at an edge is a mixture: it is the object's when most of it is.
    rim = ndimage.binary_dilation(outside, iterations=_RIM)
    outside |= rim & (distance < 0.5 * ndimage.maximum_filter(distance, 2 * _RIM + 1))
    return without_specks(~outside)


def evenly_changing(size: tuple[int, int]) -> Float64Array:
    """Terms (H, W, 4) of which a colour that changes evenly over a picture is made."""
    height, width = size
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    return np.stack([np.ones_like(across), across, down, across * down], -1)


def border_of(size: tuple[int, int]) -> BoolArray:
    """Mask (H, W) of the border, which is surely background but where an object is cut."""
    edge = max(1, round(_BORDER * min(size)))
    border = np.ones(size, bool)
    border[edge:-edge, edge:-edge] = False
    return border


def fitted_color(
    colors: Float64Array, terms: Float64Array
) -> tuple[Float64Array, BoolArray, float]:
    """Fit a colour that changes evenly to most of some colours.

    Parameters
    ----------
    colors : (N, 3) float64
    terms : (N, 4) float64
        As `evenly_changing` makes them.

    Returns
    -------
    weights : (4, 3) float64
        Of the terms.
    kept : (N,) bool
        Which colours it was fitted to.
    off : float
        Median distance of all colours from it.
    """
    kept: BoolArray = np.ones(len(colors), bool)
    for _ in range(4):  # without what an object that the border cuts adds to it
        fit, *_ = np.linalg.lstsq(terms[kept], colors[kept], rcond=None)
        off = np.linalg.norm(colors - terms @ fit, axis=1)
        kept = np.asarray(off <= max(NOISE, 1.5 * float(np.median(off))))
    return fit.astype(np.float64), kept, float(np.median(off))


def background_of(
    close: BoolArray, distance: Float64Array, border: BoolArray, surely: float
) -> BoolArray:
    """Mask (H, W) of the background: what is close to its colour, and hangs with the border.

    Parameters
    ----------
    close : (H, W) bool
        Of about the background's colour.
    distance : (H, W) float64
        From it.
    border : (H, W) bool
    surely : float
        Spots amid the object that are so close to it on average are background, too: it
        shows through between legs and slats.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(close)
    areas = np.bincount(labels.ravel())
    means = np.bincount(labels.ravel(), distance.ravel()) / np.maximum(areas, 1)
    holes = (areas >= _HOLE * close.size) & (means <= surely)
    holes[np.unique(labels[border & close])] = True
    holes[0] = False
    found: BoolArray = holes[labels]
    return found


def without_specks(inside: BoolArray) -> BoolArray:
    """Leave out what is too small to be part of an object."""
    from scipy import ndimage

    labels, _ = ndimage.label(inside)
    areas = np.bincount(labels.ravel())
    large = areas >= _SPECK * inside.size
    large[0] = False
    kept: BoolArray = large[labels]
    return kept


def lab_colors(pixels: UInt8Array) -> Float64Array:
    """CIELAB colours (H, W, 3) of a picture."""
    import cv2

    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    # A little smoother, so that the blocks of a JPEG are no objects.
    return np.asarray(cv2.GaussianBlur(lab, (3, 3), 0), np.float64)
