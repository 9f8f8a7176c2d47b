"""Observations for the commands: what the model takes is what a file is read as."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import number, positive
from occviewer.cli.pictures import PICTURE_SUFFIXES
from occviewer.cli.running import now_and_then, stopping_on_signals
from occviewer.errors import ObservationError

if TYPE_CHECKING:
    from occviewer.models import Code, Model
    from occviewer.observations import PointCloud, VoxelGrid
    from occviewer.observations.image import Image
    from occviewer.observations.masking import Mask


def encoded_file(model: Model, path: Path, args: argparse.Namespace) -> Code:
    """Read a scan, voxels or a picture, as the model takes, and encode it.

    Raises
    ------
    ObservationError
        It cannot be read, or the model takes none of what these commands read.
    """
    if model.network.observed == "image" and path.suffix.lower() in PICTURE_SUFFIXES:
        from occviewer.observations.image import Image

        image = Image.load(path)
        return model.encode_image(image, mask_for(model, image))
    return encoded_observation(model, read_observation(model, path, args), args)


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
        return VoxelGrid.load(path, threshold=args.voxel_threshold)
    instead = "open a picture"
    if model.network.observed == "none":
        instead = "make meshes of its codes with  occviewer decode"
    raise ObservationError(
        f"{path}: the model {model.name!r} takes {taken(model.network)}; choose another model, or "
        f"{instead}."
    )


def encoded_observation(
    model: Model, observation: PointCloud | VoxelGrid, args: argparse.Namespace
) -> Code:
    """Encode an observation, placed as the options say."""
    from occviewer.observations import VoxelGrid

    if isinstance(observation, VoxelGrid):
        return model.encode_voxels(observation, up=args.up, yaw=args.yaw)
    if not model.network.optimised:
        return model.encode(observation, align=args.align, up=args.up, yaw=args.yaw, seed=args.seed)
    search, said = _Search(), now_and_then()
    with stopping_on_signals(search):
        return model.encode(
            observation,
            align=args.align,
            up=args.up,
            yaw=args.yaw,
            seed=args.seed,
            steps=args.steps,
            progress=lambda share: said("percent of the search of a code", round(100 * share), 100),
            stopped=lambda: search.stopped,
        )


class _Search:
    """A search of a code, which Ctrl-C stops: what was reached is kept."""

    stopped = False

    def stop(self) -> None:
        """Ask for the end."""
        self.stopped = True


def add_observing_options(parser: argparse.ArgumentParser) -> None:
    """Add what is for models that take voxels, and for those without an encoder."""
    parser.add_argument(
        "--voxel-threshold",
        type=number(math.isfinite, "a number"),
        metavar="V",
        help="voxels with a larger value are occupied (default: 0.5 for values in 0…1, else "
        "halfway)",
    )
    parser.add_argument(
        "--steps",
        type=positive,
        default=800,
        metavar="N",
        help="of the search of a code, for models without an encoder (default: 800); Ctrl-C keeps "
        "what was reached",
    )


def mask_for(model: Model, image: Image) -> Mask | None:
    """Find the object in a picture, unless the picture is as the network knows them.

    Raises
    ------
    ObservationError
        No object was found.
    """
    from occviewer.observations.masking import find_mask

    return None if model.takes_whole(image) else find_mask(image)


def observed_points(observation: PointCloud | VoxelGrid) -> PointCloud:
    """Points to draw beside the mesh: the cloud, or centres of the outer occupied voxels."""
    from occviewer.observations import PointCloud, VoxelGrid

    if isinstance(observation, VoxelGrid):
        return PointCloud(observation.exposed_centres(), source=observation.source)
    return observation
