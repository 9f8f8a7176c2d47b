"""What real pictures have and renders lack: bad masks, noise, blur, compression, colour casts."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from occviewer.arrays import BoolArray, UInt8Array
from occviewer.cutouts import SCREEN, Crop, crop_around, network_input
from occviewer.training.view_file import View

_COLOR, _BLUR, _NOISE, _JPEG = 0.8, 0.3, 0.4, 0.3
_GREY, _SWAPPED = 0.08, 0.1
_BAD_MASK, _BITTEN = 0.5, 0.15
_ERASED = 0.25
_SHAKEN = 0.04  # of the bounds' longer side


def mirrored(view: View) -> View:
    """Swap left and right: the picture of the mirrored shape by the mirrored camera."""
    return View(
        np.ascontiguousarray(view.picture[:, ::-1]),
        np.ascontiguousarray(view.mask[:, ::-1]),
        view.camera.mirrored(),
        np.ascontiguousarray(view.depths[:, :, ::-1]),
    )


def varied_input(view: View, pixels: int, rng: np.random.Generator) -> tuple[UInt8Array, Crop]:
    """Make a network's input (pixels, pixels, 3) of a view, spoilt as pictures may be.

    Returned with the part of the picture that it shows.
    """
    view = replace(view, picture=_spoilt(view.picture, rng), mask=_spoilt_mask(view.mask, rng))
    crop = _shaken_crop(view.mask, rng)
    return _erased(network_input(view.picture, view.mask, crop, pixels), rng), crop


def plain_input(view: View, pixels: int) -> tuple[UInt8Array, Crop]:
    """Make a network's input (pixels, pixels, 3) of a view as it is, and say what it shows."""
    crop = crop_around(bounds_of(view.mask))
    return network_input(view.picture, view.mask, crop, pixels), crop


def bounds_of(mask: BoolArray) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is inside, in pixels."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _shaken_crop(mask: BoolArray, rng: np.random.Generator) -> Crop:
    bounds = np.array(bounds_of(mask))
    reach = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) * _SHAKEN
    left, top, right, bottom = bounds + rng.uniform(-reach, reach, 4)
    return crop_around((left, top, right, bottom))


def _spoilt(picture: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    image = Image.fromarray(picture)
    if rng.random() < _COLOR:
        image = ImageEnhance.Brightness(image).enhance(float(np.exp(rng.normal(0, 0.2))))
        image = ImageEnhance.Contrast(image).enhance(float(np.exp(rng.normal(0, 0.2))))
        image = ImageEnhance.Color(image).enhance(float(rng.uniform(0.3, 1.6)))
    if rng.random() < _GREY:
        image = image.convert("L").convert("RGB")
    elif rng.random() < _SWAPPED:
        channels = image.split()
        image = Image.merge("RGB", [channels[i] for i in rng.permutation(3)])
    if rng.random() < _BLUR:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.8))))
    if rng.random() < _NOISE:
        spread = rng.uniform(1, 14)
        noisy = np.asarray(image, np.float32) + rng.normal(0, spread, picture.shape)
        image = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
    if rng.random() < _JPEG:
        content = io.BytesIO()
        image.save(content, "JPEG", quality=int(rng.integers(20, 75)))
        image = Image.open(content).convert("RGB")
    return np.asarray(image)


def _spoilt_mask(mask: BoolArray, rng: np.random.Generator) -> BoolArray:
    """Grow, shrink, or take a bite: as masks that were found by colour are."""
    spoilt = mask
    if rng.random() < _BAD_MASK:
        image = Image.fromarray(mask.astype(np.uint8) * 255)
        chosen = (ImageFilter.MaxFilter, ImageFilter.MinFilter)[int(rng.random() < 0.35)]
        spoilt = np.asarray(image.filter(chosen(3 if rng.random() < 0.8 else 5))) > 127
    if rng.random() < _BITTEN:
        left, top, right, bottom = bounds_of(mask)
        width, height = rng.uniform(0.05, 0.25, 2) * (right - left, bottom - top)
        x, y = rng.uniform(left, right - width), rng.uniform(top, bottom - height)
        spoilt = spoilt.copy()
        spoilt[int(y) : int(y + height), int(x) : int(x + width)] = rng.random() < 0.4
    return spoilt if spoilt.sum() > 0.5 * mask.sum() else mask


def _erased(picture: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    """Cover a rectangle; Zhong et al. (2020), "Random erasing data augmentation"."""
    if rng.random() >= _ERASED:
        return picture
    pixels = len(picture)
    width, height = rng.uniform(0.08, 0.35, 2) * pixels
    x, y = rng.uniform(0, pixels - width), rng.uniform(0, pixels - height)
    covered = picture.copy()
    color = SCREEN if rng.random() < 0.5 else tuple(rng.integers(0, 256, 3))
    covered[int(y) : int(y + height), int(x) : int(x + width)] = color
    return covered
