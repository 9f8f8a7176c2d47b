"""The crop box as the hand sees it: corners and faces in the box frame. Numbers only, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float64Array
from occviewer.document.source import Corners, Source
from occviewer.gui.tools.moving import along_line
from occviewer.gui.tools.projecting import View
from occviewer.placement import Placement

FACES = tuple((axis, side) for axis in range(3) for side in (0, 1))
"""Axis of the box, and 0 for its low or 1 for its high side."""

EDGES = tuple(
    (one, other) for one in range(8) for other in range(one + 1, 8) if (one ^ other) in (1, 2, 4)
)
"""Pairs of corners; see `CropBox.corners`."""

_GRIP = 11.0
_ROOM = 0.02  # around the cloud, share of its size
_THINNEST = 0.01  # box units


@dataclass(frozen=True, eq=False)
class CropBox:
    """A box around what is kept.

    Parameters
    ----------
    low, high : (3,) float64
        Corners along its axes, world units.
    axes : (3, 3) float64
        Rotation from the world's axes to its own.
    placement : Placement
        Where the cloud lies in the model's box.
    """

    low: Float64Array
    high: Float64Array
    axes: Float64Array
    placement: Placement

    @classmethod
    def around(cls, source: Source, placement: Placement) -> CropBox:
        """Take the crop box of a source, or one around all of its points, along the model's box."""
        if source.crop is not None:
            axes = np.eye(3) if source.crop_axes is None else source.crop_axes
            low, high = np.array(source.crop)
            return cls(low, high, axes, placement)
        axes = placement.rotation
        points = source.cloud.points[source.counted()] @ axes.T
        low, high = points.min(0), points.max(0)
        room = _ROOM * float((high - low).max())
        return cls(low - room, high + room, axes, placement)

    @property
    def limits(self) -> Corners:
        """Lowest and highest corner, as a source has them."""
        low, high = self.low.tolist(), self.high.tolist()
        return ((low[0], low[1], low[2]), (high[0], high[1], high[2]))

    @property
    def corners(self) -> Float64Array:
        """Corners (8, 3) in the box frame; bit i of an index is the side along axis i."""
        sides = np.array([[index >> axis & 1 for axis in range(3)] for index in range(8)])
        return self._in_box(np.where(sides, self.high, self.low))

    def handle(self, face: int) -> Float64Array:
        """Middle (3,) of one of `FACES`, box frame."""
        axis, side = FACES[face]
        middle = (self.low + self.high) / 2
        middle[axis] = (self.low, self.high)[side][axis]
        return np.asarray(self._in_box(middle[None])[0])

    def direction(self, face: int) -> Float64Array:
        """Outward direction (3,) of one of `FACES`, box frame."""
        axis, side = FACES[face]
        outward = self.axes[axis] * (1 if side else -1)
        return np.asarray(self.placement.rotation @ outward)

    def face_at(self, view: View, pixel: npt.ArrayLike) -> int | None:
        """Index of the face whose handle lies under a pixel, the nearest first; or None."""
        at = np.asarray(pixel, np.float64)
        handles = np.stack([self.handle(face) for face in range(len(FACES))])
        distances = np.linalg.norm(view.project(handles).astype(np.float64) - at, axis=1)
        distances[~np.isfinite(distances)] = np.inf
        depths = (handles - view.eye) @ view.forward
        under = np.flatnonzero(distances <= _GRIP)
        return int(under[np.argmin(depths[under])]) if len(under) else None

    def dragged(self, view: View, face: int, start: npt.ArrayLike, to: npt.ArrayLike) -> CropBox:
        """Box after the handle of a face was dragged from one pixel to another."""
        point, direction = self.handle(face), self.direction(face)
        way = along_line(view, point, direction, to) - along_line(view, point, direction, start)
        axis, side = FACES[face]
        low, high = self.low.copy(), self.high.copy()
        thinnest = _THINNEST / self.placement.scale
        if side:
            high[axis] = max(high[axis] + way / self.placement.scale, low[axis] + thinnest)
        else:
            low[axis] = min(low[axis] - way / self.placement.scale, high[axis] - thinnest)
        return replace(self, low=low, high=high)

    def _in_box(self, along: Float64Array) -> Float64Array:
        """Points (N, 3) along the box's own axes in the model's box, in double precision."""
        world = along @ self.axes
        placement = self.placement
        return np.asarray((world - placement.centre) @ (placement.rotation.T * placement.scale))
