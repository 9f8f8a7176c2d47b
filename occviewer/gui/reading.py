"""Reads files that become sources of shapes, each kind in its way. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from occviewer.document import commands
from occviewer.document.commands import Change
from occviewer.document.picture_source import Picture
from occviewer.document.shape_source import Kind
from occviewer.document.state import Document
from occviewer.observations.image import IMAGE_SUFFIXES

_ARRAYS = (".npy",)
_MOST_DEPTH = 600_000  # points: the field of view is changed while the window waits


@dataclass(frozen=True, eq=False)
class Import:
    """What was read, and the command that begins a new shape with it.

    Attributes
    ----------
    kind : Kind
        What the model has to take.
    command : callable
    picture : Picture or None
        Where it is one.
    is_depth : bool
        Whether it was recognised as a depth picture.
    """

    kind: Kind
    command: Callable[[Document], Change]
    picture: Picture | None = None
    is_depth: bool = False


def is_picture(path: Path) -> bool:
    """Whether a file is a picture, as far as its name says."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def read(path: Path, *, depth: bool | None = None) -> Import:
    """Read a file, by its suffix: a picture, a depth picture, or a point cloud.

    Parameters
    ----------
    path : Path
    depth : bool, optional
        Whether a picture is one of depth; by default that is told from its bits.

    Raises
    ------
    ObservationError
        It cannot be read.
    """
    from occviewer.observations.depth_image import looks_like_depth

    may_be_depth = is_picture(path) or path.suffix.lower() in _ARRAYS
    if may_be_depth and (looks_like_depth(path) if depth is None else depth):
        return _read_depth(path)
    if is_picture(path):
        return of_picture(Picture.load(path))
    from occviewer.observations import PointCloud, require_usable

    cloud = require_usable(PointCloud.load(path))
    return Import("cloud", lambda document: commands.import_cloud(document, cloud, path))


def of_picture(picture: Picture) -> Import:
    """Begin a shape with a picture, which may be in no file."""
    return Import(
        "picture",
        lambda document: commands.import_picture(document, picture, textured=True),
        picture,
    )


def _read_depth(path: Path) -> Import:
    from occviewer.observations import require_usable
    from occviewer.observations.depth_image import (
        FIELD_OF_VIEW,
        Intrinsics,
        cloud_of_depth,
        read_depth,
    )

    depth = read_depth(path)
    height, width = depth.shape
    cloud = cloud_of_depth(depth, Intrinsics.guessed(width, height), source=path)
    if len(cloud) > _MOST_DEPTH:
        notes = (*cloud.notes, f"kept {_MOST_DEPTH:,} of {len(cloud):,} points")
        cloud = replace(cloud.subsampled(_MOST_DEPTH), notes=notes)
    usable = require_usable(cloud)
    return Import(
        "cloud",
        lambda document: commands.import_cloud(document, usable, path, field_of_view=FIELD_OF_VIEW),
        is_depth=True,
    )
