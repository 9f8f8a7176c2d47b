"""What a network is given of an observation that is no point cloud, and what it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from occviewer.arrays import Float32Array, Float64Array
from occviewer.models.placing import placement_around
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.networks import OccupancyNetwork
    from occviewer.observations.voxel_grid import VoxelGrid


@dataclass(frozen=True)
class Voxels:
    """Voxels as a network is given them.

    Attributes
    ----------
    occupancies : (R, R, R) float32
        0 or 1, along the box's axes; the cells fill ±0.5.
    placement : Placement
        Where the grid lies in the box.
    notes : tuple of str
    facts : dict
        Cells read and used.
    """

    occupancies: Float32Array
    placement: Placement
    notes: tuple[str, ...]
    facts: dict[str, Any]


def voxels_for(
    grid: VoxelGrid,
    side: int,
    rotation: Float64Array,
    normalisation: str,
    placement: Placement | None = None,
) -> Voxels:
    """Bring a grid to the cells that a network takes.

    A grid of exactly those cells is given as it is. Of any other, what is occupied is
    centred and scaled to a longest side of 1, and its cells are drawn anew.

    Parameters
    ----------
    grid : VoxelGrid
    side : int
        Cells a side.
    rotation : (3, 3) float64
        From world to box axes.
    normalisation : {"box", "sphere"}
        As in `ModelInfo`.
    placement : Placement, optional
        Where the grid lies, if that is known.
    """
    shape = grid.occupied.shape
    facts: dict[str, Any] = {
        "voxels_read": list(shape),
        "voxels_occupied": int(grid.occupied.sum()),
        "voxels_used": side,
    }
    notes = list(grid.notes)
    upright = np.array_equal(rotation, np.eye(3))
    cubic = np.allclose(grid.spacing, grid.spacing[0])
    if placement is None and shape == (side,) * 3 and upright and cubic:
        size = float(side * grid.spacing[0])
        placement = Placement(rotation, 1 / size, grid.origin + size / 2)
        return Voxels(grid.occupied.astype(np.float32), placement, tuple(notes), facts)
    if placement is None:
        placement = normalised_placement(grid.corners(), rotation, normalisation)
    notes.append(f"drew {' x '.join(map(str, shape))} voxels anew as {side}³")
    return Voxels(grid.resampled(placement, side), placement, tuple(notes), facts)


def normalised_placement(
    points: Float64Array, rotation: Float64Array, normalisation: str
) -> Placement:
    """Placement that centres a bounding box and gives it the size that a model wants.

    Parameters
    ----------
    points : (N, 3) float64
        World units.
    rotation : (3, 3) float64
        From world to box axes.
    normalisation : {"box", "sphere"}
        Whether the longest side of the box becomes 1, or the diameter of the sphere about
        its centre that holds all points.
    """
    around = placement_around(points, rotation)
    if normalisation == "box":
        return around
    radius = float(np.linalg.norm(points - around.centre, axis=1).max())
    return Placement(rotation, 0.5 / radius, around.centre)


def taken(network: OccupancyNetwork) -> str:
    """Say what a network takes: ``point clouds (300 points)``."""
    return {
        "points": f"point clouds ({network.point_count:,} points)",
        "voxels": f"voxel grids ({network.side}³)",
        "image": f"images ({network.side} x {network.side} pixels)",
        "none": "no observation, only codes",
    }[network.observed]
