"""Solids whose occupancy is a formula, as prepared shapes: no mesh and no rays needed."""

from dataclasses import dataclass

import numpy as np

from occviewer.training.labelling import LabelledShape
from occviewer.training.shape_file import ShapeRecord, save_shape

PADDING = 0.02


@dataclass(frozen=True)
class Ellipsoid:
    """With half axes `size`, centred."""

    size: tuple = (0.5, 0.5, 0.5)

    @property
    def bounds(self):
        return np.array([[-s for s in self.size], self.size])

    def inside(self, points):
        return np.linalg.norm(points / np.array(self.size), axis=-1) <= 1

    def surface(self, count, rng):
        # Drawn on the sphere and stretched; thinned to even density by the change of area.
        size = np.array(self.size)
        directions = rng.normal(size=(6 * count, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        stretch = np.linalg.norm(directions / size, axis=1)
        kept = np.flatnonzero(rng.random(len(stretch)) < stretch / stretch.max())[:count]
        normals = directions[kept] / size
        assert len(kept) == count
        return directions[kept] * size, normals / np.linalg.norm(normals, axis=1, keepdims=True)


@dataclass(frozen=True)
class Boxes:
    """Axis-parallel boxes, each as (lowest corner, highest corner)."""

    boxes: tuple

    @property
    def bounds(self):
        corners = np.array(self.boxes)
        return np.stack([corners[:, 0].min(0), corners[:, 1].max(0)])

    def inside(self, points):
        return np.any([((points >= low) & (points <= high)).all(-1) for low, high in self.boxes], 0)

    def surface(self, count, rng):
        corners = np.array(self.boxes)
        sides = corners[:, 1] - corners[:, 0]
        share = np.repeat(sides.prod(1, keepdims=True) / sides, 2, 1).ravel()
        faces = rng.choice(len(share), 3 * count, p=share / share.sum())
        box, axis, far = faces // 6, faces % 6 // 2, faces % 2
        points = corners[box, 0] + rng.random((len(faces), 3)) * sides[box]
        rows = np.arange(len(faces))
        points[rows, axis] = corners[box, far, axis]
        normals = np.zeros_like(points)
        normals[rows, axis] = 2 * far - 1
        bare = np.flatnonzero(~self.inside(points + 1e-6 * normals))  # not within another box
        assert len(bare) >= count
        return points[bare[:count]], normals[bare[:count]]


BALL = Ellipsoid()
EGG = Ellipsoid((0.25, 0.5, 0.3))
BOX = Boxes((((-0.5, -0.25, -0.35), (0.5, 0.25, 0.35)),))
TABLE = Boxes(
    (
        ((-0.5, 0.2, -0.4), (0.5, 0.35, 0.4)),
        ((-0.5, -0.35, -0.4), (-0.35, 0.2, -0.25)),
        ((0.35, -0.35, -0.4), (0.5, 0.2, -0.25)),
        ((-0.5, -0.35, 0.25), (-0.35, 0.2, 0.4)),
        ((0.35, -0.35, 0.25), (0.5, 0.2, 0.4)),
    )
)


def labelled(solid, seed=0, *, uniform=6000, near=4000, surface=3000, cameras=8):
    """A `LabelledShape`; a camera sees what faces it."""
    rng = np.random.default_rng(seed)
    low, high = solid.bounds + np.array([[-PADDING], [PADDING]])
    # Labels are those of the rounded points that are stored.
    points = rng.uniform(low, high, (uniform, 3)).astype(np.float16)
    skin, normals = solid.surface(surface, rng)
    close = skin[rng.integers(0, surface, near)] + rng.normal(scale=0.03, size=(near, 3))
    close = close.astype(np.float16)
    angle = 2 * np.pi * np.arange(cameras) / cameras
    eyes = 2 * np.stack([np.cos(angle), np.full(cameras, 0.5), np.sin(angle)], 1)
    towards = eyes[:, None] - skin[None]
    return LabelledShape(
        bounds=np.stack([low, high]).astype(np.float32),
        uniform=points,
        uniform_inside=solid.inside(points.astype(np.float64)),
        near=close,
        near_inside=solid.inside(close.astype(np.float64)),
        surface=skin.astype(np.float16),
        normals=normals.astype(np.float16),
        cameras=eyes.astype(np.float32),
        visible=np.einsum("kni,ni->kn", towards, normals) > 0,
    )


def save(folder, name, solid, split="train", category="thing", seed=0, **counts):
    """Write a solid into the data set `folder`."""
    (folder / "shapes").mkdir(parents=True, exist_ok=True)
    record = ShapeRecord(
        name, category, split, f"{name}.obj", library="tests", licence="CC0-1.0", creator="Ann"
    )
    save_shape(folder / "shapes" / f"{name}.safetensors", labelled(solid, seed, **counts), record)


def sure(solid, points, margin=2e-3):
    """Which points lie farther from the surface than rounding may have moved them."""
    steps = np.concatenate([np.eye(3), -np.eye(3), np.ones((1, 3)), -np.ones((1, 3))])
    answers = [solid.inside(points + margin * step) for step in steps]
    return np.all(answers, 0) | ~np.any(answers, 0)
