"""The cloud that a shape is made of, and what was done to it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, IntArray
from occviewer.document.checks import number, require, whole
from occviewer.document.shape_source import Kind, ShapeSource
from occviewer.models.placing import UPS, Up, placement_around, rotation_of
from occviewer.observations import FEWEST_POINTS, PointCloud
from occviewer.observations.depth_camera import DepthCamera
from occviewer.placement import Placement

Corners: TypeAlias = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Lowest and highest corner of a box, world units, along the world's axes or axes of its own."""

MOST_NOISE = 0.2
LARGEST_SEED = 2**32 - 1
FIELDS_OF_VIEW = (10.0, 150.0)
"""Least and greatest field of view that is offered for depth pictures, degrees."""

_MOST_POINTS = 10**9


@dataclass(frozen=True, eq=False)
class Placing:
    """How a cloud finds its place in the box: found by the model, or given.

    Parameters
    ----------
    align : {"auto", "none"}
        Search what is left open, or take the axes as they come.
    up : {"x", "y", "z", "-x", "-y", "-z"}, optional
        The world axis that points up.
    yaw : float, optional
        Degrees by which the shape is turned about the vertical.
    placement : Placement, optional
        Where the cloud lies, as moved by hand; it decides all of the above.
    """

    align: Literal["auto", "none"] = "auto"
    up: Up | None = None
    yaw: float | None = None
    placement: Placement | None = None

    def __post_init__(self) -> None:
        require(self.align in ("auto", "none"), f"No way to align: {self.align!r}.")
        require(self.up is None or self.up in UPS, f"No axis points up like {self.up!r}.")
        if self.yaw is not None:
            object.__setattr__(self, "yaw", number(self.yaw, "The turn in degrees", -360, 360))
        require(
            self.placement is None or isinstance(self.placement, Placement),
            "The place of a cloud must be a Placement.",
        )
        require(
            self.placement is None or (self.align, self.up, self.yaw) == ("none", None, None),
            "A placement decides align, up and yaw; give one or the other.",
        )

    @classmethod
    def by_hand(cls, placement: Placement) -> Placing:
        """Where a person put the cloud."""
        return cls("none", placement=placement)

    def arguments(self) -> dict[str, Any]:
        """Return what `occviewer.models.Model.encode` takes, by name."""
        if self.placement is not None:
            return {"placement": self.placement}
        return {"align": self.align, "up": self.up, "yaw": self.yaw}


