"""Shapes that were learned from, kept as waypoints between others.

Halfway between a chair and a table there is no shape: what a bottleneck makes of the mean of
their vectors is a lump, or legs in pieces. But among the shapes that were learned from there are
chairs like the one, tables like the other, and stools and benches between them, and two that
lie close together blend well. So their vectors are stored with the model, each with its **look**:
where it is, coarsely. `occviewer.latent.waypoints` finds ways past them.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.arrays import Float32Array, Float64Array, IntArray

SIDE = 32
"""Samples a side at which a shape is looked at."""

_REACH = 0.52  # the outermost samples lie half a cell within
_CELLS = (SIDE // 2) ** 3
_LOOK = 64  # numbers of a look; of 999 pieces of furniture they hold 99.4 % of the squares


class Waypoints(nn.Module):
    """Vectors of shapes that were learned from, and their looks.

    Parameters
    ----------
    size : int
        Length Z of the vectors.
    count : int
        How many there are.
    neighbours : int
        Of how many others each it is known what lies between; see `keep_tears`.

    Attributes
    ----------
    vectors : (N, Z) buffer
    looks : (N, P) buffer
    gaze : (cells, P) buffer
        From cells to looks: an orthonormal basis of what looks like the waypoints.
    kinds : (N,) int64 buffer
        A number for the category of each.
    neighbours : (N, K) int64 buffer or None
        Numbers of others that look most like each.
    tears : (N, K) buffer or None
        How torn what lies between each and these is, from 0.
    """

    vectors: Tensor
    looks: Tensor
    gaze: Tensor
    kinds: Tensor
    neighbours: Tensor | None
    tears: Tensor | None

    def __init__(self, size: int, count: int, neighbours: int = 0) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.zeros(count, size))
        self.register_buffer("looks", torch.zeros(count, _LOOK))
        self.register_buffer("gaze", torch.zeros(_CELLS, _LOOK))
        self.register_buffer("kinds", torch.zeros(count, dtype=torch.int64))
        self.register_buffer("neighbours", None)
        self.register_buffer("tears", None)
        if neighbours:
            self.neighbours = torch.zeros(count, neighbours, dtype=torch.int64)
            self.tears = torch.zeros(count, neighbours)

    def __len__(self) -> int:
        return len(self.vectors)

    @classmethod
    def of(cls, vectors: Tensor, occupancies: Tensor, kinds: Tensor | None = None) -> Waypoints:
        """Make waypoints of vectors (N, Z) and occupancies (N, SIDE, SIDE, SIDE) at `samples`.

        `kinds` (N,) are numbers of their categories; without them all are of one.
        """
        made = cls(vectors.shape[1], len(vectors))
        made.vectors.copy_(vectors)
        if kinds is not None:
            made.kinds.copy_(kinds)
        cells = _cells(occupancies)
        _, _, directions = torch.linalg.svd(cells, full_matrices=False)
        made.gaze[:, : len(directions)] = directions[:_LOOK].T
        made.looks.copy_(cells @ made.gaze)
        return made

    def without_strangers(self, farthest: float) -> Waypoints:
        """Leave out those that have no other within a distance, 0 … 1."""
        apart = self.apart(self.looks)
        np.fill_diagonal(apart, 1.0)
        return self.only(np.flatnonzero(apart.min(1, initial=1.0) <= farthest))

    def only(self, kept: IntArray) -> Waypoints:
        """Keep some by their numbers (K,); what is known of steps is of all, and forgotten."""
        made = type(self)(self.vectors.shape[1], len(kept)).to(self.vectors.device)
        made.gaze.copy_(self.gaze)
        for name in ("vectors", "looks", "kinds"):
            getattr(made, name).copy_(getattr(self, name)[kept])
        return made

    def keep_tears(self, neighbours: Tensor, tears: Tensor) -> None:
        """Store how torn what lies between each and some others (N, K) is; both (N, K)."""
        self.neighbours, self.tears = neighbours, tears

    @property
    def is_sound(self) -> bool:
        """Whether what is known of the steps is possible, as it is in files that are whole."""
        if self.neighbours is None or self.tears is None:
            return True
        leads_somewhere = bool(((self.neighbours >= 0) & (self.neighbours < len(self))).all())
        return leads_somewhere and bool((self.tears >= 0).all())

    def look(self, occupancies: Tensor) -> Tensor:
        """Make looks (B, P) of occupancies (B, SIDE, SIDE, SIDE) in [0, 1] at `samples`."""
        return _cells(occupancies) @ self.gaze

    def apart(self, looks: Tensor) -> Float64Array:
        """How far looks (M, P) lie from those of the waypoints: (N, M)."""
        return distances(self.looks, looks)


def samples(side: int = SIDE) -> Float32Array:
    """Places (side³, 3) of the box frame at which a shape is looked at."""
    along = ((np.arange(side) + 0.5) / side * 2 - 1) * _REACH
    grid = np.stack(np.meshgrid(along, along, along, indexing="ij"), -1)
    places: Float32Array = grid.reshape(-1, 3).astype(np.float32)
    return places


def _cells(occupancies: Tensor) -> Tensor:
    """Blur and halve occupancies: (B, cells).

    Roots, so that distances are those of Hellinger: a thin leg then counts more than its few
    samples, and where it stands a little aside it is near.
    """
    blurred = occupancies[:, None]
    for _ in range(3):
        blurred = F.avg_pool3d(blurred, 3, stride=1, padding=1)
    return F.avg_pool3d(blurred, 2)[:, 0].flatten(1).clamp(min=0).sqrt()


def distances(some: Tensor, others: Tensor) -> Float64Array:
    """How far looks (N, P) and (M, P) lie apart (N, M), relative to what both hold: 0 … 1."""
    some, others = some.double().cpu(), others.double().cpu()
    together = some.square().sum(1)[:, None] + others.square().sum(1)
    squared = (together - 2 * some @ others.T).clamp(min=0) / together.clamp(min=1e-9)
    apart: Float64Array = squared.sqrt().numpy()
    return apart
