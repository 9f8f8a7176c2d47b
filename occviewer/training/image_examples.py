"""Examples for the image encoder: pictures, the surfaces and cameras they show, queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.cutouts import Crop
from occviewer.errors import DataError
from occviewer.networks.camera_numbers import camera_numbers
from occviewer.training.dataset import ShapeSet, shape_weights, uniform_queries
from occviewer.training.image_augmentation import mirrored, varied_input
from occviewer.training.observing import Arrays
from occviewer.training.shape_file import ShapeRecord
from occviewer.training.symmetry import frontmost, symmetry_order
from occviewer.training.view_file import ShapeViews, View, load_views, read_views_head

VIEWS = "views"
CACHED_BYTES = 2 << 30
"""Memory for packed pictures; the others are read anew each time."""


class NoViewsError(DataError):
    """None of the shapes that were asked for has views."""


class ViewSet:
    """The views of the shapes of a set.

    Parameters
    ----------
    folders : sequence of Path
        As ``occviewer data render`` writes them.
    shapes : ShapeSet

    Attributes
    ----------
    usable : list of int
        Numbers of the shapes that have views.

    Raises
    ------
    NoViewsError
        No shape of the set has views.
    """

    def __init__(self, folders: Sequence[Path], shapes: ShapeSet) -> None:
        self.shapes = shapes
        self._files: dict[int, Path] = {}
        for index, record in enumerate(shapes.records):
            for folder in folders:
                path = folder / VIEWS / f"{record.name}.safetensors"
                if path.is_file():
                    self._files[index] = path
        self.usable = sorted(self._files)
        if not self.usable:
            raise NoViewsError(
                f"None of {len(shapes):,} shapes has views in "
                f"{', '.join(map(str, folders))}: make them with  occviewer data render."
            )
        self._loaded: dict[int, ShapeViews] = {}
        self._orders: dict[int, int] = {}
        self._room = CACHED_BYTES

    @classmethod
    def if_any(cls, folders: Sequence[Path], shapes: ShapeSet) -> ViewSet | None:
        """Find the views of a set of shapes, or None where none of them has any."""
        try:
            return cls(folders, shapes)
        except NoViewsError:
            return None

    def __len__(self) -> int:
        return len(self.usable)

    def __getitem__(self, index: int) -> ShapeViews:
        """Read the views of the shape with that number in the set of shapes."""
        if index not in self._loaded:
            views = load_views(self._files[index])
            if views.nbytes > self._room:
                return views
            self._room -= views.nbytes
            self._loaded[index] = views
        return self._loaded[index]

    @property
    def records(self) -> list[ShapeRecord]:
        """What is known of the shapes that have views."""
        return [self.shapes.records[index] for index in self.usable]

    def examples(
        self,
        weights: Mapping[str, float],
        pixels: int,
        seed: list[int],
        device: torch.device,
    ) -> ImageExamples:
        """Take examples from these views; they stay on the CPU."""
        return ImageExamples(self, weights, pixels, seed)

    def require_depths(self) -> None:
        """Refuse pictures of an earlier version.

        Raises
        ------
        DataError
            Some views have no depths.
        """
        without = [path for path in self._files.values() if not read_views_head(path).has_depths]
        if without:
            raise DataError(
                f"{without[0]} and {len(without) - 1:,} others have no depths: run  occviewer "
                "data render  again as before, which adds them."
            )

    def symmetry(self, index: int) -> int:
        """Order of the symmetry of that shape, see `symmetry_order`."""
        if index not in self._orders:
            self._orders[index] = symmetry_order(self.shapes[index]["surface"])
        return self._orders[index]


@dataclass(frozen=True)
class ImageBatch:
    """Examples of one step.

    Attributes
    ----------
    images : (B, 3, S, S) float32 Tensor
    surfaces : (B, 6, H, H) float32 Tensor
        Where the line of sight of every pixel enters the shape and where it leaves it; NaN where
        it does not meet the shape, turned as `shown_surface` has it. H is half of S.
    cameras : (B, D + 2) float32 Tensor
        As `occviewer.networks.image_encoder.camera_numbers` makes them.
    queries : (D, M, 3) float32 Tensor
        For the first D of the examples.
    inside : (D, M) float32 Tensor
    """

    images: Tensor
    surfaces: Tensor
    cameras: Tensor
    queries: Tensor
    inside: Tensor


class PictureExamples(Protocol):
    """Draws examples without end."""

    def draw(self, count: int, decoded: int, queries: int) -> ImageBatch:
        """Draw `count` examples, with `queries` labelled points for the first `decoded`."""
        ...


class PictureSource(Protocol):
    """Where pictures to learn from come from: stored views, or meshes that are drawn."""

    @property
    def records(self) -> list[ShapeRecord]:
        """What is known of the shapes that pictures show."""
        ...

    def examples(
        self,
        weights: Mapping[str, float],
        pixels: int,
        seed: list[int],
        device: torch.device,
    ) -> PictureExamples:
        """Begin to draw examples; a function of the seed.

        Parameters
        ----------
        weights : mapping of str to float
            How often shapes of a category or a library are drawn, relative to 1.
        pixels : int
            Side of the pictures.
        seed : list of int
        device : torch.device
            Of the network that learns from them.

        Raises
        ------
        DataError
            The weights leave no shape.
        """
        ...


class ImageExamples:
    """Draws examples without end; a function of the seed.

    Parameters
    ----------
    views : ViewSet
    weights : mapping of str to float
        How often shapes of a category or a library are drawn, relative to 1.
    pixels : int
        Side of the pictures.
    seed : sequence of int

    Raises
    ------
    DataError
        The weights leave no shape.
    """

    def __init__(
        self,
        views: ViewSet,
        weights: Mapping[str, float],
        pixels: int,
        seed: list[int],
    ) -> None:
        self._views, self._pixels = views, pixels
        self._rng = np.random.default_rng(seed)
        weight = shape_weights([views.shapes.records[i] for i in views.usable], weights)
        if not weight.sum() > 0:
            raise DataError("The weights of the model's recipe leave no shape to train on.")
        self._shares = weight / weight.sum()

    def draw(self, count: int, decoded: int, queries: int) -> ImageBatch:
        """Draw `count` examples, with `queries` labelled points for the first `decoded`."""
        images, surfaces, cameras, points, labels = [], [], [], [], []
        for number in range(count):
            index = self._views.usable[int(self._rng.choice(len(self._shares), p=self._shares))]
            views = self._views[index]
            view = views[int(self._rng.integers(len(views)))]
            mirror = bool(self._rng.random() < 0.5)
            if mirror:
                view = mirrored(view)
            view = replace(view, camera=frontmost(view.camera, self._views.symmetry(index)))
            image, crop = varied_input(view, self._pixels, self._rng)
            images.append(image)
            surfaces.append(shown_surface(view, crop, self._pixels // 2))
            camera = view.camera
            cameras.append((camera.azimuth, camera.elevation, camera.distance))
            if number < decoded:
                drawn, inside = labelled(self._views.shapes[index], queries, mirror, self._rng)
                points.append(drawn)
                labels.append(inside)
        return ImageBatch(
            as_images(images),
            torch.from_numpy(np.stack(surfaces)),
            camera_numbers(*torch.tensor(cameras, dtype=torch.float32).unbind(1)),
            torch.from_numpy(np.stack(points) if points else np.empty((0, 0, 3), np.float32)),
            torch.from_numpy(np.stack(labels) if labels else np.empty((0, 0), np.float32)),
        )


def labelled(
    shape: Arrays, count: int, mirror: bool, rng: np.random.Generator
) -> tuple[Float32Array, Float32Array]:
    """Draw queries (count, 3), half of them near the surface, and their labels (count,)."""
    near = rng.integers(0, len(shape["near"]), count // 2)
    spread, spread_inside = uniform_queries(shape, count - count // 2, rng)
    queries = np.concatenate([shape["near"][near].astype(np.float32), spread])
    if mirror:
        queries = queries * np.array([-1, 1, 1], np.float32)
    inside = np.concatenate([shape["near_inside"][near], spread_inside])
    return queries, inside.astype(np.float32)


def shown_surface(view: View, crop: Crop, side: int) -> Float32Array:
    """Find where lines of sight enter and leave a shape: (6, side, side), NaN where they miss it.

    Box frame, but turned so that the camera's azimuth is 0.

    Parameters
    ----------
    view : View
    crop : Crop
        Of the view's picture.
    side : int
        Pixels a side into which the crop is divided.
    """
    steps = (np.arange(side) + 0.5) * (crop.side / side)
    across, down = np.meshgrid(crop.left + steps, crop.top + steps)
    width, height = view.camera.size
    measured = view.depths.shape[1]
    columns, rows = (
        (across * (measured / width)).astype(int),
        (down * (measured / height)).astype(int),
    )
    within = (across >= 0) & (across < width) & (down >= 0) & (down < height)
    depths = view.depths[:, rows.clip(0, measured - 1), columns.clip(0, measured - 1)]
    depths = np.where(within, depths, np.nan)
    camera = replace(view.camera, azimuth=0.0)
    rays = camera.rays(np.stack([across, down], -1).reshape(-1, 2)).T.reshape(3, side, side)
    points = camera.position[:, None, None] + depths[:, None] * rays
    surface: Float32Array = points.reshape(6, side, side).astype(np.float32)
    return surface


def as_images(pictures: Sequence[UInt8Array]) -> Tensor:
    """Pictures (S, S, 3) as a tensor (B, 3, S, S) of 0 … 1."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
