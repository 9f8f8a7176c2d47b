"""What extraction needs to know of a field, and the one place that asks it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array, IntArray
from occviewer.errors import Cancelled, ExtractionError
from occviewer.team import Team

AnyArray: TypeAlias = npt.NDArray[Any]

# Between two batches a caller can cancel; the field cuts a batch further into
# chunks that suit its device.
BATCH = 65536

# With less memory than this many points take there is no going on.
_SMALLEST_BATCH = 1024

# Saturated logits may be infinite; any finite value of the same sign does, and
# leaves the infinities free to mean "not asked".
_LARGEST = np.float32(1e9)
_SMALLEST = np.float32(1e-30)


class Field(Protocol):
    """A function on the model's box that can be turned into a mesh.

    Attributes
    ----------
    level : float
        The logit at which the surface lies; higher logits are inside.
    bounds : (2, 3) float32
        Lowest and highest corner of the box in which the field may be asked.

    A field that is interpolated between stored features has a third one, ``grain`` (float):
    how far apart the finest of them lie, in units of the box. One may also say how many
    ``threads`` (int) are there for the work around it.
    """

    @property
    def level(self) -> float:
        """The logit at which the surface lies; higher logits are inside."""
        ...

    @property
    def bounds(self) -> Float32Array:
        """Lowest and highest corner (2, 3) float32 of the box to be asked."""
        ...

    def logits(self, points: Float32Array) -> Float32Array:
        """Logits (N,) float32 at points (N, 3) float32 of the box frame."""
        ...


class Asker:
    """Asks a field at the nodes of the finest grid, in batches, and keeps count.

    Parameters
    ----------
    field : Field
        The field.
    level : float
        Logit of the surface; answers are given relative to it.
    resolution : int
        Cells a side of the finest grid; nodes are named by three integers in
        ``0 … resolution``.
    cancel : callable, optional
        Asked between batches; when it says true, `Cancelled` is raised.
    remember : bool
        Keep in `answered` the nodes that were asked and their logits.

    Attributes
    ----------
    grain : float
        Of the field, 0 where it has none.
    team : Team
        Shares out the work around the field.
    """

    def __init__(
        self,
        field: Field,
        level: float,
        resolution: int,
        cancel: Callable[[], bool] | None = None,
        *,
        remember: bool = False,
    ) -> None:
        # Here, because what compiles them takes half a second to import.
        from occviewer.extraction import field_kernels

        self._kernels = field_kernels
        self._field = field
        self._remember = remember
        self._batch = BATCH
        self._level = np.float32(level)
        self._cancel = cancel
        self.resolution = resolution
        self.grain = float(getattr(field, "grain", 0.0))
        self.team = Team(int(getattr(field, "threads", 1)))
        self.corners = _checked_bounds(field)
        self._axes = [
            np.linspace(low, high, resolution + 1).astype(np.float32)
            for low, high in self.corners.T
        ]
        self.asked = 0
        self.seconds = 0.0
        self.lowest = math.inf
        self.highest = -math.inf
        self.answered: list[tuple[IntArray, Float32Array]] = []

    def size_of(self, stride: int) -> float:
        """Longest side of a cell that is so many finest cells wide, in units of the box."""
        return stride * float((self.corners[1] - self.corners[0]).max()) / self.resolution

    def stop_if_cancelled(self) -> None:
        """Raise `Cancelled` when the caller has asked for it."""
        if self._cancel is not None and self._cancel():
            raise Cancelled("The extraction was cancelled.")

    def ask(self, nodes: IntArray, progress: Callable[[float], None] | None = None) -> Float32Array:
        """Logits minus level (N,) float32 at nodes (3, N); finite and never zero.

        Values at the level count as just inside, so that every node has a sign.

        Raises
        ------
        ExtractionError
            When the field answers NaN.
        Cancelled
            When the caller has asked for it.
        MemoryError
            When there is not enough even for a small batch.
        """
        return self.relative(self.logits(nodes, progress))

    def logits(
        self, nodes: IntArray, progress: Callable[[float], None] | None = None
    ) -> Float32Array:
        """Logits (N,) at nodes (3, N); raises what `ask` does."""
        answers = self._in_batches(nodes, self._points, progress)
        if self._remember:
            self.answered.append((nodes, answers))
        self.see(answers)
        return answers

    def _in_batches(
        self,
        places: AnyArray,
        points_of: Callable[[AnyArray], Float32Array],
        progress: Callable[[float], None] | None,
    ) -> Float32Array:
        """Logits (N,) at places (3, N), asked in batches that fit into memory."""
        count = places.shape[1]
        answers = np.empty(count, np.float32)
        start = 0
        while start < count:
            self.stop_if_cancelled()
            batch = places[:, start : start + self._batch]
            try:
                answers[start : start + self._batch] = self._answers(points_of(batch))
            except MemoryError:
                if self._batch <= _SMALLEST_BATCH:
                    raise
                self._batch //= 4
                continue
            start += self._batch
            if progress is not None:
                progress(min(1.0, start / count))
        return answers

    def see(self, logits: Float32Array) -> None:
        """Widen the range that was seen by some logits (N,)."""
        if len(logits):
            lowest, highest = self._kernels.extremes(logits)
            self.lowest = min(self.lowest, float(lowest))
            self.highest = max(self.highest, float(highest))

    def relative(self, logits: Float32Array) -> Float32Array:
        """Logits minus level, finite and never zero; at the level counts as just inside."""
        values = np.empty(len(logits), np.float32)
        self._kernels.relative(logits, self._level, _SMALLEST, _LARGEST, values)
        return values

    def ask_at(self, points: Float32Array) -> Float32Array:
        """Logits minus level (N,) at points (N, 3) of the box frame; raises what `ask` does."""
        return self.relative(self._in_batches(points.T, lambda batch: batch.T, None))

    def _points(self, nodes: IntArray) -> Float32Array:
        points = np.empty((nodes.shape[1], 3), np.float32)
        x, y, z = self._axes
        i, j, k = map(np.ascontiguousarray, nodes)
        self._kernels.points_at(i, j, k, x, y, z, points)
        return points

    def _answers(self, points: Float32Array) -> Float32Array:
        """Ask the field once, for logits at points (N, 3)."""
        began = time.perf_counter()
        logits = np.asarray(self._field.logits(points), np.float32)
        self.seconds += time.perf_counter() - began
        self.asked += len(points)
        if logits.shape != (len(points),):
            raise ValueError(f"The field answered {logits.shape} for {len(points)} points.")
        broken = self._kernels.undefined(logits)
        if broken:
            raise ExtractionError(
                f"The field has no value (NaN) at {broken} of {len(points)} "
                "points; the checkpoint or the code it was made from is broken."
            )
        return logits


def _checked_bounds(field: Field) -> Float32Array:
    bounds = np.asarray(field.bounds, np.float32)
    if bounds.shape != (2, 3) or not np.isfinite(bounds).all() or (bounds[1] <= bounds[0]).any():
        raise ExtractionError(
            f"The field's bounds {bounds.tolist()} are not a box; "
            "they must be a lowest and a highest corner."
        )
    return bounds
