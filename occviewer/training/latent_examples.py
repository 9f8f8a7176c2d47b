"""Examples for the bottleneck: features of varied shapes, with labelled queries.

Encoding a cloud takes longer than a training step takes for one shape, so features are
kept, in float16, and used many times; every step a few are replaced by those of newly
varied shapes. Queries are drawn anew each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from occviewer.arrays import BoolArray, Float32Array, Float64Array
from occviewer.errors import DataError
from occviewer.networks import Features, PointCloudNetwork
from occviewer.training.augmentation import Augmentation, random_transform
from occviewer.training.dataset import ShapeSet, shape_weights, uniform_queries
from occviewer.training.latent_thinness import ThinParts
from occviewer.training.observing import observe
from occviewer.training.validation import NOISE

AUGMENTATION = Augmentation(stretch=0.25, mirror=True, turn=0.0, tilt=0.0, shift=0.0)
"""Shapes are varied, but stand as they should: the axes are to be of shapes, not of poses."""

_MIX = {"whole": 0.6, "half": 0.15, "view": 0.25}
"""What is seen of them: features of a part of a shape are a little different."""


@dataclass(frozen=True)
class LatentBatch:
    """Examples of one step.

    Attributes
    ----------
    features : dict of (B, ...) float32 Tensor
        Of clouds of whole shapes and of parts.
    queries : (B, M, 3) float32 Tensor
    inside : (B, M) float32 Tensor
        Labels.
    thin : (B, M) float32 Tensor
        How thin the part is that a query lies at, 0 … 1.
    """

    features: Features
    queries: Tensor
    inside: Tensor
    thin: Tensor


@dataclass(frozen=True)
class _Kept:
    """Features of one varied shape, and how it was varied."""

    features: Features
    shape: int
    linear: Float64Array
    offset: Float64Array


class FeaturePool:
    """Features of shapes, as many as fit into the memory that they may take.

    Parameters
    ----------
    network : PointCloudNetwork
        The frozen one; features are computed where it is, and kept on the CPU.
    shapes : ShapeSet
    weights : mapping of str to float
        How often shapes of a category or a library are drawn, relative to 1.
    memory : int
        Bytes to keep features in.
    seed : sequence of int

    Raises
    ------
    DataError
        The weights leave no shape.
    """

    def __init__(
        self,
        network: PointCloudNetwork,
        shapes: ShapeSet,
        weights: Mapping[str, float],
        memory: int,
        seed: list[int],
    ) -> None:
        self._network, self._shapes = network, shapes
        self._device = next(network.parameters()).device
        self._rng = np.random.default_rng(seed)
        weight = shape_weights(shapes.records, weights)
        if not weight.sum() > 0:
            raise DataError("The weights of the model's recipe leave no shape to train on.")
        self._shares = weight / weight.sum()
        self._memory = memory
        self._kept: list[_Kept] = []
        self._full = False
        self._thin: dict[int, ThinParts] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def full(self) -> bool:
        """Whether what is added replaces something."""
        return self._full

    def add(self, count: int) -> None:
        """Encode so many newly varied shapes; they replace others once the memory is full."""
        chosen = self._rng.choice(len(self._shares), count, p=self._shares)
        clouds, places = [], []
        for index in chosen:
            shape = self._shapes[int(index)]
            linear, offset = random_transform(shape, AUGMENTATION, self._rng)
            noise = NOISE * self._rng.random()
            kind = str(self._rng.choice(list(_MIX), p=list(_MIX.values())))
            points = observe(shape, kind, self._network.point_count, 0.0, self._rng)
            moved = points @ linear.T + offset + self._rng.normal(scale=noise, size=points.shape)
            clouds.append(moved.astype(np.float32))
            places.append((int(index), linear, offset))
        with torch.no_grad():
            features = self._network.encode(torch.from_numpy(np.stack(clouds)).to(self._device))
        halves = {name: tensor.to("cpu", torch.float16) for name, tensor in features.items()}
        for row, place in enumerate(places):
            # Cloned, because a view would keep its whole batch.
            self._keep(_Kept({name: t[row].clone() for name, t in halves.items()}, *place))

    def draw(self, count: int, queries: int, near_share: float) -> LatentBatch:
        """Draw examples of different features, with so many queries each."""
        chosen = self._rng.choice(len(self._kept), count, replace=count > len(self._kept))
        kept = [self._kept[index] for index in chosen]
        features = self._batch([one.features for one in kept])
        drawn = [self._queries(one, queries, near_share) for one in kept]
        return LatentBatch(features, *(self._stack(arrays) for arrays in zip(*drawn, strict=True)))

    def features(self, first: int, last: int) -> Features:
        """Features number `first` to `last`, the latter left out, in float32."""
        return self._batch([kept.features for kept in self._kept[first:last]])

    def _keep(self, kept: _Kept) -> None:
        size = sum(tensor.numel() * tensor.element_size() for tensor in kept.features.values())
        if (len(self._kept) + 1) * size <= self._memory or not self._kept:
            self._kept.append(kept)
        else:
            self._full = True
            self._kept[self._rng.integers(len(self._kept))] = kept

    def _batch(self, features: list[Features]) -> Features:
        return {
            name: torch.stack([each[name] for each in features]).to(self._device).float()
            for name in features[0]
        }

    def _stack(self, arrays: tuple[Float32Array, ...]) -> Tensor:
        return torch.from_numpy(np.stack(arrays).astype(np.float32)).to(self._device)

    def _queries(
        self, kept: _Kept, count: int, near_share: float
    ) -> tuple[Float32Array, BoolArray, Float32Array]:
        """Draw queries (M, 3), labels (M,) and thinness (M,) for one shape as it was varied."""
        shape = self._shapes[kept.shape]
        if kept.shape not in self._thin:
            self._thin[kept.shape] = ThinParts(shape)
        near_count = int(count * near_share)
        near = self._rng.integers(0, len(shape["near"]), near_count)
        close = shape["near"][near].astype(np.float64) @ kept.linear.T + kept.offset
        spread, spread_inside = uniform_queries(
            shape, count - near_count, self._rng, kept.linear, kept.offset
        )
        queries = np.concatenate([close.astype(np.float32), spread])
        before = (queries - kept.offset) @ np.linalg.inv(kept.linear).T
        inside = np.concatenate([shape["near_inside"][near], spread_inside])
        return queries, inside, self._thin[kept.shape].at(before)
