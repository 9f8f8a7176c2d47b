"""Examples for the image encoder: pictures, the vectors and cameras they should give, queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.errors import DataError
from occviewer.networks import PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.networks.image_encoder import camera_numbers
from occviewer.training.dataset import ShapeSet, shape_weights, uniform_queries
from occviewer.training.image_augmentation import mirrored, varied_input
from occviewer.training.observing import Arrays, observe
from occviewer.training.validation import NOISE
from occviewer.training.view_file import ShapeViews, load_views

VIEWS = "views"
CACHED_BYTES = 2 << 30
"""Memory for packed pictures; the others are read anew each time."""

_CLOUDS = 2  # of a shape, whose vectors' mean is what its pictures should give


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


@dataclass(frozen=True)
class ImageBatch:
    """Examples of one step.

    Attributes
    ----------
    images : (B, 3, S, S) float32 Tensor
    shapes : list of (int, bool)
        Number of each shape in its set, and whether it is mirrored; what `Targets.of` wants.
    cameras : (B, D + 2) float32 Tensor
        As `occviewer.networks.image_encoder.camera_numbers` makes them.
    queries : (D, M, 3) float32 Tensor
        For the first D of the examples.
    inside : (D, M) float32 Tensor
    """

    images: Tensor
    shapes: list[tuple[int, bool]]
    cameras: Tensor
    queries: Tensor
    inside: Tensor


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
        images, shapes, cameras, points, labels = [], [], [], [], []
        for number in range(count):
            index = self._views.usable[int(self._rng.choice(len(self._shares), p=self._shares))]
            views = self._views[index]
            view = views[int(self._rng.integers(len(views)))]
            mirror = bool(self._rng.random() < 0.5)
            if mirror:
                view = mirrored(view)
            images.append(varied_input(view, self._pixels, self._rng))
            shapes.append((index, mirror))
            camera = view.camera
            cameras.append((camera.azimuth, camera.elevation, camera.distance))
            if number < decoded:
                drawn, inside = labelled(self._views.shapes[index], queries, mirror, self._rng)
                points.append(drawn)
                labels.append(inside)
        return ImageBatch(
            as_images(images),
            shapes,
            camera_numbers(*torch.tensor(cameras, dtype=torch.float32).unbind(1)),
            torch.from_numpy(np.stack(points)),
            torch.from_numpy(np.stack(labels)),
        )


class Targets:
    """Latent vectors of the shapes of a set, each found when it is first asked for.

    Parameters
    ----------
    network : PointCloudNetwork
        The frozen model.
    bottleneck : Bottleneck
        Its latent space.
    shapes : ShapeSet
    """

    def __init__(
        self, network: PointCloudNetwork, bottleneck: Bottleneck, shapes: ShapeSet
    ) -> None:
        self._network, self._bottleneck, self._shapes = network, bottleneck, shapes
        self._known: dict[tuple[int, bool], Tensor] = {}

    def of(self, index: int, mirror: bool = False) -> Tensor:
        """Vector (Z,) of a shape, or of its mirror image, on the CPU."""
        if (index, mirror) not in self._known:
            self._known[index, mirror] = self._found(index, mirror)
        return self._known[index, mirror]

    @torch.no_grad()
    def _found(self, index: int, mirror: bool) -> Tensor:
        shape = self._shapes[index]
        device = next(self._network.parameters()).device
        rng = np.random.default_rng(index)
        count = self._network.point_count
        clouds = np.stack([observe(shape, "whole", count, NOISE, rng) for _ in range(_CLOUDS)])
        if mirror:
            clouds[..., 0] *= -1
        points = torch.from_numpy(clouds.astype(np.float32)).to(device)
        with torch.autocast(device.type, enabled=False):  # it is asked in the midst of a step
            features = {name: t.float() for name, t in self._network.encode(points).items()}
            return self._bottleneck.encode(features).mean(0).cpu()


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


def as_images(pictures: Sequence[UInt8Array]) -> Tensor:
    """Pictures (S, S, 3) as a tensor (B, 3, S, S) of 0 … 1."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
