"""Observations for the commands: what the model takes is what a file is read as."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.errors import ObservationError

if TYPE_CHECKING:
    from occviewer.models import Code, Model
    from occviewer.observations import PointCloud, VoxelGrid


def read_observation(model: Model, path: Path, args: argparse.Namespace) -> PointCloud | VoxelGrid:
    """Read a file as the kind of observation that the model takes.

    Raises
    ------
    ObservationError
        It cannot be read, or the model takes none of what these commands read.
    """
    from occviewer.models.observed import taken
    from occviewer.observations import PointCloud, VoxelGrid

    if model.network.observed == "points":
        return PointCloud.load(path, seed=args.seed)
    if model.network.observed == "voxels":
        return VoxelGrid.load(path)
    raise ObservationError(
        f"{path}: the model {model.name!r} takes {taken(model.network)}; choose another model, or "
        "make meshes of codes with  occviewer decode."
    )


def encoded_observation(
    model: Model, observation: PointCloud | VoxelGrid, args: argparse.Namespace
) -> Code:
    """Encode an observation, placed as the options say."""
    from occviewer.observations import VoxelGrid

    if isinstance(observation, VoxelGrid):
        return model.encode_voxels(observation, up=args.up, yaw=args.yaw)
    return model.encode(observation, align=args.align, up=args.up, yaw=args.yaw, seed=args.seed)


def observed_points(observation: PointCloud | VoxelGrid) -> PointCloud:
    """Points to draw beside the mesh: the cloud, or the centres of occupied voxels."""
    from occviewer.observations import PointCloud, VoxelGrid

    if isinstance(observation, VoxelGrid):
        return PointCloud(observation.centres(), source=observation.source)
    return observation
