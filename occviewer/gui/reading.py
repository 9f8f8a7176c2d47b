"""Reads files that become sources of shapes, each kind in its way. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from occviewer.document import commands
from occviewer.document.commands import Change
from occviewer.document.picture_source import Picture
from occviewer.document.state import Document
from occviewer.observations.image import IMAGE_SUFFIXES

Import = Callable[[Document], Change]
"""A command that begins a new shape with what was read."""


def read(path: Path) -> Import:
    """Read a file, by its suffix: a picture, or a point cloud; takes a while.

    Raises
    ------
    ObservationError
        It cannot be read.
    """
    return _read_picture(path) if is_picture(path) else _read_cloud(path)


def is_picture(path: Path) -> bool:
    """Whether a file is a picture, as far as its name says."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def _read_picture(path: Path) -> Import:
    picture = Picture.load(path)
    return lambda document: commands.import_picture(document, picture, path)


def _read_cloud(path: Path) -> Import:
    from occviewer.observations import PointCloud, require_usable

    cloud = require_usable(PointCloud.load(path))
    return lambda document: commands.import_cloud(document, cloud, path)
