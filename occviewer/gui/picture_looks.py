"""What the picture page draws, as arrays: made beside the window's thread. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from occviewer.arrays import BoolArray, UInt8Array
from occviewer.cameras import PictureCamera
from occviewer.cutouts import crop_around, network_input
from occviewer.meshes import Mesh
from occviewer.meshes.silhouettes import compared, scaled_mask
from occviewer.observations.image import Image
from occviewer.observations.masking import Mask

_SIDE = 900  # pixels of the longer side: more than a panel shows

# Red, green, blue and opacity. Blue and orange are told apart by all eyes.
_OUTSIDE = (12, 14, 18, 165)
_OUTLINE = (0, 214, 255, 255)
_BOTH, _MISSING, _BEYOND = (255, 255, 255, 70), (255, 140, 0, 190), (30, 110, 255, 190)
_OBJECTS = ((0, 170, 255), (255, 140, 0), (40, 200, 110), (230, 70, 200), (240, 210, 0))


@dataclass(frozen=True, eq=False)
class Overlay:
    """What is drawn over a picture.

    Attributes
    ----------
    pixels : (H, W, 4) uint8
        Red, green, blue and opacity, in the proportions of the picture.
    labels : tuple of (str, float, float)
        Words, and where they stand in pixels of the picture.
    overlap : float or None
        Of a silhouette with the mask, 0 … 1.
    """

    pixels: UInt8Array
    labels: tuple[tuple[str, float, float], ...] = ()
    overlap: float | None = None


def small_picture(image: Image) -> UInt8Array:
    """Picture (H, W, 3 or 4) in a size that is quickly drawn."""
    from PIL import Image as Pillow

    picture = Pillow.fromarray(image.channels)
    picture.thumbnail((_SIDE, _SIDE), Pillow.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(picture)


def mask_overlay(inside: BoolArray) -> Overlay:
    """Darken what is not the shape, and draw a line around the shape."""
    small = scaled_mask(inside, _SIDE)
    pixels = np.zeros((*small.shape, 4), np.uint8)
    pixels[~small] = _OUTSIDE
    pixels[_outline(small)] = _OUTLINE
    return Overlay(pixels)


def objects_overlay(candidates: Sequence[Mask]) -> Overlay:
    """Colour several objects, each with its number."""
    first = scaled_mask(candidates[0].inside, _SIDE)
    pixels = np.zeros((*first.shape, 4), np.uint8)
    pixels[:] = _OUTSIDE
    labels = []
    for number, candidate in enumerate(candidates, 1):
        small = scaled_mask(candidate.inside, _SIDE)
        colour = _OBJECTS[(number - 1) % len(_OBJECTS)]
        pixels[small] = (*colour, 110)
        pixels[_outline(small)] = (*colour, 255)
        left, top, right, bottom = candidate.bounds
        labels.append((str(number), (left + right) / 2, (top + bottom) / 2))
    return Overlay(pixels, tuple(labels))


def seen_by_network(image: Image, mask: Mask, pixels: int) -> UInt8Array:
    """Make what the network is given: (S, S, 3)."""
    return network_input(image.pixels, mask.inside, crop_around(mask.bounds), pixels)


def silhouette_overlay(mesh: Mesh, camera: PictureCamera, inside: BoolArray) -> Overlay:
    """Show the silhouette of a mesh over the mask of the picture.

    Parameters
    ----------
    mesh : Mesh
        Box frame.
    camera : PictureCamera
        Of the whole picture.
    inside : (H, W) bool
    """
    seen = compared(mesh, camera, inside)
    wanted, found = seen.wanted, seen.found
    pixels = np.zeros((*wanted.shape, 4), np.uint8)
    pixels[~wanted & ~found] = _OUTSIDE
    pixels[wanted & found] = _BOTH
    pixels[wanted & ~found] = _MISSING
    pixels[found & ~wanted] = _BEYOND
    pixels[_outline(found)] = _OUTLINE
    return Overlay(pixels, overlap=seen.overlap)


def _outline(mask: BoolArray) -> BoolArray:
    """Pixels of a mask at its border, some wide on a large picture."""
    from scipy import ndimage

    wide = max(1, round(max(mask.shape) / 300))
    inner: BoolArray = ndimage.binary_erosion(mask, iterations=wide, border_value=1)
    return mask & ~inner
