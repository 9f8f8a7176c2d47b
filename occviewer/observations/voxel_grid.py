"""The voxel grid: a shape or a scan as occupied cells."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from occviewer.arrays import BoolArray, Float32Array, Float64Array
from occviewer.errors import ObservationError
from occviewer.placement import Placement


@dataclass(frozen=True, eq=False, init=False, repr=False)
class VoxelGrid:
    """Occupied cells of a regular grid, in world units; immutable.

    Parameters
    ----------
    values : (X, Y, Z) array-like
        Booleans, or numbers that are compared with the threshold; along the world's axes.
    spacing : (3,) array-like
        Sides of a cell, world units.
    origin : (3,) array-like
        Lowest corner of the first cell, world units.
    threshold : float, optional
        Cells above it are occupied. By default 0.5 for values in 0..1, else halfway
        between the lowest and the highest value.
    source : path, optional
        File from which it was read.
    notes : sequence of str
        What was read in an unusual way.

    Raises
    ------
    ObservationError
        The array has not three dimensions, holds no numbers, or no cell is occupied.
    """

    occupied: BoolArray
    spacing: Float64Array
    origin: Float64Array
    threshold: float
    source: Path | None
    notes: tuple[str, ...]

    def __init__(
        self,
        values: npt.ArrayLike,
        spacing: npt.ArrayLike = (1.0, 1.0, 1.0),
        origin: npt.ArrayLike = (0.0, 0.0, 0.0),
        *,
        threshold: float | None = None,
        source: str | os.PathLike[str] | None = None,
        notes: tuple[str, ...] | list[str] = (),
    ) -> None:
        array = np.asarray(values)
        if array.ndim != 3 or array.size == 0 or array.dtype.kind not in "biuf":
            raise ObservationError(
                f"Voxels must be numbers in three dimensions, not {array.dtype} of shape "
                f"{array.shape}; give an array (X, Y, Z)."
            )
        remarks = list(notes)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            remarks.append("took values that are not finite as empty")
            array = np.nan_to_num(array, nan=array[np.isfinite(array)].min(initial=0.0))
        if threshold is None:
            low, high = float(array.min()), float(array.max())
            within = 0 <= low and high <= 1
            threshold = 0.5 if within else (low + high) / 2
            if not within:
                remarks.append(f"took values above {threshold:g}, halfway, as occupied")
        occupied = np.array(array > threshold)
        if not occupied.any():
            raise ObservationError(
                f"No voxel is above the threshold {threshold:g}; the values lie in "
                f"{float(array.min()):g}..{float(array.max()):g}, so choose another one."
            )
        occupied.setflags(write=False)
        sides = np.array(spacing, np.float64).reshape(3)
        if not (np.isfinite(sides).all() and (sides > 0).all()):
            raise ObservationError(f"The sides of voxels must be positive, not {sides}.")
        set_ = object.__setattr__
        set_(self, "occupied", occupied)
        set_(self, "spacing", sides)
        set_(self, "origin", np.array(origin, np.float64).reshape(3))
        set_(self, "threshold", float(threshold))
        set_(self, "source", None if source is None else Path(source))
        set_(self, "notes", tuple(remarks))

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

    def corners(self) -> Float64Array:
        """Lowest and highest corners (2 N, 3) of the occupied cells, world units."""
        cells = np.argwhere(self.occupied)
        low = self.origin + cells * self.spacing
        return np.concatenate([low, low + self.spacing])

    def centres(self) -> Float64Array:
        """Centres (N, 3) of the occupied cells, world units."""
        centres: Float64Array = self.origin + (np.argwhere(self.occupied) + 0.5) * self.spacing
        return centres

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
        cell = np.floor((placement.to_world(box) - self.origin) / self.spacing).astype(np.int64)
        inside = ((cell >= 0) & (cell < self.occupied.shape)).all(1)
        result.reshape(-1)[inside] = self.occupied[tuple(cell[inside].T)]
        own = np.floor((placement.to_box(self.centres()) + 0.5) * side).astype(np.int64)
        own = own[((own >= 0) & (own < side)).all(1)]
        result[tuple(own.T)] = 1
        return result
