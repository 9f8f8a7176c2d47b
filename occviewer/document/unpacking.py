"""From what a session file holds back to a document. What it says is not believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from occviewer.arrays import BoolArray
from occviewer.document.archive import ArchiveReader
from occviewer.document.checks import require
from occviewer.document.directions import Directions
from occviewer.document.errors import DocumentError
from occviewer.document.links import places
from occviewer.document.model_reference import ModelReference, sha256_of
from occviewer.document.picture_files import SUFFIXES, picture_source
from occviewer.document.picture_source import Picture, found_camera
from occviewer.document.settings import BlendPad, ExtractionSettings, SamplingSettings, Track
from occviewer.document.shape import LatentEdit, Shape, ShelfEntry
from occviewer.document.shape_source import ShapeSource
from occviewer.document.source import Placing, Source
from occviewer.document.state import Document
from occviewer.document.voxel_source import VoxelSource, grid_of
from occviewer.observations import PointCloud, VoxelGrid
from occviewer.observations.depth_camera import DepthCamera
from occviewer.observations.image import Image
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.models.codes import Code

_T = TypeVar("_T")
_Settings = TypeVar("_Settings", Track, BlendPad, ExtractionSettings, SamplingSettings)


def unpack(
    contents: Mapping[str, Any], archive: ArchiveReader, folder: Path
) -> tuple[Document, tuple[str, ...]]:
    """Make the document that `contents` describe, and notes that a person should read.

    Parameters
    ----------
    contents : mapping
        The JSON object; keys that are not known are passed over.
    archive : ArchiveReader
        Where arrays and pictures are.
    folder : Path
        Where the session file lies, for its relative links.

    Raises
    ------
    Exception
        Of any kind, where something is not as it must be.
    """
    return _Unpacker(contents, archive, folder).unpack()


class _Unpacker:
    """Reads tables first, and gives shapes their rows: what was shared is shared again."""

    def __init__(self, contents: Mapping[str, Any], archive: ArchiveReader, folder: Path) -> None:
        self._contents, self._archive, self._folder = contents, archive, folder
        self.notes: list[str] = []
        self._models = self._models_at_hand()
        self._clouds = [self._cloud(n, row) for n, row in self._rows("clouds")]
        self._pictures = [self._picture(n, row) for n, row in self._rows("pictures")]
        self._grids = [self._grid(n, row) for n, row in self._rows("grids")]
        self._sources = [self._source(n, row) for n, row in self._rows("sources")]
        self._codes = [self._code(n, row) for n, row in self._rows("codes")]
        self._directions = [self._direction(n, row) for n, row in self._rows("directions")]

    def unpack(self) -> tuple[Document, tuple[str, ...]]:
        contents = self._contents
        document = Document(
            _optional(self._models, contents.get("model")),
            self._shape(_object(contents["shape"])),
            tuple(self._entry(n, row) for n, row in self._rows("shelf")),
            _settings(Track, contents.get("track", {})),
            _settings(BlendPad, contents.get("pad", {})),
            _settings(ExtractionSettings, contents.get("extraction", {})),
            _settings(SamplingSettings, contents.get("sampling", {})),
        )
        return document, tuple(self.notes)

    def _rows(self, table: str) -> list[tuple[int, Mapping[str, Any]]]:
        rows = self._contents.get(table, [])
        require(isinstance(rows, list), f"{table} is no list")
        return [(number, _object(row)) for number, row in enumerate(rows)]

    def _models_at_hand(self) -> list[ModelReference]:
        """Read the table of models, and look whether the present one is still what it was."""
        models = []
        for number, row in self._rows("models"):
            is_present = number == self._contents.get("model")
            models.append(self._present(row) if is_present else self._reference(row)[0])
        return models

    def _reference(self, row: Mapping[str, Any]) -> tuple[ModelReference, list[Path]]:
        label, digest = row.get("label", ""), row.get("sha256", "")
        settings = tuple(_object(row.get("settings", {})).items())
        if "shipped" in row:
            reference = ModelReference(row["shipped"], None, label, digest, settings)
            return reference, [reference.file]
        candidates = places(_object(row["path"]), self._folder)
        existing = [path for path in candidates if path.is_file()]
        path = (existing or candidates)[0]
        return ModelReference("", path, label, digest, settings), existing or candidates

    def _present(self, row: Mapping[str, Any]) -> ModelReference:
        reference, candidates = self._reference(row)
        found: dict[str, Path] = {}
        for path in candidates:
            if path.is_file():
                try:
                    found.setdefault(sha256_of(path), path)
                except DocumentError as error:
                    self.notes.append(str(error))
        if not found:
            remedy = "update OccViewer" if reference.shipped else "put it there, or open it"
            self.notes.append(
                f"The model {reference.label!r} of this session is missing "
                f"({reference.file}); {remedy} to go on with its shapes."
            )
            return reference
        digest = reference.digest if reference.digest in found else next(iter(found))
        if reference.digest and digest != reference.digest:
            self.notes.append(
                f"The model {reference.label!r} ({found[digest]}) is not the one that this "
                "session was saved with; shapes may look different."
            )
        if reference.path is None:
            return replace(reference, digest=digest)
        return replace(reference, path=found[digest], digest=digest)

    def _cloud(self, number: int, row: Mapping[str, Any]) -> PointCloud:
        arrays = self._archive.arrays(f"clouds/{number}.npz")
        kinds = {"points": np.float64, "normals": np.float32, "colors": np.uint8}
        parts = {name: arrays[name] for name in kinds if name in arrays}
        require(
            all(part.dtype == kinds[name] for name, part in parts.items()),
            "the arrays of a cloud have other types",
        )
        cloud = PointCloud(
            parts["points"],
            parts.get("normals"),
            parts.get("colors"),
            self._path(row.get("file")),
            _texts(row.get("notes", [])),
        )
        require(len(cloud) == len(parts["points"]), "a cloud has points that are not finite")
        return cloud

    def _picture(self, number: int, row: Mapping[str, Any]) -> Picture:
        suffix = row["suffix"]
        require(suffix in SUFFIXES, "a picture is of no known kind")
        content = self._archive.picture(f"pictures/{number}{suffix}")
        source, notes = self._path(row.get("file")), _texts(row.get("notes", []))
        return Picture(Image(Image.decode(content).channels, source, notes), content)

    def _grid(self, number: int, row: Mapping[str, Any]) -> VoxelGrid:
        values = self._archive.arrays(f"grids/{number}.npz")["values"]
        return grid_of(row, values, self._path(row.get("file")))

    def _voxel_source(self, number: int, row: Mapping[str, Any]) -> ShapeSource:
        grid = _one_of(self._grids, row["grid"])
        path, threshold = self._path(row.get("file")), row.get("threshold")
        return VoxelSource(grid, path, threshold, row.get("up"), row.get("yaw"))

    def _source(self, number: int, row: Mapping[str, Any]) -> ShapeSource:
        kinds = {
            "cloud": self._cloud_source,
            "picture": self._picture_source,
            "voxels": self._voxel_source,
        }
        return kinds[row.get("kind", "cloud")](number, row)

    def _picture_source(self, number: int, row: Mapping[str, Any]) -> ShapeSource:
        arrays = self._archive.arrays(f"masks/{number}.npz") if row.get("has_arrays") else {}
        return picture_source(
            row,
            arrays,
            _one_of(self._pictures, row["picture"]),
            _optional(self._pictures, row.get("given")),
            self._path(row.get("file")),
            self._path(row.get("network")),
        )

    def _cloud_source(self, number: int, row: Mapping[str, Any]) -> ShapeSource:
        cloud, camera = _one_of(self._clouds, row["cloud"]), row.get("depth_camera")
        return Source(
            cloud,
            self._path(row.get("file")),
            self._mask(number, len(cloud)) if row.get("has_deleted", False) else None,
            row.get("crop"),
            row.get("count"),
            row.get("noise", 0.0),
            row.get("seed", 0),
            _placing(_object(row.get("placing", {}))),
            row.get("crop_axes"),
            row.get("field_of_view"),
            None if camera is None else DepthCamera.from_dict(_object(camera)),
        )

    def _mask(self, number: int, count: int) -> BoolArray:
        bits = self._archive.arrays(f"masks/{number}.npz")["kept"]
        require(bits.shape == (-(-count // 8),) and bits.dtype == np.uint8, "a mask does not fit")
        return np.unpackbits(bits, count=count).astype(bool)

    def _code(self, number: int, row: Mapping[str, Any]) -> Code:
        # Torch takes long to import, and a session without a shape does without.
        from torch import from_numpy

        from occviewer.models.codes import Code

        arrays = self._archive.arrays(f"codes/{number}.npz")
        require(bool(arrays), "a code without numbers")
        tensors = {name: array.astype(np.float32) for name, array in arrays.items()}
        require(all(np.isfinite(t).all() for t in tensors.values()), "a code that is not finite")
        require(isinstance(row["model"], str), "the model of a code is no text")
        return Code(
            {name: from_numpy(array) for name, array in tensors.items()},
            Placement.from_dict(_object(row["placement"])),
            row["model"],
            _texts(row.get("notes", [])),
            _object(row.get("facts", {})),
        )

    def _shape(self, row: Mapping[str, Any]) -> Shape:
        edit = _object(row.get("edit", {}))
        values = {name: edit[name] for name in _names(LatentEdit) if name in edit}
        values["directions"] = _optional(self._directions, edit.get("directions"))
        source = _optional(self._sources, row.get("source"))
        code = _optional(self._codes, row.get("code"))
        if code is not None:
            found_camera(code)  # which nobody would believe later
        return Shape(source, code, LatentEdit(**values))

    def _direction(self, number: int, row: Mapping[str, Any]) -> Directions:
        arrays = self._archive.arrays(f"directions/{number}.npz")
        parts = {name: arrays[name] for name in ("mean", "basis", "ranges", "shares")}
        return Directions(**parts, origin=row["origin"])

    def _entry(self, number: int, row: Mapping[str, Any]) -> ShelfEntry:
        has_preview = row.get("has_preview", False)
        return ShelfEntry(
            row["id"],
            row["name"],
            self._shape(_object(row["shape"])),
            row.get("threshold"),
            _optional(self._models, row.get("model")),
            self._archive.picture(f"previews/{number}.png") if has_preview else b"",
        )

    def _path(self, link: object) -> Path | None:
        if link is None:
            return None
        candidates = places(_object(link), self._folder)
        return next((path for path in candidates if path.exists()), candidates[0])


def _one_of(table: list[_T], number: object) -> _T:
    # A bool is an int too, and a negative index would be another row.
    if type(number) is not int or not 0 <= number < len(table):
        raise ValueError(f"there is no number {number!r}")
    return table[number]


def _optional(table: list[_T], number: object) -> _T | None:
    return None if number is None else _one_of(table, number)


def _placing(row: Mapping[str, Any]) -> Placing:
    placement = row.get("placement")
    return Placing(
        row.get("align", "auto"),
        row.get("up"),
        row.get("yaw"),
        None if placement is None else Placement.from_dict(_object(placement)),
    )


def _settings(kind: type[_Settings], data: object) -> _Settings:
    known = _object(data)
    return kind(**{name: known[name] for name in _names(kind) if name in known})


def _names(kind: Any) -> list[str]:  # noqa: ANN401 - a dataclass
    return [item.name for item in fields(kind)]


def _object(data: object) -> dict[str, Any]:
    require(isinstance(data, dict), "a JSON object is missing")
    return data  # type: ignore[return-value]


def _texts(data: object) -> tuple[str, ...]:
    require(isinstance(data, list) and all(isinstance(t, str) for t in data), "texts are missing")
    return tuple(data)  # type: ignore[arg-type]
