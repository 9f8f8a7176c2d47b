"""What stands behind a shape in a picture: plain, graded, noisy, or like a room."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from occviewer.arrays import BoolArray, Float64Array

KINDS = ("plain", "gradient", "noise", "room")


def draw_background(
    kind: str, pixels: int, mask: BoolArray, rng: np.random.Generator
) -> Float64Array:
    """Draw a background (pixels, pixels, 3), 0 … 1.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    mask : (pixels, pixels) bool
        Where the shape is: a room has a floor that it stands on, and its shade there.
    """
    if kind == "plain":
        return np.broadcast_to(_color(rng), (pixels, pixels, 3)).copy()
    if kind == "gradient":
        return _gradient(pixels, rng)
    if kind == "noise":
        return (_color(rng) + rng.uniform(0.1, 0.5) * _noise(pixels, 3, rng)).clip(0, 1)
    if kind == "room":
        return _room(pixels, mask, rng)
    raise ValueError(f"there is no background {kind!r}")


def _color(rng: np.random.Generator) -> Float64Array:
    """Draw a colour (3,): most things in photographs are nearly grey, many nearly white."""
    grey = 1 - rng.beta(1.0, 1.6)
    color: Float64Array = (grey + rng.normal(0, 0.12, 3) * (rng.random() < 0.7)).clip(0, 1)
    return color


def _gradient(pixels: int, rng: np.random.Generator) -> Float64Array:
    across, down = np.meshgrid(*[np.linspace(-1, 1, pixels)] * 2)
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        share = (across * np.cos(angle) + down * np.sin(angle)) / 2.83 + 0.5
    else:
        share = np.hypot(across - rng.uniform(-0.5, 0.5), down - rng.uniform(-0.5, 0.5)) / 2.2
    first, second = _color(rng), _color(rng)
    picture: Float64Array = first + share.clip(0, 1)[..., None] * (second - first)
    return picture


def _noise(pixels: int, channels: int, rng: np.random.Generator) -> Float64Array:
    """Make smooth noise (pixels, pixels, channels) of several sizes, about -1 … 1."""
    total = np.zeros((pixels, pixels, channels))
    for octave in range(int(rng.integers(1, 3)), int(rng.integers(4, 7))):
        coarse = rng.normal(size=(2**octave + 1, 2**octave + 1, channels)).astype(np.float32)
        for channel in range(channels):
            layer = Image.fromarray(coarse[..., channel]).resize(
                (pixels, pixels), Image.Resampling.BICUBIC
            )
            total[..., channel] += np.asarray(layer) * 0.5 ** (octave / 1.5)
    if rng.random() < 0.6:
        total[:] = total.mean(2, keepdims=True)
    return total


def _room(pixels: int, mask: BoolArray, rng: np.random.Generator) -> Float64Array:
    """Make a wall with things on it and a floor with boards, as out of focus as may be."""
    rows = np.flatnonzero(mask.any(1))
    lowest = int(rows[-1]) if len(rows) else pixels - 1
    horizon = int(np.clip(lowest - rng.uniform(0.05, 0.5) * pixels, 2, pixels - 2))
    wall, floor = _color(rng), _color(rng)
    image = Image.new("RGB", (pixels, pixels), _bytes(wall))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(0, 7)):  # windows, pictures, furniture
        left, top = rng.uniform(-0.2, 0.9, 2) * (pixels, horizon)
        right, bottom = (
            left + rng.uniform(0.05, 0.5) * pixels,
            top + rng.uniform(0.1, 0.9) * horizon,
        )
        shape = draw.ellipse if rng.random() < 0.25 else draw.rectangle
        outline = _bytes(_color(rng)) if rng.random() < 0.5 else None
        shape((left, top, right, bottom), fill=_bytes(_color(rng)), outline=outline)
    draw.rectangle((0, horizon, pixels, pixels), fill=_bytes(floor))
    # Boards run towards a point above the horizon's line, and begin at the wall.
    vanishing, above = rng.uniform(-0.5, 1.5) * pixels, 0.3 * pixels
    darker = _bytes(floor * rng.uniform(0.6, 0.95))
    for foot in np.arange(-2, 3, rng.uniform(0.06, 0.3)) * pixels:
        share = above / (pixels - horizon + above)
        draw.line((vanishing + share * (foot - vanishing), horizon, foot, pixels), fill=darker)
    draw.line((0, horizon, pixels, horizon), fill=darker)
    image = image.filter(ImageFilter.GaussianBlur(float(rng.choice([0.4, 1.0, 2.5, 5.0]))))
    picture = np.asarray(image, np.float64) / 255
    picture *= 1 + rng.uniform(0.02, 0.12) * _noise(pixels, 1, rng)
    picture *= 1 - _shade(mask, lowest, horizon, rng)[..., None]
    return picture.clip(0, 1)


def _shade(mask: BoolArray, lowest: int, horizon: int, rng: np.random.Generator) -> Float64Array:
    """Darkness (H, W) of the floor around where the shape stands."""
    pixels = len(mask)
    columns = np.flatnonzero(mask.any(0))
    image = Image.new("L", (pixels, pixels))
    if len(columns):
        left, right = columns[0], columns[-1]
        lean = rng.uniform(-0.2, 0.2) * (right - left)
        box = (
            left + lean,
            max(horizon, lowest - 0.35 * pixels),
            right + lean,
            lowest + 0.04 * pixels,
        )
        if box[3] > box[1] and box[2] > box[0]:
            ImageDraw.Draw(image).ellipse(box, fill=255)
    image = image.filter(ImageFilter.GaussianBlur(0.03 * pixels))
    return rng.uniform(0.1, 0.6) * np.asarray(image, np.float64) / 255


def _bytes(color: Float64Array) -> tuple[int, int, int]:
    red, green, blue = (int(round(255 * float(value))) for value in color.clip(0, 1))
    return red, green, blue
