"""From a document to what a session file holds: a JSON object, arrays and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from occviewer import __version__
from occviewer.document.archive import ArchiveWriter, Array
from occviewer.document.directions import Directions
from occviewer.document.errors import DocumentError
from occviewer.document.links import link_to
from occviewer.document.model_reference import ModelReference
from occviewer.document.picture_files import picture_row, suffix_of
from occviewer.document.picture_source import Picture, PictureSource
from occviewer.document.shape import LatentEdit, Shape, ShelfEntry
from occviewer.document.shape_source import ShapeSource
from occviewer.document.source import Placing, Source
from occviewer.document.state import Document
from occviewer.document.voxel_source import VoxelSource, grid_row
from occviewer.observations import PointCloud, VoxelGrid

if TYPE_CHECKING:
    from occviewer.models.codes import Code

FORMAT = "occviewer-session"
VERSION = 2
"""1: all sources are clouds. 2: sources are of several kinds."""

CONTENTS = "session.json"


def pack(document: Document, archive: ArchiveWriter, folder: Path) -> None:
    """Write a document into an archive that will lie in a folder.

    What several shapes share is written once, and is shared again when it is read.
    """
    _Packer(archive, folder).pack(document)


class _Packer:
    """Numbers what shapes share, in tables of the JSON object."""

    def __init__(self, archive: ArchiveWriter, folder: Path) -> None:
        self._archive, self._folder = archive, folder
        self._tables: dict[str, list[dict[str, Any]]] = {
            name: []
            for name in ("models", "clouds", "pictures", "grids", "sources", "codes", "directions")
        }
        self._numbers: dict[tuple[str, int], int] = {}
        self._row_of: dict[str, Callable[[Any, dict[str, Array]], dict[str, Any]]] = {
            "cloud": self._cloud_row,
            "picture": self._picture_row,
            "voxels": self._voxels_row,
        }

    def pack(self, document: Document) -> None:
        contents = {
            "format": FORMAT,
            "version": VERSION,
            "written_by": __version__,
            "model": self._model(document.model),
            "shape": self._shape(document.shape),
            "shelf": [self._entry(n, entry) for n, entry in enumerate(document.shelf)],
            "track": asdict(document.track),
            "pad": asdict(document.pad),
            "extraction": asdict(document.extraction),
            "sampling": asdict(document.sampling),
        }
        self._archive.json(CONTENTS, contents | self._tables)

    def _known(self, table: str, thing: object) -> int | None:
        return self._numbers.get((table, id(thing)))

    def _add(self, table: str, thing: object, row: dict[str, Any]) -> int:
        rows = self._tables[table]
        rows.append(row)
        self._numbers[table, id(thing)] = len(rows) - 1
        return len(rows) - 1

    def _model(self, model: ModelReference | None) -> int | None:
        if model is None:
            return None
        known = self._known("models", model)
        if known is not None:
            return known
        row: dict[str, Any] = {"label": model.label, "sha256": _sha256(model)}
        if model.settings:
            row["settings"] = dict(model.settings)
        if model.path is None:
            row["shipped"] = model.shipped
        else:
            row["path"] = link_to(model.path, self._folder)
        return self._add("models", model, row)

    def _cloud(self, cloud: PointCloud) -> int:
        known = self._known("clouds", cloud)
        if known is not None:
            return known
        row = {"file": self._link(cloud.source), "notes": list(cloud.notes)}
        number = self._add("clouds", cloud, row)
        arrays: dict[str, Array] = {"points": cloud.points}
        if cloud.normals is not None:
            arrays["normals"] = cloud.normals
        if cloud.colors is not None:
            arrays["colors"] = cloud.colors
        self._archive.arrays(f"clouds/{number}.npz", arrays)
        return number

    def _picture(self, picture: Picture) -> int:
        known = self._known("pictures", picture)
        if known is not None:
            return known
        image = picture.image
        suffix = suffix_of(picture)
        row = {"file": self._link(image.source), "notes": list(image.notes), "suffix": suffix}
        number = self._add("pictures", picture, row)
        self._archive.bytes(f"pictures/{number}{suffix}", picture.content)
        return number

    def _grid(self, grid: VoxelGrid) -> int:
        known = self._known("grids", grid)
        if known is not None:
            return known
        arrays: dict[str, Array] = {}
        row = {"file": self._link(grid.source), **grid_row(grid, arrays)}
        number = self._add("grids", grid, row)
        self._archive.arrays(f"grids/{number}.npz", arrays)
        return number

    def _source(self, source: ShapeSource | None) -> int | None:
        if source is None:
            return None
        known = self._known("sources", source)
        if known is not None:
            return known
        arrays: dict[str, Array] = {}
        row = {"kind": source.kind, "file": self._link(source.path)}
        number = self._add("sources", source, row | self._row_of[source.kind](source, arrays))
        if arrays:
            self._archive.arrays(f"masks/{number}.npz", arrays)
        return number

    def _cloud_row(self, source: Source, arrays: dict[str, Array]) -> dict[str, Any]:
        if source.kept is not None:
            arrays["kept"] = np.packbits(source.kept)
        return {
            "cloud": self._cloud(source.cloud),
            "has_deleted": source.kept is not None,
            "crop": source.crop,
            "crop_axes": None if source.crop_axes is None else source.crop_axes.tolist(),
            "count": source.count,
            "noise": source.noise,
            "seed": source.seed,
            "placing": _placing(source.placing),
            "field_of_view": source.field_of_view,
            "depth_camera": None if source.depth_camera is None else asdict(source.depth_camera),
        }

    def _voxels_row(self, source: VoxelSource, arrays: dict[str, Array]) -> dict[str, Any]:
        return {
            "grid": self._grid(source.grid),
            "threshold": source.threshold,
            "up": source.up,
            "yaw": source.yaw,
        }

    def _picture_row(self, source: PictureSource, arrays: dict[str, Array]) -> dict[str, Any]:
        given = source.masking.given
        others = {
            "picture": self._picture(source.picture),
            "given": None if given is None else self._picture(given),
            "network": self._link(source.masking.network),
        }
        return picture_row(source, arrays) | others

    def _code(self, code: Code | None) -> int | None:
        if code is None:
            return None
        known = self._known("codes", code)
        if known is not None:
            return known
        row = {
            "model": code.model,
            "placement": code.placement.as_dict(),
            "notes": list(code.notes),
            "facts": dict(code.facts),
        }
        number = self._add("codes", code, row)
        tensors = {name: t.detach().cpu().numpy() for name, t in code.tensors.items()}
        self._archive.arrays(f"codes/{number}.npz", tensors)
        return number

    def _shape(self, shape: Shape) -> dict[str, Any]:
        return {
            "source": self._source(shape.source),
            "code": self._code(shape.code),
            "edit": self._edit(shape.edit),
        }

    def _edit(self, edit: LatentEdit) -> dict[str, Any]:
        return {
            "offsets": list(edit.offsets),
            "locked": sorted(edit.locked),
            "detail": edit.detail,
            "directions": self._directions(edit.directions),
        }

    def _directions(self, directions: Directions | None) -> int | None:
        if directions is None:
            return None
        known = self._known("directions", directions)
        if known is not None:
            return known
        number = self._add("directions", directions, {"origin": directions.origin})
        self._archive.arrays(f"directions/{number}.npz", directions.arrays())
        return number

    def _entry(self, number: int, entry: ShelfEntry) -> dict[str, Any]:
        if entry.preview:
            self._archive.bytes(f"previews/{number}.png", entry.preview)
        return {
            "id": entry.id,
            "name": entry.name,
            "shape": self._shape(entry.shape),
            "threshold": entry.threshold,
            "model": self._model(entry.model),
            "has_preview": bool(entry.preview),
        }

    def _link(self, path: Path | None) -> dict[str, str] | None:
        return None if path is None else link_to(path, self._folder)


def _sha256(model: ModelReference) -> str:
    try:
        return model.sha256
    except DocumentError:
        # A session can be saved while the drive with its model is away.
        return ""


def _placing(placing: Placing) -> dict[str, Any]:
    placement = placing.placement
    return {
        "align": placing.align,
        "up": placing.up,
        "yaw": placing.yaw,
        "placement": None if placement is None else placement.as_dict(),
    }
