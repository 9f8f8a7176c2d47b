"""The voxel grid: what a volume is once it has been read."""

from __future__ import annotations

import os
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from occviewer.arrays import BoolArray, Float32Array, Float64Array
from occviewer.errors import ObservationError
from occviewer.placement import Placement

_ALMOST = 1e-4  # between unit vectors: headers are written with few digits
_SHEARED = 0.01
_AT_A_TIME = 1 << 20  # cells
_HALFWAY = ", halfway, as occupied"


@dataclass(frozen=True, eq=False, init=False, repr=False)
class VoxelGrid:
    """Cells of a regular grid, some of them occupied, in world units; immutable.

    Parameters
    ----------
    values : (X, Y, Z) array-like
        Booleans, or numbers that are compared with the threshold.
    spacing : (3,) array-like
        Sides of a cell, world units.
    origin : (3,) array-like
        Outer corner of the first cell, world units.
    directions : (3, 3) array-like, optional
        A column for each axis of `values`: the unit vector in the world along it. By default
        the axes are those of the world.
    threshold : float, optional
        Cells above it are occupied. By default 0.5 for values in 0..1, else halfway
        between the lowest and the highest value.
    source : path, optional
        File from which it was read.
    notes : sequence of str
        What was read in an unusual way.
    up : str, optional
        Which axis of the world points up, where the format says it: ``z`` for medical volumes.

    Attributes
    ----------
    values, spacing, origin, directions
        As given, but with the axes in the order and direction of the world's where they are
        parallel to those, and mirrored where they were left-handed: `directions` is
        a rotation. Arrays cannot be written to.
    occupied : (X, Y, Z) bool
    extent : (float, float)
        Lowest and highest value.

    Raises
    ------
    ObservationError
        The array has not three dimensions, holds no numbers, no cell is occupied, or the
        axes are not at right angles.
    """

    values: npt.NDArray[Any]
    occupied: BoolArray
    extent: tuple[float, float]
    spacing: Float64Array
    origin: Float64Array
    directions: Float64Array
    threshold: float
    source: Path | None
    notes: tuple[str, ...]
    up: Literal["y", "z"]

    def __init__(
        self,
        values: npt.ArrayLike,
        spacing: npt.ArrayLike = (1.0, 1.0, 1.0),
        origin: npt.ArrayLike = (0.0, 0.0, 0.0),
        directions: npt.ArrayLike | None = None,
        *,
        threshold: float | None = None,
        source: str | os.PathLike[str] | None = None,
        notes: tuple[str, ...] | list[str] = (),
        up: Literal["y", "z"] = "y",
    ) -> None:
        array = np.asarray(values)
        if array.flags.writeable:  # what is frozen is shared
            array = array.copy()
        if array.ndim != 3 or array.size == 0 or array.dtype.kind not in "biuf":
            raise ObservationError(
                f"Voxels must be numbers in three dimensions, not {array.dtype} of shape "
                f"{array.shape}; give an array (X, Y, Z)."
            )
        remarks = list(notes)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            remarks.append("took values that are not finite as empty")
            array = np.nan_to_num(array, nan=array[np.isfinite(array)].min(initial=0.0))
        sides = np.array(spacing, np.float64).reshape(3)
        if not (np.isfinite(sides).all() and (sides > 0).all()):
            raise ObservationError(f"The sides of voxels must be positive, not {sides}.")
        corner = np.array(origin, np.float64).reshape(3)
        axes = np.eye(3) if directions is None else np.array(directions, np.float64).reshape(3, 3)
        array, sides, corner, axes = _along_the_world(array, sides, corner, axes)
        low, high = float(array.min()), float(array.max())
        if threshold is None:
            threshold = 0.5 if 0 <= low and high <= 1 else (low + high) / 2
            if threshold != 0.5:
                remarks.append(f"took values above {threshold:g}{_HALFWAY}")
        occupied = _occupied(array, threshold, (low, high))
        array = array.view()
        for part in (array, occupied, sides, corner, axes):
            part.setflags(write=False)
        set_ = object.__setattr__
        set_(self, "values", array)
        set_(self, "occupied", occupied)
        set_(self, "extent", (low, high))
        set_(self, "spacing", sides)
        set_(self, "origin", corner)
        set_(self, "directions", axes)
        set_(self, "threshold", float(threshold))
        set_(self, "source", None if source is None else Path(source))
        set_(self, "notes", tuple(remarks))
        set_(self, "up", up)

    def __repr__(self) -> str:
        return f"VoxelGrid({self.occupied.shape}, {int(self.occupied.sum()):,} occupied)"

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, threshold: float | None = None) -> VoxelGrid:
        """Read .binvox, NPY and NPZ volumes, and medical NRRD, NIfTI, MHA and MHD.

        Parameters
        ----------
        path : path
            The file.
        threshold : float, optional
            Values above it are occupied; see the class.

        Raises
        ------
        ObservationError
            The file cannot be read; the message names it and says what to do.
        """
        from occviewer.observations.formats.voxel_files import read_voxels

        return read_voxels(Path(path), threshold)

    @property
    def is_upright(self) -> bool:
        """Whether the axes of the array are those of the world."""
        return bool(np.array_equal(self.directions, np.eye(3)))

    def with_threshold(self, threshold: float) -> VoxelGrid:
        """Take the cells above another threshold as occupied; the values are shared.

        Raises
        ------
        ObservationError
            No cell is above it.
        """
        if threshold == self.threshold:
            return self
        other = copy(self)
        occupied = _occupied(self.values, threshold, self.extent)
        occupied.setflags(write=False)
        object.__setattr__(other, "occupied", occupied)
        object.__setattr__(other, "threshold", float(threshold))
        kept = tuple(note for note in self.notes if not note.endswith(_HALFWAY))
        object.__setattr__(other, "notes", kept)
        return other

    def to_world(self, cells: npt.ArrayLike) -> Float64Array:
        """World coordinates (N, 3) of places (N, 3) counted in cells from the corner."""
        places = np.asarray(cells, np.float64)
        world: Float64Array = self.origin + (places * self.spacing) @ self.directions.T
        return world

    def extremes(self) -> Float64Array:
        """Corners (N, 3) of occupied cells, world units, whose convex hull is that of all."""
        columns = self.occupied.any(2)
        first = self.occupied.argmax(2)
        last = self.occupied.shape[2] - 1 - self.occupied[:, :, ::-1].argmax(2)
        at = np.argwhere(columns)
        low, high = (np.column_stack([at, ends[columns]]) for ends in (first, last + 1))
        steps = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
        ends = np.concatenate([low, high])
        return self.to_world((ends[:, None] + steps).reshape(-1, 3))

    def exposed_centres(self) -> Float64Array:
        """Centres (N, 3) of the occupied cells that have an empty neighbour, world units."""
        return self.to_world(np.argwhere(self._exposed()) + 0.5)

    def resampled(self, placement: Placement, side: int) -> Float32Array:
        """Occupancies (side, side, side), 0 or 1, of cells that fill ±0.5 of the box.

        A cell is occupied where its centre lies in an occupied voxel, or the centre of an
        occupied voxel lies in it: thin parts stay whether the grid is finer or coarser.

        Parameters
        ----------
        placement : Placement
            Where the grid lies in the box.
        side : int
            Cells a side.
        """
        result = np.zeros((side, side, side), np.float32)
        line = (np.arange(side) + 0.5) / side - 0.5
        box = np.stack(np.meshgrid(line, line, line, indexing="ij"), -1).reshape(-1, 3)
        place = (placement.to_world(box) - self.origin) @ self.directions / self.spacing
        cell = np.floor(place).astype(np.int64)
        inside = ((cell >= 0) & (cell < self.occupied.shape)).all(1)
        result.reshape(-1)[inside] = self.occupied[tuple(cell[inside].T)]
        # What lies inside was found above; of large volumes that is most.
        exposed = np.argwhere(self._exposed())
        for start in range(0, len(exposed), _AT_A_TIME):
            cells = exposed[start : start + _AT_A_TIME]
            own = placement.to_box(self.to_world(cells + 0.5))
            own = np.floor((own + 0.5) * side).astype(np.int64)
            own = own[((own >= 0) & (own < side)).all(1)]
            result[tuple(own.T)] = 1
        return result

    def _exposed(self) -> BoolArray:
        """Occupied cells (X, Y, Z) that have an empty neighbour, or the rim, beside them."""
        inner = self.occupied.copy()
        for axis in range(3):
            cells, own = np.moveaxis(inner, axis, 0), np.moveaxis(self.occupied, axis, 0)
            cells[1:] &= own[:-1]
            cells[:-1] &= own[1:]
            cells[0] = cells[-1] = False
        exposed: BoolArray = self.occupied & ~inner
        return exposed


