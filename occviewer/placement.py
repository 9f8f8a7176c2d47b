"""The placement: where an observation lies in the model's box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array, Float64Array


def _identity() -> Float64Array:
    return np.eye(3)


def _zeros() -> Float64Array:
    return np.zeros(3)


@dataclass(frozen=True, eq=False)
class Placement:
    """Similarity transform between world units and the model's box.

    A point goes into the box by ``box = scale * rotation @ (world - centre)``.
    The box frame is right-handed with +Y up and +Z to the front of the shape;
    the longest side of a whole shape is 1, its centre the origin, and queries
    lie in ±0.55.

    Parameters
    ----------
    rotation : (3, 3) float64
        Rotation from world axes to box axes (orthonormal, determinant +1).
    scale : float
        Box units per world unit, positive.
    centre : (3,) float64
        The world point that becomes the box's origin. In float64, because
        georeferenced scans have coordinates in the millions.
    """

    rotation: Float64Array = field(default_factory=_identity)
    scale: float = 1.0
    centre: Float64Array = field(default_factory=_zeros)

    def __post_init__(self) -> None:
        rotation = np.array(self.rotation, dtype=np.float64)
        centre = np.array(self.centre, dtype=np.float64)
        if rotation.shape != (3, 3) or centre.shape != (3,):
            raise ValueError("A placement needs a (3, 3) rotation and a (3,) centre.")
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6):
            raise ValueError("The rotation of a placement must be orthonormal.")
        if np.linalg.det(rotation) < 0:
            raise ValueError("The rotation of a placement must not mirror.")
        if not (np.isfinite(self.scale) and self.scale > 0 and np.isfinite(centre).all()):
            raise ValueError("A placement needs a positive scale and a finite centre.")
        rotation.setflags(write=False)
        centre.setflags(write=False)
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "centre", centre)
        object.__setattr__(self, "scale", float(self.scale))

    def to_box(self, points: npt.ArrayLike) -> Float32Array:
        """World points (N, 3) as box points (N, 3) float32."""
        world = np.asarray(points, dtype=np.float64)
        return ((world - self.centre) @ (self.rotation.T * self.scale)).astype(np.float32)

    def to_world(self, points: npt.ArrayLike) -> Float64Array:
        """Box points (N, 3) as world points (N, 3) float64."""
        box = np.asarray(points, dtype=np.float64)
        return box @ (self.rotation / self.scale) + self.centre

    def directions_to_box(self, directions: npt.ArrayLike) -> Float32Array:
        """World directions (N, 3), such as normals, turned into the box frame."""
        return (np.asarray(directions, dtype=np.float64) @ self.rotation.T).astype(np.float32)

    def directions_to_world(self, directions: npt.ArrayLike) -> Float32Array:
        """Box directions (N, 3), such as normals, turned into the world frame."""
        return (np.asarray(directions, dtype=np.float64) @ self.rotation).astype(np.float32)

    @property
    def matrix(self) -> Float64Array:
        """The (4, 4) homogeneous matrix from box to world."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation.T / self.scale
        matrix[:3, 3] = self.centre
        return matrix

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON; `from_dict` reads them back."""
        return {
            "rotation": self.rotation.tolist(),
            "scale": self.scale,
            "centre": self.centre.tolist(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Placement:
        """Inverse of `as_dict`."""
        return cls(np.array(data["rotation"]), float(data["scale"]), np.array(data["centre"]))