@dataclass(frozen=True, eq=False)
class Source(ShapeSource):
    """A cloud as it was read, and which of its points count; immutable.

    Parameters
    ----------
    cloud : PointCloud
        As it was read, world units.
    path : Path, optional
        The file it was read from; the cloud's own by default.
    kept : (N,) bool, optional
        False for points that a person deleted; by default all are kept. Kept read-only;
        an array that is read-only already is taken over.
    crop : ((float, float, float), (float, float, float)), optional
        Only what lies in this box counts (borders included), world units.
    crop_axes : (3, 3) float64, optional
        Rotation from the world's axes to those along which the crop box lies; by default
        it lies along the world's.
    count : int, optional
        Only so many of the points count, drawn at random.
    noise : float
        Standard deviation of noise that is added to every coordinate, box units.
    seed : int
        For the drawing and the noise.
    placing : Placing
        How the cloud finds its place in the box.
    field_of_view : float, optional
        Of a cloud that was made of a depth picture whose camera is guessed: degrees along the
        picture's longer side.
    depth_camera : DepthCamera, optional
        Of a cloud that was made of a depth picture: with what it was made, guessed or given.
    """

    kind: ClassVar[Kind] = "cloud"

    cloud: PointCloud
    path: Path | None = None
    kept: BoolArray | None = None
    crop: Corners | None = None
    count: int | None = None
    noise: float = 0.0
    seed: int = 0
    placing: Placing = field(default_factory=Placing)
    crop_axes: Float64Array | None = None
    field_of_view: float | None = None
    depth_camera: DepthCamera | None = None

    def __post_init__(self) -> None:
        require(isinstance(self.cloud, PointCloud), "A source needs a PointCloud.")
        require(isinstance(self.placing, Placing), "How a cloud is placed must be a Placing.")
        path = self.cloud.source if self.path is None else Path(self.path)
        object.__setattr__(self, "path", path)
        if self.kept is not None:
            object.__setattr__(self, "kept", self._checked(self.kept))
        if self.crop is not None:
            object.__setattr__(self, "crop", _corners(self.crop))
        axes = None if self.crop is None or self.crop_axes is None else _axes(self.crop_axes)
        object.__setattr__(self, "crop_axes", axes)
        if self.count is not None:
            count = whole(self.count, "The number of points", FEWEST_POINTS, _MOST_POINTS)
            object.__setattr__(self, "count", count)
        object.__setattr__(self, "noise", number(self.noise, "Noise", 0, MOST_NOISE))
        object.__setattr__(self, "seed", whole(self.seed, "The seed", 0, LARGEST_SEED))
        if self.field_of_view is not None:
            angle = number(self.field_of_view, "The field of view", *FIELDS_OF_VIEW)
            object.__setattr__(self, "field_of_view", angle)
        require(
            self.depth_camera is None or isinstance(self.depth_camera, DepthCamera),
            "The camera of a depth picture must be a DepthCamera.",
        )

    @property
    def depth_angle(self) -> float | None:
        """How wide the camera of a depth picture sees, degrees; None for other clouds."""
        if self.field_of_view is not None or self.depth_camera is None:
            return self.field_of_view
        return min(max(self.depth_camera.field_of_view, FIELDS_OF_VIEW[0]), FIELDS_OF_VIEW[1])

    def _checked(self, kept: BoolArray) -> BoolArray | None:
        mask = np.asarray(kept)
        require(
            mask.dtype == bool and mask.shape == (len(self.cloud),),
            f"The mask of a cloud of {len(self.cloud)} points must have one bool for each.",
        )
        if mask.all():
            return None
        if mask.flags.writeable:
            mask = mask.copy()
            mask.setflags(write=False)
        return mask

    def weights(self) -> Iterator[tuple[int, int]]:
        """Identity and bytes of every array."""
        for array in (self.cloud.points, self.cloud.normals, self.cloud.colors, self.kept):
            if array is not None:
                yield id(array), array.nbytes

    def counted(self) -> BoolArray:
        """Points (N,) bool that were not deleted and lie in the crop box; read-only."""
        mask = self.kept
        if self.crop is not None:
            axes = None if self.crop_axes is None else self.crop_axes.tobytes()
            inside = _inside(self.cloud, self.crop, axes)
            mask = inside if mask is None else mask & inside
        if mask is None:
            mask = np.ones(len(self.cloud), bool)
        mask.setflags(write=False)
        return mask

    def working_indices(self) -> IntArray:
        """Return indices (M,) int64 into the cloud of the points that the model sees, in order."""
        indices = np.flatnonzero(self.counted())
        if self.count is not None and self.count < len(indices):
            chosen = np.random.default_rng(self.seed).choice(
                len(indices), self.count, replace=False
            )
            indices = indices[chosen]
        return indices

    def working_cloud(self) -> PointCloud:
        """Return the cloud that the model sees: mask, crop box, subsample and noise applied.

        The same source always gives the same cloud, and the cloud itself where nothing
        was done to it. Noise is scaled by the given placement or, where the model finds
        one, by that which makes the longest side of the bounding box 1.
        """
        indices = self.working_indices()
        cloud = self.cloud if len(indices) == len(self.cloud) else self.cloud.select(indices)
        scale = self._scale(cloud) if self.noise else math.inf
        if not math.isfinite(scale):
            return cloud
        points = cloud.points + self.unit_noise(len(cloud)) * (self.noise / scale)
        points.setflags(write=False)
        return replace(cloud, points=points)

    def unit_noise(self, count: int) -> Float64Array:
        """Noise (M, 3) of standard deviation 1 for so many working points, in their order."""
        # Another stream than that of the drawing, so that both can change by themselves.
        return np.random.default_rng((self.seed, 1)).normal(size=(count, 3))

    def _scale(self, cloud: PointCloud) -> float:
        """Box units per world unit; infinite for a cloud without extent."""
        if self.placing.placement is not None:
            return self.placing.placement.scale
        if len(cloud) == 0 or not cloud.extent.any():
            return math.inf
        rotation = rotation_of(self.placing.up or "y", self.placing.yaw or 0.0)
        return placement_around(cloud.points, rotation).scale


@lru_cache(maxsize=2)
def _inside(cloud: PointCloud, crop: Corners, axes: bytes | None) -> BoolArray:
    """Points (N,) bool in a crop box; kept, since of millions it takes a while to find out."""
    mask = np.ones(len(cloud), bool)
    rotation = None if axes is None else np.frombuffer(axes, np.float64).reshape(3, 3)
    for axis, (low, high) in enumerate(zip(*crop, strict=True)):
        points = cloud.points
        column = points[:, axis] if rotation is None else points @ rotation[axis]
        mask &= (column >= low) & (column <= high)
    mask.setflags(write=False)
    return mask


def _corners(corners: Corners) -> Corners:
    box = np.array(corners, np.float64)
    require(
        box.shape == (2, 3) and bool(np.isfinite(box).all()) and bool((box[0] <= box[1]).all()),
        "A crop box must be a lowest and a highest corner.",
    )
    low, high = box.tolist()
    return (tuple(low), tuple(high))


def _axes(axes: Float64Array) -> Float64Array:
    rotation = np.array(axes, np.float64)
    require(
        rotation.shape == (3, 3)
        and bool(np.isfinite(rotation).all())
        and np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6),
        "The axes of a crop box must be at right angles, and of length 1.",
    )
    rotation.setflags(write=False)
    return rotation
