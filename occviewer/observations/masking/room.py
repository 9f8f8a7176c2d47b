"""Objects in a room: before a wall and on a floor, with the shadow that they throw."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, UInt8Array
from occviewer.observations.masking.plain import (
    LEAST_TOLERANCE,
    NOISE,
    background_of,
    border_of,
    evenly_changing,
    fitted_color,
    lab_colors,
    without_specks,
)

_LINES, _TRIED = (0.2, 0.9), 29  # of the height: where wall and floor may meet
_BETTER = 0.05  # share of the border that two surfaces must explain beyond what one does
_ROOM = 0.9  # share of the border that both surfaces must explain together
_HOLE = 0.35  # of the tolerance: a spot amid the object that is so like a wall is the wall
_SHADOW = (0.35, 1.0)  # lightness relative to the surface
_SHADOW_COLOR = 6.0  # CIELAB units by which the colour of a shadow may differ
_ROUNDS = 4
_WORKING_SIDE = 640  # a cut of more pixels takes seconds


def room_mask(pixels: UInt8Array) -> BoolArray | None:
    """Mask (H, W) of what is neither wall nor floor; None where these are not plain.

    Both are surfaces whose colour changes evenly. Darker pixels of a surface's colour are
    taken for its shadow at first; GrabCut decides about those by what lies around them.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
    """
    import cv2

    height, width = pixels.shape[:2]
    scale = min(1.0, _WORKING_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    found = _room_mask(np.asarray(small, np.uint8))
    if found is None or scale == 1:
        return found
    whole = cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole) > 0.5


def _room_mask(pixels: UInt8Array) -> BoolArray | None:
    colors = lab_colors(pixels)
    terms, border = evenly_changing(colors.shape[:2]), border_of(colors.shape[:2])
    surfaces = _surfaces(colors, terms, border)
    if surfaces is None:
        return None
    distances = np.linalg.norm(colors - np.stack(surfaces), axis=3)
    nearest, distance = distances.argmin(0), distances.min(0)
    for share in (0.2, 0.4, 0.6, 0.8):  # where both meet, pixels are mixtures
        mixed = share * surfaces[0] + (1 - share) * surfaces[1]
        distance = np.minimum(distance, np.linalg.norm(colors - mixed, axis=2))
    close = distance <= LEAST_TOLERANCE
    outside = background_of(close, distance, border, _HOLE * LEAST_TOLERANCE)
    return without_specks(
        _cut(
            pixels,
            outside,
            _beside(outside, _shadow(colors, surfaces[1], border & close & (nearest == 1)), close),
        )
    )


def _surfaces(
    colors: Float64Array, terms: Float64Array, border: BoolArray
) -> tuple[Float64Array, Float64Array] | None:
    """Colours (H, W, 3) of wall and floor, which make up the border; None where they do not."""
    wanted, seen, rows = colors[border], terms[border], np.nonzero(border)[0]
    one, _, _ = fitted_color(wanted, seen)
    plain = _explained(wanted, seen, one)
    best, found = plain + _BETTER, None
    for line in np.linspace(*_LINES, _TRIED) * len(colors):
        above = rows < line
        (wall, _, _), (floor, _, _) = (fitted_color(wanted[p], seen[p]) for p in (above, ~above))
        share = (
            _explained(wanted[above], seen[above], wall) * above.mean()
            + _explained(wanted[~above], seen[~above], floor) * (~above).mean()
        )
        if share > best:
            best, found = share, (terms @ wall, terms @ floor)
    return found if best >= _ROOM else None


def _explained(colors: Float64Array, terms: Float64Array, fit: Float64Array) -> float:
    """Share of the colours (N, 3) that a fit explains."""
    return float((np.linalg.norm(colors - terms @ fit, axis=1) <= NOISE).mean())


def _shadow(colors: Float64Array, floor: Float64Array, told: BoolArray) -> BoolArray:
    """Pixels that have the colour of the floor (H, W, 3), and are darker.

    ``told`` (H, W) are those of the border that are floor for sure; above them there is none.
    """
    ratio = colors[..., 0] / np.maximum(floor[..., 0], 1.0)
    # What gets less light loses colour with it.
    off = np.linalg.norm(colors[..., 1:] - ratio[..., None] * floor[..., 1:], axis=2)
    dark: BoolArray = (off < _SHADOW_COLOR) & (ratio > _SHADOW[0]) & (ratio < _SHADOW[1])
    dark[: np.flatnonzero(told.any(1)).min(initial=len(told))] = False
    return dark


def _beside(outside: BoolArray, shadow: BoolArray, close: BoolArray) -> BoolArray:
    """Shadow that hangs together with the background, which is part of it."""
    from scipy import ndimage

    labels, _ = ndimage.label(outside | shadow | close)
    hanging: BoolArray = (outside | shadow) & np.isin(labels, np.unique(labels[outside]))
    return hanging


def _cut(pixels: UInt8Array, outside: BoolArray, doubtful: BoolArray) -> BoolArray:
    import cv2

    state = np.full(outside.shape, cv2.GC_PR_FGD, np.uint8)
    state[doubtful] = cv2.GC_PR_BGD
    state[outside] = cv2.GC_BGD
    if not (state == cv2.GC_PR_FGD).any() or not outside.any():
        return np.zeros(outside.shape, bool)
    cv2.setRNGSeed(0)  # its colour models start from random clusters
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    picture = np.ascontiguousarray(pixels[..., ::-1])
    whole = (0, 0, 0, 0)  # a box is not needed beside the mask
    cv2.grabCut(picture, state, whole, background, foreground, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    inside: BoolArray = np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD))
    return inside
