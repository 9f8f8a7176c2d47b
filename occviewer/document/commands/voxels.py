"""Changes of the voxels that a shape is made of. The code goes with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from occviewer.document.commands.change import Change, quoted, with_new_shape, with_shape
from occviewer.document.errors import DocumentError
from occviewer.document.shape import Shape
from occviewer.document.state import Document
from occviewer.document.voxel_source import VoxelSource
from occviewer.models.placing import Up
from occviewer.observations import VoxelGrid


def import_voxels(document: Document, grid: VoxelGrid, path: Path | None = None) -> Change:
    """Begin a new shape with voxels; they are encoded afterwards."""
    source = VoxelSource(grid, path)
    title = f"Import {quoted(source.name)}" if source.name else "Import voxels"
    return Change(title, with_new_shape(document, Shape(source)))


def set_voxel_threshold(document: Document, threshold: float | None) -> Change:
    """Take cells above another value as occupied; None is the default.

    Raises
    ------
    DocumentError
        No value is above it.
    """
    title = "Default threshold" if threshold is None else f"Voxels above {threshold:.4g}"
    return Change(title, _changed(document, threshold=threshold))


def turn_voxels(document: Document, up: Up | None, yaw: float | None) -> Change:
    """Say which axis of the world points up, and turn the shape about it by degrees."""
    said = [f"up {up}"] if up else []
    said += [f"turned {yaw:g}°"] if yaw is not None else []
    title = f"Stand voxels ({', '.join(said)})" if said else "Take axes as they come"
    return Change(title, _changed(document, up=up, yaw=yaw))


def _changed(document: Document, **changes: Any) -> Document:  # noqa: ANN401 - any field
    source = document.shape.voxels
    if source is None:
        raise DocumentError("There are no voxels to change; open a volume first.")
    if all(getattr(source, name) == value for name, value in changes.items()):
        return document
    return with_shape(document, source=replace(source, **changes), code=None)
