"""Reads files that become sources of shapes, each kind in its way. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from occviewer.document import commands
from occviewer.document.commands import Change
from occviewer.document.picture_source import Picture
from occviewer.document.session import load_session
from occviewer.document.shape_source import Kind
from occviewer.document.state import Document
from occviewer.gui.file_kinds import kind_of_file

_MOST_DEPTH = 600_000  # points: the field of view is changed while the window waits


@dataclass(frozen=True, eq=False)
class Import:
    """What was read, and the command that begins a new shape with it.

    Attributes
    ----------
    kind : Kind or None
        What the model has to take; None for a code, which it made itself.
    command : callable
    is_depth : bool
        Whether it was recognised as a depth picture.
    """

    kind: Kind | None
    command: Callable[[Document], Change]
    is_depth: bool = False


def read(path: Path, *, depth: bool | None = None, model: str = "") -> Import:
    """Read a file by its kind: a picture, a depth picture, voxels, a code, or a point cloud.

    Parameters
    ----------
    path : Path
    depth : bool, optional
        Whether a picture is one of depth; by default that is told from its bits.
    model : str
        Name of the open model, whose codes can be opened.

    Raises
    ------
    ObservationError, CodeError
        It cannot be read, or is a code of another model.
    """
    from occviewer.observations.depth_image import DEPTH_SUFFIXES, looks_like_depth

    kind = kind_of_file(path)
    may_be_depth = kind == "picture" or path.suffix.lower() in DEPTH_SUFFIXES
    if may_be_depth and (looks_like_depth(path) if depth is None else depth):
        return _read_depth(path)
    match kind:
        case "picture":
            return of_picture(Picture.load(path))
        case "voxels":
            return _read_voxels(path)
        case "code":
            return _read_code(path, model)
    return _read_cloud(path)


def read_session(path: Path) -> tuple[Document, tuple[str, ...]]:
    """Read a session file, and find out what the window asks of its scan at once.

    Raises
    ------
    DocumentError, ObservationError
        It cannot be read.
    """
    document, notes = load_session(path)
    if document.shape.scan is not None:
        _ = document.shape.scan.cloud.bounds
    return document, notes


def of_picture(picture: Picture) -> Import:
    """Begin a shape with a picture, which may be in no file."""
    return Import(
        "picture",
        lambda document: commands.import_picture(document, picture, textured=True),
    )


def _read_cloud(path: Path) -> Import:
    from occviewer.observations import PointCloud, require_usable

    cloud = require_usable(PointCloud.load(path))
    _ = cloud.bounds  # found in this thread: the window asks for them
    return Import("cloud", lambda document: commands.import_cloud(document, cloud, path))


def _read_voxels(path: Path) -> Import:
    from occviewer.observations import VoxelGrid

    grid = VoxelGrid.load(path)
    return Import("voxels", lambda document: commands.import_voxels(document, grid, path))


def _read_code(path: Path, model: str) -> Import:
    from occviewer.models import Code, CodeError

    code = Code.load(path)
    if code.model != model:
        raise CodeError(
            f"{path} is a code of the model {code.model!r}, and {model or 'none'} is open; open "
            "that model first."
        )
    title = f"Open code “{path.stem}”"
    return Import(None, lambda document: commands.take_code(document, code, title, 1.0))


def _read_depth(path: Path) -> Import:
    from occviewer.observations import require_usable
    from occviewer.observations.depth_camera import FIELD_OF_VIEW, DepthCamera, Intrinsics
    from occviewer.observations.depth_image import cloud_of_depth, read_depth

    depth = read_depth(path)
    height, width = depth.shape
    camera = DepthCamera((width, height), Intrinsics.guessed(width, height))
    cloud = cloud_of_depth(depth, camera.intrinsics, source=path)
    if len(cloud) > _MOST_DEPTH:
        notes = (*cloud.notes, f"kept {_MOST_DEPTH:,} of {len(cloud):,} points")
        cloud = replace(cloud.subsampled(_MOST_DEPTH), notes=notes)
    usable = require_usable(cloud)
    _ = usable.bounds
    return Import(
        "cloud",
        lambda document: commands.import_cloud(
            document, usable, path, field_of_view=FIELD_OF_VIEW, depth_camera=camera
        ),
        is_depth=True,
    )
