"""Examples for the image encoder whose pictures are drawn as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from occviewer.errors import DataError
from occviewer.networks.camera_numbers import camera_numbers
from occviewer.training.dataset import BOX, ShapeSet, shape_weights
from occviewer.training.image_examples import ImageBatch
from occviewer.training.live.dice import Dice
from occviewer.training.live.meshes import LiveMesh, MeshStore, live_mesh
from occviewer.training.live.scenes import Scene, make_scene
from occviewer.training.live.shading import shaded
from occviewer.training.live.spoiling import backgrounds, network_inputs
from occviewer.training.live.warps import Warp
from occviewer.training.rendering.parts import load_parts, made_up_parts
from occviewer.training.rendering.views import source_mesh
from occviewer.training.shape_file import ShapeRecord
from occviewer.training.symmetry import symmetry_order

_FINER = 2  # pixels drawn for one that the network gets, either way
_STEP = 4  # of the sides of pictures: blocks of JPEG are 8 of the finer pixels wide
_MARGIN = 0.01  # of the bounding boxes in which labels are uniform, box units


class LiveSource:
    """Meshes that pictures are drawn of, as a `PictureSource`.

    Parameters
    ----------
    shapes : ShapeSet
    meshes : mapping of int to LiveMesh
        Of those of the shapes that are to be drawn, by their numbers; see `load_live_meshes`.
    """

    def __init__(self, shapes: ShapeSet, meshes: Mapping[int, LiveMesh]) -> None:
        self._shapes, self._meshes = shapes, meshes

    @property
    def records(self) -> list[ShapeRecord]:
        """What is known of the shapes."""
        return [self._shapes.records[number] for number in sorted(self._meshes)]

    def examples(
        self,
        weights: Mapping[str, float],
        pixels: int,
        seed: list[int],
        device: torch.device,
    ) -> LiveExamples:
        """Begin to draw examples."""
        return LiveExamples(self._shapes, self._meshes, weights, pixels, seed, device)


class LiveExamples:
    """Draws examples without end; a function of the seed and the device.

    Parameters
    ----------
    shapes : ShapeSet
    meshes : mapping of int to LiveMesh
        Of those of the shapes that are to be drawn, by their numbers.
    weights : mapping of str to float
        How often shapes of a category or a library are drawn, relative to 1.
    pixels : int
        Side of the pictures, a multiple of 4.
    seed : list of int
    device : torch.device
        Where they are drawn.

    Raises
    ------
    DataError
        The weights leave no shape, or pictures cannot be drawn in that size.
    """

    def __init__(
        self,
        shapes: ShapeSet,
        meshes: Mapping[int, LiveMesh],
        weights: Mapping[str, float],
        pixels: int,
        seed: list[int],
        device: torch.device,
    ) -> None:
        if pixels % _STEP:
            below = pixels - pixels % _STEP
            raise DataError(
                f"Pictures are drawn with sides that are multiples of {_STEP}: take {below} or "
                f"{below + _STEP} instead of {pixels}."
            )
        self._numbers = sorted(meshes)
        weight = shape_weights([shapes.records[i] for i in self._numbers], weights)
        if not weight.sum() > 0:
            raise DataError("The weights of the model's recipe leave no shape to train on.")
        self._shapes, self._pixels = shapes, pixels
        self._shares = weight / weight.sum()
        self._store = MeshStore([meshes[i] for i in self._numbers], device)
        self._orders: dict[int, int] = {}
        self._rng = np.random.default_rng(seed)
        self._dice = Dice(int(self._rng.integers(2**62)), device)

    @torch.no_grad()
    def draw(self, count: int, decoded: int, queries: int) -> ImageBatch:
        """Draw `count` examples, with `queries` labelled points for the first `decoded`."""
        chosen = self._rng.choice(len(self._shares), count, p=self._shares)
        numbers = torch.as_tensor(chosen, device=self._store.device)
        orders = torch.tensor([self._order(number) for number in chosen.tolist()])
        warp = Warp(self._store.half[numbers], orders.to(numbers.device), self._dice)
        scene = make_scene(self._store, numbers, warp, self._pixels * _FINER, self._dice)
        cameras = scene.cameras
        period = 360.0 / warp.order
        # Of cameras from which it looks the same, the one most in front: see `frontmost`.
        azimuth = cameras.azimuth - period * torch.round(cameras.azimuth / period)
        points, inside = self._labelled(chosen[:decoded].tolist(), warp, queries)
        return ImageBatch(
            self._images(scene),
            self._surfaces(scene),
            camera_numbers(azimuth, cameras.elevation, cameras.distance),
            points,
            inside,
        )

    def _order(self, number: int) -> int:
        """Order of the symmetry of a shape, found when it is drawn first: that takes a while."""
        if number not in self._orders:
            surface = self._shapes[self._numbers[number]]["surface"]
            self._orders[number] = symmetry_order(surface)
        return self._orders[number]

    def _images(self, scene: Scene) -> Tensor:
        count, fine, _ = scene.rasters.first.shape
        colors, covered = shaded(scene, self._store.textures, self._dice)
        photos = backgrounds(count, fine, self._dice).permute(0, 2, 3, 1).reshape(-1, 3)
        photos[covered] = colors
        photos = photos.view(count, fine, fine, 3).permute(0, 3, 1, 2).contiguous()
        shown = torch.isfinite(scene.rasters.first)
        return network_inputs(photos, shown, self._pixels, self._dice)

    def _surfaces(self, scene: Scene) -> Tensor:
        """Where lines of sight enter and leave (B, 6, H, H), as `shown_surface` has it."""
        fine = self._pixels * _FINER
        step = 2 * _FINER
        # The middle of a coarse pixel lies between fine ones: now the one, now the other.
        left, top = self._rng.integers(step // 2 - 1, step // 2 + 1, 2).tolist()
        places = torch.arange(0, fine, step, device=self._store.device) + 0.5
        across, down = (places + left) / fine, (places + top) / fine
        ends = (scene.rasters.first, scene.rasters.last)
        return torch.cat(
            [scene.cameras.places(end[:, top::step, left::step], across, down) for end in ends], 1
        )

    def _labelled(self, chosen: Sequence[int], warp: Warp, count: int) -> tuple[Tensor, Tensor]:
        """Draw queries (D, M, 3), half of them near the surface, and their labels (D, M)."""
        half, device = count // 2, self._store.device
        points = np.empty((len(chosen), count, 3), np.float32)
        inside = np.empty((len(chosen), count), np.float32)
        for row, number in enumerate(chosen):
            shape = self._shapes[self._numbers[number]]
            for name, part in (("near", slice(0, half)), ("uniform", slice(half, count))):
                taken = self._rng.integers(0, len(shape[name]), part.stop - part.start)
                points[row, part] = shape[name][taken]
                inside[row, part] = shape[f"{name}_inside"][taken]
        pictures = torch.arange(len(chosen), device=device).repeat_interleave(count)
        queries = torch.as_tensor(points, device=device).view(-1, 3)
        queries = warp.points(queries, pictures).view(points.shape)
        labels = torch.as_tensor(inside, device=device)
        # Labels are stored within the shape's bounds; in the rest of the box all is outside.
        spread = self._dice.uniform(-BOX, BOX, len(chosen), count - half, 3)
        bounds = warp.half[: len(chosen), None] + _MARGIN
        within = (spread.abs() <= bounds).all(2)
        queries[:, half:] = torch.where(within[..., None], queries[:, half:], spread)
        labels[:, half:] *= within
        return queries, labels


def load_live_meshes(
    shapes: ShapeSet, folder: Path, on_shape: Callable[[int], None] = lambda number: None
) -> dict[int, LiveMesh]:
    """Read the meshes that shapes were prepared from, by the shapes' numbers.

    Meshes that cannot be read are left out.

    Parameters
    ----------
    shapes : ShapeSet
    folder : Path
        What the data set was prepared from; see `unpack_libraries` for packages.
    on_shape : callable
        Told the number of every shape before it is read; may raise to stop.

    Raises
    ------
    DataError
        None of them can be read; says why the last one could not.
    """
    meshes: dict[int, LiveMesh] = {}
    reason = ""
    for number, record in enumerate(shapes.records):
        on_shape(number)
        try:
            path = source_mesh(record, folder)
            parts = made_up_parts(record) if path is None else load_parts(path, record)
            meshes[number] = live_mesh(parts)
        except (DataError, ValueError) as error:
            reason = str(error)
    if not meshes:
        raise DataError(f"None of {len(shapes):,} meshes can be drawn: {reason}")
    return meshes
