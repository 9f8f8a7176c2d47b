"""Reads files that become sources of shapes, each kind in its way. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from occviewer.document import commands
from occviewer.document.commands import Change
from occviewer.document.picture_source import Picture
from occviewer.document.state import Document
from occviewer.gui.file_kinds import FileKind, kind_of_file

Import = Callable[[Document], Change]
"""A command that begins a new shape with what was read."""


def read(path: Path, model: str = "") -> Import:
    """Read a file by its kind: a picture, voxels, a saved code, else a point cloud.

    It takes a while.

    Parameters
    ----------
    path : Path
    model : str
        Name of the open model, whose codes can be opened.

    Raises
    ------
    ObservationError, CodeError
        It cannot be read, or is a code of another model.
    """
    kind = kind_of_file(path)
    return _read_code(path, model) if kind == "code" else _READERS.get(kind, _read_cloud)(path)


def _read_picture(path: Path) -> Import:
    picture = Picture.load(path)
    return lambda document: commands.import_picture(document, picture, path)


def _read_cloud(path: Path) -> Import:
    from occviewer.observations import PointCloud, require_usable

    cloud = require_usable(PointCloud.load(path))
    return lambda document: commands.import_cloud(document, cloud, path)


def _read_voxels(path: Path) -> Import:
    from occviewer.observations import VoxelGrid

    grid = VoxelGrid.load(path)
    return lambda document: commands.import_voxels(document, grid, path)


def _read_code(path: Path, model: str) -> Import:
    from occviewer.models import Code, CodeError

    code = Code.load(path)
    if code.model != model:
        raise CodeError(
            f"{path} is a code of the model {code.model!r}, and {model or 'none'} is open; open "
            "that model first."
        )
    return lambda document: commands.take_code(document, code, f"Open code “{path.stem}”", 1.0)


_READERS: dict[FileKind, Callable[[Path], Import]] = {
    "picture": _read_picture,
    "voxels": _read_voxels,
}
