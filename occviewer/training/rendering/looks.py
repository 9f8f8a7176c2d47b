"""What differs from one picture of a shape to the next: camera, light, materials."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np

from occviewer.arrays import Float64Array, FloatArray
from occviewer.cameras import PictureCamera, fitted_centre_and_focal
from occviewer.training.rendering.drawing import Light, Look
from occviewer.training.rendering.parts import Part

ELEVATIONS = (-5.0, 45.0)
"""Degrees above the horizon that pictures are taken from."""

DISTANCES = (1.6, 6.0)
"""Box units: wide angle and near, or long focal length and far."""
SHADOWS = 0.7
"""Share of the pictures with shadows."""
OWN_MATERIALS = 0.45
"""Share of the pictures in which materials look as they were made."""

_FILLED = (0.72, 0.94)


def draw_camera(
    points: FloatArray, number: int, count: int, pixels: int, rng: np.random.Generator
) -> PictureCamera:
    """Draw the camera of picture `number` of `count`: azimuths are spread evenly.

    Parameters
    ----------
    points : (N, 3)
        What must be seen, box frame.
    pixels : int
        Side of the picture.
    """
    azimuth = (360.0 * (number + rng.random()) / count + 180.0) % 360.0 - 180.0
    distance = float(np.exp(rng.uniform(*np.log(DISTANCES))))
    camera = PictureCamera(
        azimuth, rng.uniform(*ELEVATIONS), distance, 1.0, (0.0, 0.0), (pixels, pixels)
    )
    side = pixels * rng.uniform(*_FILLED)
    left, top = rng.uniform(0.02 * pixels, 0.98 * pixels - side, 2)
    return fitted_centre_and_focal(camera, points, (left, top, left + side, top + side))


def draw_look(parts: Sequence[Part], camera: PictureCamera, rng: np.random.Generator) -> Look:
    """Draw lights and materials."""
    roughness = rng.uniform(0.2, 0.9)
    return Look(
        lights=_lights(camera, rng),
        colors=_colors(parts, rng),
        ambient=rng.uniform(0.08, 0.35),
        specular=rng.uniform(0.0, 0.5) * (1.1 - roughness),
        # The exponent that is like a roughness: Walter et al. (2007), "Microfacet models
        # for refraction through rough surfaces", equation 23 and its note.
        power=2 / roughness**4 - 2 + 1e-3,
        shadows=bool(rng.random() < SHADOWS),
    )


def exposed(picture: Float64Array, rng: np.random.Generator) -> Float64Array:
    """Expose a picture (H, W, 3), 0 … 1, as a camera does: brightness, contrast, tint."""
    gain = np.exp(rng.normal(0.0, 0.22)) * np.exp(rng.normal(0.0, 0.04, 3))
    gamma = np.exp(rng.normal(0.0, 0.15))
    bright: Float64Array = (picture * gain).clip(0, 1) ** gamma
    return bright


def _lights(camera: PictureCamera, rng: np.random.Generator) -> list[Light]:
    """Make a key light from the camera's side, and up to two weaker ones from anywhere."""
    warmth = rng.uniform(-0.12, 0.12)
    lights = [
        Light(
            _direction(camera.azimuth + rng.uniform(-80, 80), rng.uniform(20, 80)),
            (1.0 + min(0.0, warmth), 1.0 - abs(warmth) / 3, 1.0 - max(0.0, warmth)),
            rng.uniform(0.55, 1.0),
        )
    ]
    lights += [
        Light(
            _direction(rng.uniform(0, 360), rng.uniform(-10, 70)),
            (1.0, 1.0, 1.0),
            rng.uniform(0.1, 0.4),
        )
        for _ in range(rng.integers(0, 3))
    ]
    return lights


def _direction(azimuth: float, elevation: float) -> tuple[float, float, float]:
    a, e = np.radians(azimuth), np.radians(elevation)
    return float(np.cos(e) * np.sin(a)), float(np.sin(e)), float(np.cos(e) * np.cos(a))


def _colors(parts: Sequence[Part], rng: np.random.Generator) -> Float64Array:
    """Colours (P, 3): the materials' own, or other hues and lightnesses of them."""
    own = np.array([part.color for part in parts])
    if rng.random() < OWN_MATERIALS:
        return own
    hue, lighter, saturation = rng.uniform(-0.5, 0.5), rng.normal(0, 0.25), rng.uniform(0.3, 1.6)
    changed = []
    for part, color in zip(parts, own, strict=True):
        h, s, v = colorsys.rgb_to_hsv(*color)
        # What multiplies a texture is left light, or nothing of the texture is seen.
        least = 0.5 if part.texture is not None else 0.04
        s = s * saturation if part.texture is None else rng.uniform(0.0, 0.5)
        v = float(np.clip(v * np.exp(lighter + rng.normal(0, 0.15)), least, 1.0))
        changed.append(colorsys.hsv_to_rgb((h + hue) % 1.0, min(1.0, s), v))
    return np.array(changed)