def _occupied(array: npt.NDArray[Any], threshold: float, extent: tuple[float, float]) -> BoolArray:
    low, high = extent
    if not high > threshold:
        raise ObservationError(
            f"No voxel is above the threshold {threshold:g}; the values lie in "
            f"{low:g}..{high:g}, so choose another one."
        )
    # What is boolean need not be kept twice.
    occupied = array if array.dtype == bool and 0 <= threshold else np.array(array > threshold)
    return occupied.view()


def _along_the_world(
    array: npt.NDArray[Any], spacing: Float64Array, origin: Float64Array, directions: Float64Array
) -> tuple[npt.NDArray[Any], Float64Array, Float64Array, Float64Array]:
    """Turn and mirror a grid so that its axes are the world's where that can be, else a rotation.

    Nothing moves in the world.
    """
    if not np.allclose(directions.T @ directions, np.eye(3), atol=_SHEARED):
        raise ObservationError(
            f"The axes of the voxels are not at right angles (directions {directions.tolist()}); "
            "resample the volume to a regular grid first."
        )
    strongest = np.abs(directions).argmax(0)
    parallel = np.abs(directions[strongest, range(3)]) > 1 - _ALMOST
    if parallel.all() and len(set(strongest)) == 3:
        order = np.argsort(strongest)
        array, spacing, directions = array.transpose(order), spacing[order], directions[:, order]
        turned = [axis for axis in range(3) if directions[axis, axis] < 0]
    else:
        turned = [2] if np.linalg.det(directions) < 0 else []
    for axis in turned:
        origin = origin + directions[:, axis] * spacing[axis] * array.shape[axis]
        directions = np.column_stack(
            [-directions[:, n] if n == axis else directions[:, n] for n in range(3)]
        )
        array = np.flip(array, axis)
    if parallel.all():
        directions = np.eye(3)
    return array, spacing, origin, directions
