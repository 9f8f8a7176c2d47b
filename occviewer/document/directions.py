"""Directions that sliders move along where the model has no axes of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array
from occviewer.document.checks import require

MOST_DIRECTIONS = 4096
_MOST_DIMENSIONS = 65_536


@dataclass(frozen=True, eq=False)
class Directions:
    """Axes that were found from shapes, or drawn at random; equal where their numbers are.

    They go with the offsets along them, so that these mean the same when other shapes
    are gathered and the sliders get other axes.

    Parameters
    ----------
    mean : (Z,) float32
        The vector from which ranges count.
    basis : (Z, K) float32
        A column a direction, of the length of one standard deviation.
    ranges : (K, 2) float32
        How far sliders go, in standard deviations from the mean.
    shares : (K,) float32
        Share of the variance that each explains; zeros where that is not known.
    origin : {"codes", "random"}
        What they were found from.
    """

    mean: Float32Array
    basis: Float32Array
    ranges: Float32Array
    shares: Float32Array
    origin: Literal["codes", "random"]
    digest: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        hashed = hashlib.sha256(self.origin.encode())
        for name in ("mean", "basis", "ranges", "shares"):
            array = np.array(getattr(self, name), np.float32)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
            require(bool(np.isfinite(array).all()), "Directions must be finite.")
            hashed.update(array.tobytes())
        size, count = len(self.mean), len(self.shares)
        require(
            self.mean.shape == (size,)
            and self.basis.shape == (size, count)
            and self.ranges.shape == (count, 2)
            and self.shares.shape == (count,)
            and 1 <= count <= MOST_DIRECTIONS
            and size <= _MOST_DIMENSIONS,
            "The arrays of directions do not fit each other.",
        )
        require(self.origin in ("codes", "random"), "Directions come from codes or are random.")
        object.__setattr__(self, "digest", hashed.hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Directions) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def arrays(self) -> dict[str, npt.NDArray[np.float32]]:
        """Give the arrays by their names."""
        return {
            "mean": self.mean,
            "basis": self.basis,
            "ranges": self.ranges,
            "shares": self.shares,
        }
