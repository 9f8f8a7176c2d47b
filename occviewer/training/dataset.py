"""Prepared shapes as training examples: augmentation, observation, labelled queries."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from occviewer.arrays import BoolArray, Float32Array, Float64Array
from occviewer.errors import DataError
from occviewer.training.augmentation import Augmentation, random_transform
from occviewer.training.observing import Arrays, ObservationMix, observe_randomly
from occviewer.training.shape_file import TRAIN_ONLY, ShapeRecord, load_shape, read_record

BOX = 0.55

CACHED_BYTES = 2 << 30
"""Memory that one process spends on keeping shapes; the others are read anew each time."""

Batch = tuple[Tensor, Tensor, Tensor]
"""Points (B, N, 3), queries (B, M, 3) and labels (B, M), all float32."""


class EmptySplitError(DataError):
    """A data set has no shape of the split that was asked for."""


class ShapeSet:
    """The shapes of one split; as many as fit into `CACHED_BYTES` stay in memory once read.

    Parameters
    ----------
    folders : sequence of Path
        Data sets, as ``occviewer data`` writes them.
    split : str
        ``train``, ``val`` or ``test``. Where a data set has no validation shapes of its
        own, one in twenty training shapes (of fewer, one) is held back for it, chosen by
        its name: the same ones every time.

    Attributes
    ----------
    records : list of ShapeRecord
        What is known of each shape, in the order of their numbers.

    Raises
    ------
    DataError
        When there is no such folder, or no shape of the split in any.
    """

    def __init__(self, folders: Sequence[Path], split: str) -> None:
        self.records: list[ShapeRecord] = []
        self._files: list[Path] = []
        known: set[str] = set()
        for folder in folders:
            for file, record in _assigned(folder):
                known.add(record.split)
                if record.split == split:
                    self.records.append(record)
                    self._files.append(file)
        if not self.records:
            names = ", ".join(str(folder) for folder in folders)
            raise EmptySplitError(
                f"No shape of the split {split!r} in {names}; there is {', '.join(sorted(known))}."
            )
        self._loaded: dict[int, Arrays] = {}
        self._room = CACHED_BYTES

    @classmethod
    def if_any(cls, folders: Sequence[Path], split: str) -> ShapeSet | None:
        """Read the shapes of a split, or None where the data has none."""
        try:
            return cls(folders, split)
        except EmptySplitError:
            return None

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> Arrays:
        if index in self._loaded:
            return self._loaded[index]
        shape, _ = load_shape(self._files[index])
        size = sum(array.nbytes for array in shape.values())
        # Shapes are drawn at random: keeping the first serves as well as keeping the last.
        if size <= self._room:
            self._room -= size
            self._loaded[index] = shape
        return shape


@dataclass(frozen=True)
class ExampleSettings:
    """Size and variety of training examples.

    Attributes
    ----------
    points, queries : int
        Points of the observation, and labelled queries, of one shape.
    near_share : float
        Share of the queries that lie near the surface; the others are uniform in the box.
    mix : ObservationMix
    augmentation : Augmentation

    Raises
    ------
    ValueError
        When a value is out of its range.
    """

    points: int = 3000
    queries: int = 4096
    near_share: float = 0.5
    mix: ObservationMix = field(default_factory=ObservationMix)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        if self.points < 1 or self.queries < 1:
            raise ValueError("points and queries must be at least 1")
        if not 0 <= self.near_share <= 1:
            raise ValueError("near_share must lie between 0 and 1")


def make_example(
    shape: Arrays, settings: ExampleSettings, rng: np.random.Generator
) -> tuple[Float32Array, Float32Array, BoolArray]:
    """Draw one example: points (N, 3), queries (M, 3) and their labels (M,)."""
    points = observe_randomly(shape, settings.points, settings.mix, rng)
    linear, offset = random_transform(shape, settings.augmentation, rng)
    near_count = int(settings.queries * settings.near_share)
    near = rng.integers(0, len(shape["near"]), near_count)
    queries = [shape["near"][near].astype(np.float32) @ linear.T + offset]
    inside = [shape["near_inside"][near]]
    more, more_inside = uniform_queries(shape, settings.queries - near_count, rng, linear, offset)
    queries.append(more)
    inside.append(more_inside)
    return (
        (points @ linear.T + offset).astype(np.float32),
        np.concatenate(queries).astype(np.float32),
        np.concatenate(inside),
    )


def uniform_queries(
    shape: Arrays,
    count: int,
    rng: np.random.Generator,
    linear: Float64Array | None = None,
    offset: Float64Array | None = None,
) -> tuple[Float32Array, BoolArray]:
    """Draw queries (count, 3) uniform in ±0.55, and labels (count,), under an affine map.

    Labels are stored for points within the shape's bounding box; outside it a point
    is outside the shape wherever it is. Under a map that moves corners of that box out of
    ±0.55, a few queries lie there too.
    """
    linear = np.eye(3) if linear is None else linear
    offset = np.zeros(3) if offset is None else offset
    queries = rng.uniform(-BOX, BOX, (count, 3))
    before = (queries - offset) @ np.linalg.inv(linear).T
    low, high = shape["bounds"].astype(np.float64)
    within = ((before >= low) & (before <= high)).all(1)
    number = int(within.sum())
    # Stored points are used once as long as they last, so that a score's points differ.
    total = len(shape["uniform"])
    stored = rng.choice(total, number, replace=number > total)
    queries[within] = shape["uniform"][stored].astype(np.float64) @ linear.T + offset
    inside = np.zeros(count, bool)
    inside[within] = shape["uniform_inside"][stored]
    return queries.astype(np.float32), inside


class Examples(IterableDataset[Batch | DataError]):
    """An endless stream of batches: points (B, N, 3), queries (B, M, 3), labels (B, M).

    A shape that cannot be read ends the stream with the error as its last item: raised
    in a worker process, its sentence would come out buried in a traceback.

    Parameters
    ----------
    shapes : ShapeSet
    settings : ExampleSettings
    batch : int
    seed : int
        The stream is a function of the seed, the rank and the worker.
    weights : mapping of str to float
        How often shapes of a category or a library are drawn, relative to 1; the product of
        the two where both are named.
    rank : int
        Number of this process among those that train together.
    """

    def __init__(
        self,
        shapes: ShapeSet,
        settings: ExampleSettings,
        batch: int,
        seed: int,
        weights: Mapping[str, float],
        rank: int = 0,
    ) -> None:
        self._shapes = shapes
        self._settings = settings
        self._batch = batch
        self._seed = (seed, rank)
        weight = shape_weights(shapes.records, weights)
        if not weight.sum() > 0:
            raise DataError("The weights of the recipe leave no shape to train on.")
        self._cumulative = np.cumsum(weight / weight.sum())

    def __iter__(self) -> Iterator[Batch | DataError]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([*self._seed, 0 if worker is None else worker.id])
        while True:
            picked = np.searchsorted(self._cumulative, rng.random(self._batch))
            picked = np.minimum(picked, len(self._shapes) - 1)
            try:
                examples = [make_example(self._shapes[i], self._settings, rng) for i in picked]
            except DataError as error:
                yield error
                return
            points, queries, inside = zip(*examples, strict=True)
            yield (
                torch.from_numpy(np.stack(points)),
                torch.from_numpy(np.stack(queries)),
                torch.from_numpy(np.stack(inside).astype(np.float32)),
            )


def shape_weights(records: Sequence[ShapeRecord], weights: Mapping[str, float]) -> Float64Array:
    """Weight (S,) of each shape: that of its category times that of its library, else 1."""
    return np.array([weights.get(r.category, 1.0) * weights.get(r.library, 1.0) for r in records])


def _assigned(folder: Path) -> list[tuple[Path, ShapeRecord]]:
    """Files and records of a data set, with validation shapes held back where it has none."""
    files = sorted((folder / "shapes").glob("*.safetensors"))
    files = [file for file in files if not file.name.startswith(".")]
    if not files:
        missing = "does not exist" if not folder.exists() else "holds no prepared shapes"
        raise DataError(f"{folder} {missing}: make a data set with  occviewer data prepare.")
    records = [read_record(file) for file in files]
    training = [record.name for record in records if record.split == "train"]
    held_back = set()
    if not any(record.split == "val" for record in records):
        held_back = {name for name in training if _number(name) % 20 == 0}
        if not held_back and len(training) > 1:
            held_back = {min(training, key=_number)}
    return [
        (file, replace(record, split=_split(record, held_back)))
        for file, record in zip(files, records, strict=True)
    ]


def _split(record: ShapeRecord, held_back: set[str]) -> str:
    if record.name in held_back:
        return "val"
    return "train" if record.split == TRAIN_ONLY else record.split


def _number(name: str) -> int:
    return zlib.crc32(name.encode())
