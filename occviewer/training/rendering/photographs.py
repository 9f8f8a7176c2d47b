"""Pictures of a shape that look like photographs: on a floor, before a wall, with soft shadows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageFilter

from occviewer.arrays import Float64Array, UInt8Array
from occviewer.cameras import PictureCamera, fitted_centre_and_focal
from occviewer.training.rendering.drawing import Drawer, Light, Look
from occviewer.training.rendering.parts import Part

FLOORS = ((196, 178, 152), (205, 203, 198), (164, 150, 138), (214, 208, 196))
WALLS = ((226, 221, 212), (206, 214, 218), (221, 208, 196), (212, 216, 205))
"""Colours of floors and walls, of which the seed chooses."""

_OVER = 2  # drawn so many times larger
_FILLED = 0.62  # of the picture's width
_HALF, _CELLS = 2.5, 500  # of the floor on which shadows fall, box units and cells
_LIGHTS = 24  # directions of a window's light, which make shadows soft
_BEHIND = 1.1  # box units from the middle to the wall
_SAMPLES = 60_000


def photograph(
    parts: Sequence[Part], azimuth: float, elevation: float, distance: float, side: int, seed: int
) -> UInt8Array:
    """Draw a picture (side, side, 3) of a shape that stands in a room.

    Parameters
    ----------
    parts : sequence of Part
        Box frame.
    azimuth, elevation : float
        Of the camera, in degrees.
    distance : float
        Of the camera, box units.
    side : int
        Pixels of the picture's sides.
    seed : int
        Of colours, light and noise.
    """
    rng = np.random.default_rng(seed)
    points = np.concatenate([part.vertices for part in parts]).astype(np.float64)
    pixels = side * _OVER
    camera = PictureCamera(azimuth, elevation, distance, 1.0, (0.0, 0.0), (pixels, pixels))
    low, high = (1 - _FILLED) / 2 * pixels, (1 + _FILLED) / 2 * pixels
    camera = fitted_centre_and_focal(camera, points, (low, low, high, high))
    light = _direction(azimuth + rng.choice([-1, 1]) * rng.uniform(30, 60), rng.uniform(45, 60))
    fill = _direction(azimuth, 25.0)
    look = Look(
        lights=[Light(_tuple(light), (1.0, 0.97, 0.92), 0.75), Light(_tuple(fill), (1, 1, 1), 0.3)],
        colors=np.array([part.color for part in parts]),
        ambient=0.22,
        specular=0.12,
        power=20.0,
        shadows=True,
    )
    with Drawer(parts, pixels) as drawer:
        drawn = drawer.draw(camera, look).astype(np.float64) / 255
    room = _room(camera, _shade(parts, light, rng), float(points[:, 1].min()), rng)
    picture = drawn[..., :3] + (1 - drawn[..., 3:]) * room
    image = Image.fromarray(np.round(255 * picture.clip(0, 1)).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(0.5 * _OVER)).resize((side, side))
    noisy = np.asarray(image, np.float64) + rng.normal(0, 2.0, (side, side, 3))
    result: UInt8Array = np.round(noisy.clip(0, 255)).astype(np.uint8)
    return result


def _room(
    camera: PictureCamera, shade: Float64Array, floor: float, rng: np.random.Generator
) -> Float64Array:
    """Colours (H, W, 3) of floor and wall in every pixel of a camera."""
    width, height = camera.size
    grid = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), -1)
    rays = camera.rays(grid.reshape(-1, 2))
    with np.errstate(divide="ignore"):
        to_floor = (floor - camera.position[1]) / np.minimum(rays[:, 1], -1e-9)
    away = -camera.rotation[2] * (1, 0, 1)
    away /= np.linalg.norm(away)
    to_wall = (_BEHIND - camera.position @ away) / np.maximum(rays @ away, 1e-9)
    on_floor = to_floor < to_wall
    points = camera.position + np.minimum(to_floor, to_wall)[:, None] * rays
    colors = np.where(
        on_floor[:, None], FLOORS[rng.integers(len(FLOORS))], WALLS[rng.integers(len(WALLS))]
    ).astype(np.float64)
    cells = ((points[:, [2, 0]] + _HALF) / (2 * _HALF) * _CELLS).astype(int).clip(0, _CELLS - 1)
    dark = np.where(on_floor, shade[cells[:, 0], cells[:, 1]], 0.0)
    # Corners of rooms are darker, and light falls off from the window's side.
    corner = np.exp(-np.abs(points @ away - _BEHIND) / 0.5) * np.exp(-(points[:, 1] - floor) / 0.5)
    fall = 1 - 0.08 * (grid[..., 0].ravel() / width)
    lit = colors / 255 * ((1 - dark) * (1 - 0.18 * corner) * fall)[:, None]
    room: Float64Array = lit.reshape(height, width, 3)
    return room


def _shade(parts: Sequence[Part], light: Float64Array, rng: np.random.Generator) -> Float64Array:
    """How dark the floor is, 0 … 1: rows along z, columns along x."""
    from scipy.ndimage import gaussian_filter

    points = _surface(parts, rng)
    above = points[:, 1] - points[:, 1].min()
    shade = np.zeros((_CELLS, _CELLS))
    for _ in range(_LIGHTS):
        way = light + rng.normal(0, 0.09, 3)
        x, z = (points[:, axis] - above * way[axis] / way[1] for axis in (0, 2))
        count, _, _ = np.histogram2d(z, x, _CELLS, [[-_HALF, _HALF]] * 2)
        shade += gaussian_filter((count > 0).astype(float), 1.2) / _LIGHTS
    near = np.exp(-above / 0.08)
    touch, _, _ = np.histogram2d(
        points[:, 2], points[:, 0], _CELLS, [[-_HALF, _HALF]] * 2, weights=near
    )
    contact = gaussian_filter(np.minimum(touch, 1.0), 3.0)
    dark: Float64Array = (0.42 * shade + 0.35 * contact).clip(0, 0.75)
    return dark


def _surface(parts: Sequence[Part], rng: np.random.Generator) -> Float64Array:
    """Points spread evenly over all parts."""
    corners = np.concatenate([p.vertices[p.faces] for p in parts]).astype(np.float64)
    areas = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    chosen = corners[rng.choice(len(corners), _SAMPLES, p=areas / areas.sum())]
    root, share = np.sqrt(rng.random((_SAMPLES, 1))), rng.random((_SAMPLES, 1))
    weights = np.stack([1 - root, root * (1 - share), root * share], 1)
    points: Float64Array = (chosen * weights).sum(1)
    return points


def _direction(azimuth: float, elevation: float) -> Float64Array:
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.array([np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)])


def _tuple(vector: Float64Array) -> tuple[float, float, float]:
    x, y, z = map(float, vector)
    return x, y, z
