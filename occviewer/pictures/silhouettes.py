"""Silhouettes of solids, and the camera from which one looks like a mask."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from PIL import Image as Pillow

from occviewer.arrays import BoolArray, Float64Array, FloatArray
from occviewer.cameras import PictureCamera, fitted_centre_and_focal
from occviewer.cutouts import Crop
from occviewer.extraction import Field

_CELLS = 40  # a side of the grid that stands for the solid
_SIDE = 64  # of the masks that are compared
_ELEVATIONS = (-20.0, 70.0)

# Steps about the first guess, coarse and then fine: azimuth and elevation in degrees,
# distance as a factor. A silhouette hardly tells front from back, so the search stays near.
_ROUNDS = (
    ((-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0), (-14.0, -7.0, 0.0, 7.0, 14.0), (0.75, 1.0, 1.4)),
    ((-5.0, 0.0, 5.0), (-3.5, 0.0, 3.5), (0.87, 1.0, 1.15)),
)
_DOUBT = 0.02  # overlap that a turn by the widest step must win, at least


def solid_points(field: Field) -> Float64Array:
    """Points (N, 3) of a grid that lie inside a field; box frame, maybe none."""
    low, high = field.bounds.astype(np.float64)
    axes = [
        np.linspace(first, last, _CELLS, endpoint=False) + (last - first) / 2 / _CELLS
        for first, last in zip(low, high, strict=True)
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    inside: Float64Array = grid[field.logits(grid.astype(np.float32)) > field.level]
    return inside


def silhouette(points: FloatArray, camera: PictureCamera, reach: float) -> BoolArray:
    """Mask (H, W) of what grid points (N, 3) cover in a picture.

    Parameters
    ----------
    reach : float
        Half the distance between the points, box units.
    """
    width, height = camera.size
    pixels, depth = camera.project(points)
    seen = depth > 0
    columns, rows = np.floor(pixels[seen]).astype(int).T
    kept = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    mask = np.zeros((height, width), bool)
    mask[rows[kept], columns[kept]] = True
    radius = int(np.ceil(reach * camera.focal / camera.distance - 0.5))
    return _closed(mask, radius) if radius > 0 else mask


def find_camera(
    points: FloatArray, mask: BoolArray, crop: Crop, guess: PictureCamera
) -> tuple[PictureCamera, float]:
    """Search the camera near a guess from which a solid looks most like a mask.

    Parameters
    ----------
    points : (N, 3)
        From `solid_points`.
    mask : (H, W) bool
    crop : Crop
        Around what is inside.
    guess : PictureCamera
        Of the whole picture; its focal length and principal point do not matter.

    Returns
    -------
    camera : PictureCamera
        Of the whole picture.
    overlap : float
        Of its silhouette with the mask, 0 … 1.
    """
    wanted = cropped_mask(mask, crop, _SIDE)
    rows, columns = np.flatnonzero(wanted.any(1)), np.flatnonzero(wanted.any(0))
    bounds = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    best, found, worth = guess, 0.0, -np.inf
    for steps in _ROUNDS:
        middle = best
        for turn, tilt, factor in product(*steps):
            camera = replace(
                middle,
                azimuth=middle.azimuth + turn,
                elevation=float(np.clip(middle.elevation + tilt, *_ELEVATIONS)),
                distance=float(np.clip(middle.distance * factor, 1.2, 20.0)),
                size=(_SIDE, _SIDE),
            )
            camera = fitted_centre_and_focal(camera, points, bounds)
            overlap = _overlap(silhouette(points, camera, 0.5 / _CELLS), wanted)
            off = (camera.azimuth - guess.azimuth) / _ROUNDS[0][0][-1]
            value = overlap - _DOUBT * off**2
            if value > worth:
                best, found, worth = camera, overlap, value
    azimuth = (best.azimuth + 180.0) % 360.0 - 180.0
    whole = replace(best, azimuth=azimuth).uncropped(crop.left, crop.top, crop.side, guess.size)
    return whole, found


def cropped_mask(mask: BoolArray, crop: Crop, side: int) -> BoolArray:
    """Cut a square out of a mask (H, W) and scale it to (side, side)."""
    height, width = mask.shape
    pad = int(np.ceil(crop.side))
    padded = Pillow.fromarray(np.pad(mask, pad).astype(np.uint8) * 255)
    box = (crop.left + pad, crop.top + pad, crop.left + pad + crop.side, crop.top + pad + crop.side)
    scaled = padded.resize((side, side), Pillow.Resampling.BOX, box=box)
    return np.asarray(scaled) > 127


def _closed(mask: BoolArray, radius: int) -> BoolArray:
    from scipy import ndimage

    padded = np.pad(mask, radius)
    closed = ndimage.binary_closing(padded, np.ones((2 * radius + 1,) * 2))
    result: BoolArray = closed[radius:-radius, radius:-radius]
    return result


def _overlap(one: BoolArray, other: BoolArray) -> float:
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 0.0
