"""The voxel grid that a shape is made of, and what was done to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from occviewer.document.archive import Array
from occviewer.document.checks import number, require
from occviewer.document.errors import DocumentError
from occviewer.document.shape_source import Kind, ShapeSource
from occviewer.models.placing import UPS, Up
from occviewer.observations import VoxelGrid

_LARGEST = 1e30


@dataclass(frozen=True, eq=False)
class VoxelSource(ShapeSource):
    """Voxels as they were read, and how a shape is made of them; immutable.

    Parameters
    ----------
    grid : VoxelGrid
        As it was read.
    path : Path, optional
        The file it was read from; the grid's own by default.
    threshold : float, optional
        Cells with a larger value are occupied; by default the grid's own.
    up : {"x", "y", "z", "-x", "-y", "-z"}, optional
        The world axis that points up; by default that which the grid says.
    yaw : float, optional
        Degrees by which the shape is turned about the vertical.
    """

    kind: ClassVar[Kind] = "voxels"

    grid: VoxelGrid
    path: Path | None = None
    threshold: float | None = None
    up: Up | None = None
    yaw: float | None = None

    def __post_init__(self) -> None:
        require(isinstance(self.grid, VoxelGrid), "A source needs a VoxelGrid.")
        path = self.grid.source if self.path is None else Path(self.path)
        object.__setattr__(self, "path", path)
        if self.threshold is not None:
            value = number(self.threshold, "The threshold of voxels", -_LARGEST, _LARGEST)
            object.__setattr__(self, "threshold", value)
            low, high = self.grid.extent
            if not value < high:
                raise DocumentError(
                    f"No voxel is above {value:g}; the values lie in {low:g} … {high:g}."
                )
        require(self.up is None or self.up in UPS, f"No axis points up like {self.up!r}.")
        if self.yaw is not None:
            object.__setattr__(self, "yaw", number(self.yaw, "The turn in degrees", -360, 360))

    @property
    def has_values(self) -> bool:
        """Whether there are other values than occupied and empty, so that a threshold matters."""
        return self.grid.values.dtype != bool

    @property
    def working_key(self) -> tuple[int, float | None]:
        """Equal for sources with the same working grid, as long as these are alive."""
        return id(self.grid), self.threshold

    def working_grid(self) -> VoxelGrid:
        """Return the grid that the model sees; of a large volume it takes a moment."""
        return self.grid if self.threshold is None else self.grid.with_threshold(self.threshold)

    def weights(self) -> Iterator[tuple[int, int]]:
        """Identity and bytes of the values."""
        yield id(self.grid.values), self.grid.values.nbytes
        if self.grid.occupied.base is not self.grid.values:
            yield id(self.grid.occupied), self.grid.occupied.nbytes


def grid_row(grid: VoxelGrid, arrays: dict[str, Array]) -> dict[str, Any]:
    """JSON object of a grid for a session file; its values go into `arrays`."""
    is_bool = grid.values.dtype == bool
    arrays["values"] = np.packbits(grid.values) if is_bool else grid.values
    return {
        "shape": list(grid.values.shape),
        "bits": is_bool,
        "spacing": grid.spacing.tolist(),
        "origin": grid.origin.tolist(),
        "directions": grid.directions.tolist(),
        "threshold": grid.threshold,
        "notes": list(grid.notes),
        "up": grid.up,
    }


def grid_of(row: Mapping[str, Any], values: Array, path: Path | None) -> VoxelGrid:
    """Make the grid that a row describes.

    Raises
    ------
    Exception
        Of any kind, where something is not as it must be.
    """
    shape = tuple(row["shape"])
    require(len(shape) == 3 and all(type(side) is int and side > 0 for side in shape), "no grid")
    if row.get("bits"):
        count = int(np.prod([float(side) for side in shape]))
        require(values.dtype == np.uint8 and values.shape == (-(-count // 8),), "no bits of it")
        values = np.unpackbits(values, count=count).astype(bool).reshape(shape)
        values.setflags(write=False)
    require(values.shape == shape, "voxels of another shape")
    notes, up = row.get("notes", []), row.get("up", "y")
    require(up in ("y", "z"), "no axis points up")
    require(isinstance(notes, list) and all(isinstance(n, str) for n in notes), "no notes")
    return VoxelGrid(
        values,
        row["spacing"],
        row["origin"],
        row["directions"],
        threshold=row["threshold"],
        source=path,
        notes=tuple(notes),
        up=up,
    )
