"""What an image network gets: the shape cut out, cropped, before a screen of one colour.

Training and use go through the same functions, so that what the window shows is what the
network was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow

from occviewer.arrays import BoolArray, UInt8Array

SCREEN = (0, 255, 0)
"""Colour behind the shape. Green as in films: hardly any furniture has it, so that the network
sees from the colour where the shape ends."""

MARGIN = 0.06
"""Room around the shape, as a share of the longer side of its bounds."""


@dataclass(frozen=True)
class Crop:
    """A square of a picture, in its pixels; it may reach over the edges."""

    left: float
    top: float
    side: float


def crop_around(bounds: tuple[float, float, float, float], margin: float = MARGIN) -> Crop:
    """Find the square around bounds (left, top, right, bottom), with a margin as `MARGIN` is."""
    left, top, right, bottom = bounds
    side = max(right - left, bottom - top) * (1 + 2 * margin)
    return Crop((left + right - side) / 2, (top + bottom - side) / 2, side)


def network_input(
    pixels: UInt8Array,
    inside: BoolArray,
    crop: Crop,
    size: int,
    screen: tuple[int, int, int] = SCREEN,
) -> UInt8Array:
    """Cut a shape out of its picture.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
    inside : (H, W) bool
        Where the shape is.
    crop : Crop
    size : int
        Side of the result.
    screen : (int, int, int)
        Colour behind the shape, 0 … 255.

    Returns
    -------
    (size, size, 3) uint8
    """
    left, top = int(np.floor(crop.left)), int(np.floor(crop.top))
    right = int(np.ceil(crop.left + crop.side))
    bottom = int(np.ceil(crop.top + crop.side))
    canvas = np.empty((bottom - top, right - left, 3), np.uint8)
    canvas[:] = screen
    height, width = inside.shape
    rows = slice(max(top, 0), min(bottom, height))
    columns = slice(max(left, 0), min(right, width))
    part = canvas[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    shown = inside[rows, columns]
    part[shown] = pixels[rows, columns][shown]
    box = (crop.left - left, crop.top - top)
    square = (*box, box[0] + crop.side, box[1] + crop.side)
    scaled = Pillow.fromarray(canvas).resize((size, size), Pillow.Resampling.BILINEAR, box=square)
    return np.asarray(scaled)
