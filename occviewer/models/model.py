"""Models: open a checkpoint, encode observations, make fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from occviewer.arrays import Float32Array
from occviewer.cutouts import MARGIN
from occviewer.errors import ObservationError
from occviewer.models.align import Alignment, align
from occviewer.models.clouds import drawn_points, inside_box, prepared
from occviewer.models.code_search import STEPS, search_code
from occviewer.models.codes import Code, CodeError
from occviewer.models.fields import NetworkField
from occviewer.models.info import ModelInfo
from occviewer.models.layout import as_images, lay_out
from occviewer.models.observed import (
    PUBLISHED_ROOM,
    looks_rendered,
    normalised_placement,
    pixels_for,
    taken,
    voxels_for,
)
from occviewer.models.placing import UPS, Up, rotation_of
from occviewer.models.pose import PoseNetwork
from occviewer.networks import Features, OccupancyNetwork
from occviewer.networks.base import Observed
from occviewer.observations import PointCloud, VoxelGrid
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.observations.image import Image
    from occviewer.observations.masking import Mask

TAKEN_AS_THEY_COME = (
    "took the axes as they come (+Y up, +Z to the front); say how the shape stands with up and yaw"
)
"""Noted where a placement is not searched."""

# Shares of the time of an encoding that are over when the cloud is clean, and in its place.
_CLEANED, _ALIGNED = 0.1, 0.9


class Model:
    """An occupancy network that is ready to use.

    Parameters
    ----------
    network : OccupancyNetwork
        With trained weights; put into evaluation mode and onto the device.
    info : ModelInfo
        What is known of it.
    device : torch.device or str
        Where it computes.
    path : Path, optional
        The checkpoint it was opened from.
    pose : PoseNetwork, optional
        Finds the pose of raw scans.
    """

    def __init__(
        self,
        network: OccupancyNetwork,
        info: ModelInfo,
        device: torch.device | str = "cpu",
        path: Path | None = None,
        pose: PoseNetwork | None = None,
    ) -> None:
        self.network = network.eval().requires_grad_(False).to(device)
        lay_out(self.network)
        self.info = info
        self.device = torch.device(device)
        self.path = path
        self.pose = pose
        self._shapes: dict[str, torch.Size] = {}

    def __repr__(self) -> str:
        return f"Model({self.name!r}, {self.network.architecture}, {self.device})"

    @property
    def name(self) -> str:
        """How people call the model."""
        return self.info.name

    @property
    def level(self) -> float:
        """The logit at which surfaces lie: that of the card's threshold."""
        return self.info.level

    def encode(
        self,
        cloud: PointCloud,
        *,
        placement: Placement | None = None,
        align: Literal["none", "auto"] = "none",
        up: Up | None = None,
        yaw: float | None = None,
        seed: int = 0,
        steps: int = STEPS,
        progress: Callable[[float], None] = lambda share: None,
        preview: Callable[[Code], None] = lambda code: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Code:
        """Clean a cloud, place it in the box and encode it.

        Parameters
        ----------
        cloud : PointCloud
            World units, any axes. Duplicates and stray points are left out.
        placement : Placement, optional
            Where the cloud lies, if that is known. Otherwise the longest side of its
            bounding box becomes 1 and its centre the origin.
        align : {"none", "auto"}
            ``none`` takes the axes as they come (+Y up, +Z to the front, or as `up` and
            `yaw` say); ``auto`` searches what they leave open, and size and position.
        up : {"x", "y", "z", "-x", "-y", "-z"}, optional
            The world axis that points up.
        yaw : float, optional
            Degrees by which the shape is turned about the vertical.
        seed : int
            For the points that are drawn; the same seed gives the same code.
        progress : callable
            Told between steps about which share is done, 0 … 1; may raise
            `occviewer.errors.Cancelled` to end the work.
        steps : int
            Of the optimisation, where the model has no encoder and a code is searched.
        preview : callable
            Given the code as it is then, from time to time, where it is searched.
        stopped : callable
            Says whether to stop such a search and keep what was reached.

        Returns
        -------
        Code
            Its notes and facts say what was done.

        Raises
        ------
        ObservationError
            The cloud has too few different points, or they do not lie in the box.
        ValueError
            `placement` was given together with what it decides.
        """
        _check_placing(placement, align, up, yaw)
        self._require("points")
        usable = prepared(cloud, seed)
        facts: dict[str, Any] = {"points_read": len(cloud), "points_kept": len(usable)}
        notes = list(usable.notes)
        progress(_CLEANED)
        if align == "auto" and placement is None and self.info.family:
            # Judging placements needs many codes, and models that know what is missing.
            notes.append(TAKEN_AS_THEY_COME)
            align = "none"
        if align == "auto" and placement is None:
            found = self.align(
                usable,
                up=up,
                yaw=yaw,
                seed=seed,
                progress=lambda share: progress(_CLEANED + (_ALIGNED - _CLEANED) * share),
            )
            placement = found.best.placement
            facts["alignment"] = found.as_dict()
            notes.append(found.sentence())
        elif placement is None:
            placement = normalised_placement(
                usable.points, rotation_of(up or "y", yaw or 0.0), self.info.normalisation
            )
        inside, normals = inside_box(usable, placement, self.info.bounds)
        facts["points_outside"] = outside = len(usable) - len(inside)
        if outside:
            what = "1 point" if outside == 1 else f"{outside:,} points"
            notes.append(f"left out {what} outside the model's box")
        progress(_ALIGNED)
        if self.network.optimised:
            facts["points_used"] = len(inside)
            features, facts["steps"] = search_code(
                self.network,
                inside,
                normals,
                steps=steps,
                seed=seed,
                progress=lambda share: progress(_ALIGNED + (1 - _ALIGNED) * share),
                preview=lambda found: preview(self._code(found, placement, notes, facts)),
                stopped=stopped,
            )
            if facts["steps"] < steps:
                notes.append(f"the search was stopped after {facts['steps']} of {steps} steps")
        else:
            points = drawn_points(inside, self.network.point_count, self.info, seed)
            facts["points_used"] = min(len(inside), len(points))
            features = self.features(points[None])
        return self._code(features, placement, notes, facts)

    def points_given(self, cloud: PointCloud, placement: Placement, seed: int = 0) -> Float32Array:
        """Points (N, 3) of the box frame that `encode` gave the encoder of a cloud in a place.

        Parameters
        ----------
        cloud, seed
            As `encode` was given them.
        placement : Placement
            That of the code.

        Raises
        ------
        ObservationError
            As `encode`.
        """
        self._require("points")
        inside, _ = inside_box(prepared(cloud, seed), placement, self.info.bounds)
        if self.network.optimised:
            return inside
        return drawn_points(inside, self.network.point_count, self.info, seed)

    def encode_voxels(
        self,
        grid: VoxelGrid,
        *,
        placement: Placement | None = None,
        up: Up | None = None,
        yaw: float | None = None,
    ) -> Code:
        """Bring a voxel grid to the cells that the model takes, and encode it.

        Parameters
        ----------
        grid : VoxelGrid
            World units, any axes.
        placement : Placement, optional
            Where the grid lies, if that is known. Otherwise a grid of exactly the cells that
            the model takes fills its box, and of others what is occupied is centred.
        up, yaw : optional
            As for `encode`; by default the axis that the grid says.

        Raises
        ------
        ObservationError
            The model takes no voxels.
        """
        _check_placing(placement, "none", up, yaw)
        self._require("voxels")
        rotation = rotation_of(up or grid.up, yaw or 0.0)
        given = voxels_for(grid, self.network.side, rotation, self.info.normalisation, placement)
        features = self.features(given.occupancies[None])
        return self._code(features, given.placement, given.notes, given.facts)

    def takes_whole(self, image: Image) -> bool:
        """Whether a picture is as those that a published network was trained on, uncut."""
        return bool(self.info.family) and looks_rendered(image)

    def encode_image(self, image: Image, mask: Mask | None = None) -> Code:
        """Scale a picture to the square that the model takes, and encode it.

        The networks that take pictures find the shape in its own axes and say nothing of the
        camera or of the size: the placement is that of the box.

        Parameters
        ----------
        image : Image
        mask : Mask, optional
            Where the object is; see `occviewer.models.observed.pixels_for`.

        Raises
        ------
        ObservationError
            The model takes no pictures, or the mask is of another one.
        """
        self._require("image")
        if mask is not None:
            mask.check_fits(image)
        published = bool(self.info.family)
        room = PUBLISHED_ROOM if published else MARGIN
        given = pixels_for(image, self.network.side, mask, self.info.screen, room)
        pixels = given.pixels.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        return self._code(self.features(pixels), Placement(), given.notes, given.facts)

    def _code(
        self,
        features: Features,
        placement: Placement,
        notes: Iterable[str],
        facts: Mapping[str, Any],
    ) -> Code:
        tensors = {name: tensor[0] for name, tensor in features.items()}
        return Code(tensors, placement, self.name, tuple(notes), facts)

    def _require(self, observed: Observed) -> None:
        """Refuse an observation of a kind that the network does not take."""
        if self.network.observed != observed:
            kinds = {"points": "a point cloud", "voxels": "a voxel grid", "image": "an image"}
            raise ObservationError(
                f"The model {self.name!r} takes {taken(self.network)}, and this is "
                f"{kinds[observed]}; choose another model or another observation."
            )

    def align(
        self,
        cloud: PointCloud,
        *,
        up: Up | None = None,
        yaw: float | None = None,
        seed: int = 0,
        progress: Callable[[float], None] = lambda share: None,
    ) -> Alignment:
        """Find out where a cloud lies in the box; see `occviewer.models.align.align`."""
        self._require("points")
        sample = cloud.subsampled(self.network.point_count, seed).points
        return align(self, sample, up=up, yaw=yaw, seed=seed, progress=progress)

    def features(self, observations: Float32Array) -> Features:
        """Encode clouds (B, N, 3) of the box frame, voxels or images, without gradient."""
        with torch.no_grad():
            features = self.network.encode(torch.from_numpy(observations).to(self.device))
        if not self._shapes:
            self._shapes = {name: tensor.shape[1:] for name, tensor in features.items()}
        return {name: tensor.float() for name, tensor in features.items()}

    def field(self, code: Code, threshold: float | None = None) -> NetworkField:
        """Make a code ready to be asked for logits; once per shape.

        Parameters
        ----------
        code : Code
            One of this model's.
        threshold : float, optional
            Probability at which the surface lies, between 0 and 1; the card's by default.

        Raises
        ------
        CodeError
            The code is of another network.
        ValueError
            The threshold is not between 0 and 1.
        """
        self._check(code.tensors)
        level = self.level if threshold is None else replace(self.info, threshold=threshold).level
        features = {name: t.to(self.device)[None] for name, t in code.tensors.items()}
        bounds = np.array(self.info.bounds, np.float32)
        return NetworkField(self.network, as_images(features), level, bounds, code.leniency)

    def code_shapes(self) -> dict[str, torch.Size]:
        """Shapes of the tensors of a code; the number of rows can vary with the observation."""
        if not self._shapes:
            self._shapes = self.network.code_shapes()
        return self._shapes

    def _check(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Compare with what this network's encoder makes."""
        from_row = 1 if self.network.lengths_vary else 0
        expected = {name: shape[from_row:] for name, shape in self.code_shapes().items()}
        if {name: tensor.shape[from_row:] for name, tensor in tensors.items()} != expected:
            raise CodeError(
                f"The code does not fit the model {self.name!r}; open the model that made it, "
                "or encode the scan again."
            )


def _check_placing(
    placement: Placement | None, align: str, up: Up | None, yaw: float | None
) -> None:
    if placement is not None and (align != "none" or up is not None or yaw is not None):
        raise ValueError("A placement decides align, up and yaw; give one or the other.")
    if up is not None and up not in UPS:
        raise ValueError(f"The up axis must be one of {', '.join(UPS)}, not {up!r}.")
