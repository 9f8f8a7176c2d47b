"""What a network is given of an observation, and what it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from occviewer.arrays import BoolArray, Float32Array, Float64Array, UInt8Array
from occviewer.cutouts import Crop, crop_around, network_input
from occviewer.models.placing import placement_around
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.networks import OccupancyNetwork
    from occviewer.observations.image import Image
    from occviewer.observations.masking import Mask
    from occviewer.observations.voxel_grid import VoxelGrid


PUBLISHED_ROOM = 0.21
"""Around the object in the published renders, where it takes about 0.7 of the side."""

_WHITE = (255, 255, 255)
_NEARLY_WHITE, _MOST = 245, 0.97  # JPEG blurs, and an object may touch the border


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
    upright = grid.is_upright and np.array_equal(rotation, np.eye(3))
    cubic = np.allclose(grid.spacing, grid.spacing[0])
    if placement is None and shape == (side,) * 3 and upright and cubic:
        size = float(side * grid.spacing[0])
        placement = Placement(rotation, 1 / size, grid.origin + size / 2)
        return Voxels(grid.occupied.astype(np.float32), placement, tuple(notes), facts)
    if placement is None:
        placement = normalised_placement(grid.extremes(), rotation, normalisation)
    notes.append(f"drew {' x '.join(map(str, shape))} voxels anew as {side}³")
    return Voxels(grid.resampled(placement, side), placement, tuple(notes), facts)


@dataclass(frozen=True)
class Pixels:
    """A picture as a published image network is given it.

    Attributes
    ----------
    pixels : (S, S, 3) uint8
        RGB; the network divides by 255.
    notes : tuple of str
    facts : dict
        Pixels read and used, and whether the picture was taken whole.
    """

    pixels: UInt8Array
    notes: tuple[str, ...]
    facts: dict[str, Any]


def pixels_for(
    image: Image,
    side: int,
    mask: Mask | None = None,
    screen: tuple[int, int, int] = _WHITE,
    room: float = PUBLISHED_ROOM,
) -> Pixels:
    """Bring a picture to the square that an image network takes.

    The published networks were trained on renders of single objects before white (Choy et
    al., ECCV 2016), scaled to the square. Without a mask the whole picture is scaled so, made
    square with the screen's colour where it is not; with one the object is laid on the
    screen and takes as much of the square as it did in training.

    Parameters
    ----------
    image : Image
    side : int
        Pixels a side; 224 as published.
    mask : Mask, optional
        Where the object is.
    screen : (int, int, int)
        Colour behind the object.
    room : float
        Around the object, as `occviewer.cutouts.MARGIN`.
    """
    width, height = image.size
    facts: dict[str, Any] = {
        "pixels_read": [width, height],
        "pixels_used": side,
        "whole_picture": mask is None,
        "screen": list(screen),
        "room": room,
    }
    notes = list(image.notes)
    if mask is not None:
        notes += [f"cut the object out; background by {mask.method}", *mask.notes]
        crop = crop_around(mask.bounds, room)
        cut = network_input(image.pixels, mask.inside, crop, side, screen)
        return Pixels(cut, tuple(notes), facts)
    shown = image.pixels
    if image.alpha is not None:
        share = image.alpha[..., None] / np.float32(255)
        behind = np.array(screen, np.float32)
        shown = np.round(shown * share + behind * (1 - share)).astype(np.uint8)
        notes.append("filled what is transparent")
    if width != height:
        notes.append("made the picture square")
    longer = max(width, height)
    whole = Crop((width - longer) // 2, (height - longer) // 2, longer)
    everything: BoolArray = np.ones((height, width), bool)
    return Pixels(network_input(shown, everything, whole, side, screen), tuple(notes), facts)


def looks_rendered(image: Image) -> bool:
    """Whether a picture is as those that published image networks were trained on.

    That is square, opaque, and white along its border.
    """
    if image.size[0] != image.size[1] or image.alpha is not None:
        return False
    edges = (image.pixels[0], image.pixels[-1], image.pixels[:, 0], image.pixels[:, -1])
    return float((np.concatenate(edges).min(1) >= _NEARLY_WHITE).mean()) > _MOST


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
