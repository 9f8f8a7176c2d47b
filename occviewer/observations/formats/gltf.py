"""GLB and glTF scenes, read by trimesh."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from occviewer.arrays import UInt8Array
from occviewer.observations.formats.raw import RawCloud, RawMesh, complaint, one_line

# Extensions that say how a surface looks; all others change how it is stored.
_HARMLESS = ("KHR_materials_", "KHR_texture_", "KHR_lights_", "EXT_texture_", "MSFT_texture_")
_JSON_CHUNK = 0x4E4F534A


def read_gltf(path: Path) -> RawCloud | RawMesh:
    """Read all meshes of a scene in world coordinates as one; without any, its points.

    Raises
    ------
    ObservationError
        The file is truncated, compressed in a way that is not supported, or empty.
    """
    import trimesh

    document = _document(path)
    _check(path, document)
    try:
        scene: Any = trimesh.load_scene(
            io.BytesIO(_contents(path)),
            file_type="glb" if _is_glb(path) else "gltf",
            # For the files beside it that a glTF file refers to.
            resolver=trimesh.resolvers.FilePathResolver(str(path)),
            skip_materials=True,
        )
        parts = [part for part in scene.dump() if len(getattr(part, "vertices", ())) > 0]
    except Exception as error:  # trimesh fails in as many ways as files can be broken
        raise complaint(
            path,
            f"cannot be read as glTF ({one_line(error, 80)}); export it again, with its buffers "
            "inside the file.",
        ) from error
    meshes = [part for part in parts if isinstance(part, trimesh.Trimesh) and len(part.faces)]
    chosen = meshes or [part for part in parts if isinstance(part, trimesh.PointCloud)]
    if not chosen:
        raise complaint(path, "holds neither a mesh nor points; export the object itself.")
    notes = [f"joined {len(chosen)} meshes of a scene"] if len(chosen) > 1 else []
    vertices = np.concatenate([np.asarray(part.vertices, dtype=np.float64) for part in chosen])
    if not meshes:
        return RawCloud(vertices, None, _colors(chosen), notes)
    offsets = np.cumsum([0, *(len(part.vertices) for part in chosen)])
    faces = np.concatenate(
        [np.asarray(p.faces, dtype=np.int64) + o for p, o in zip(chosen, offsets, strict=False)]
    )
    return RawMesh(vertices, faces, _colors(chosen), notes)


def _is_glb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"glTF"


def _contents(path: Path) -> bytes:
    """Read the file, of a GLB no more than it declares: trimesh would read on behind it."""
    data = path.read_bytes()
    return data[: int.from_bytes(data[8:12], "little")] if data.startswith(b"glTF") else data


def _document(path: Path) -> dict[str, Any]:
    """Read the scene's description and check the length that a GLB declares."""
    data: bytes
    with path.open("rb") as file:
        if _is_glb(path):
            header = file.read(20)
            size = path.stat().st_size
            length = int.from_bytes(header[8:12], "little")
            json_length = int.from_bytes(header[12:16], "little")
            if len(header) < 20 or length > size or json_length > size - 20:
                raise complaint(
                    path,
                    f"is truncated: it declares {length:,} bytes but has {size:,}; copy or export "
                    "the file again.",
                )
            if int.from_bytes(header[16:20], "little") != _JSON_CHUNK:
                raise complaint(path, "is a damaged GLB file; copy or export the file again.")
            data = file.read(json_length)
            _check_chunks(path, file, length)
        else:
            data = file.read()
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise complaint(
            path, f"has a damaged glTF description ({one_line(error, 80)}); export it again."
        ) from error
    if not isinstance(document, dict):
        raise complaint(path, "has a damaged glTF description; export it again.")
    return document


def _check_chunks(path: Path, file: BinaryIO, length: int) -> None:
    # trimesh asks for as many bytes as a chunk declares, and Python allocates them first.
    at = file.tell()
    while at + 8 <= length:
        file.seek(at)
        declared = int.from_bytes(file.read(8)[:4], "little")
        at += 8 + declared
        if at > length:
            raise complaint(
                path,
                f"is damaged: a part of it declares {declared:,} bytes, more than the file has; "
                "copy or export the file again.",
            )


def _check(path: Path, document: dict[str, Any]) -> None:
    required = document.get("extensionsRequired") or []
    for name in required if isinstance(required, list) else []:
        if not str(name).startswith(_HARMLESS):
            raise complaint(
                path,
                f"is stored with '{one_line(name, 60)}', which is not supported; export it "
                "without compression or quantisation.",
            )
    # trimesh makes an accessor without a buffer as large as it declares itself.
    total = path.stat().st_size
    for buffer in _dicts(document.get("buffers")):
        uri = buffer.get("uri")
        if isinstance(uri, str) and not uri.startswith("data:") and "\0" not in uri:
            beside = path.parent / uri
            total += beside.stat().st_size if beside.is_file() else 0
    for accessor in _dicts(document.get("accessors")):
        count = accessor.get("count")
        if not isinstance(count, int) or not 0 <= count <= total:
            raise complaint(
                path,
                f"is damaged: it declares an array of {one_line(count, 30)} values in a file of "
                f"{total:,} bytes; copy or export the file again.",
            )


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _colors(parts: list[Any]) -> UInt8Array | None:
    """Vertex colours, if every part has them; textures are left out."""
    colors = []
    for part in parts:
        if getattr(part.visual, "kind", None) != "vertex":
            return None
        rgba = np.asarray(part.visual.vertex_colors)
        if rgba.shape != (len(part.vertices), 4):
            return None
        colors.append(rgba[:, :3].astype(np.uint8))
    return np.concatenate(colors)
