"""Writing point clouds, so that no half file is ever seen."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from occviewer.errors import ObservationError
from occviewer.observations.formats.pcd_writing import write_pcd
from occviewer.observations.formats.raw import CHUNK_ROWS, complaint, one_line, shown

if TYPE_CHECKING:
    from occviewer.observations.point_cloud import PointCloud


def write_point_cloud(
    cloud: PointCloud, path: str | os.PathLike[str], encoding: str | None = None
) -> None:
    """Write a cloud in the format of the suffix. See `PointCloud.save`."""
    path = Path(path)
    encodings = _WRITERS.get(path.suffix.lower())
    if encodings is None:
        raise ObservationError(
            f"{shown(path)} cannot be written: a point cloud is saved as one of "
            f"{', '.join(WRITABLE_SUFFIXES)}, so change the suffix."
        )
    encoding = encoding or next(iter(encodings))
    if encoding not in encodings:
        raise ObservationError(
            f"{shown(path)} cannot be written as '{encoding}': {path.suffix} files are "
            f"{' or '.join(encodings)}; choose one of these or another suffix."
        )
    write = encodings[encoding]
    # In the same folder: a rename is only atomic within one file system.
    temporary = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        if path.is_dir():
            raise complaint(path, "is a folder; choose a file name in it.")
        with temporary.open("xb") as file:
            write(cloud, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _system_error(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _write_ply(cloud: PointCloud, file: BinaryIO) -> None:
    fields = _fields(cloud)
    file.write(_ply_header(cloud, "binary_little_endian"))
    for rows in _chunks(cloud):
        table = np.empty(len(rows[0]), fields)
        columns = [column for part in rows for column in part.T]
        for (name, _), column in zip(fields, columns, strict=True):
            table[name] = column
        file.write(table.tobytes())


def _write_ply_ascii(cloud: PointCloud, file: BinaryIO) -> None:
    file.write(_ply_header(cloud, "ascii"))
    _write_lines(cloud, file, " ")


def _ply_header(cloud: PointCloud, storage: str) -> bytes:
    words = {"<f8": "double", "<f4": "float", "u1": "uchar"}
    header = ["ply", f"format {storage} 1.0", f"element vertex {len(cloud)}"]
    header += [f"property {words[kind]} {name}" for name, kind in _fields(cloud)]
    return "\n".join([*header, "end_header", ""]).encode("ascii")


def _write_xyz(cloud: PointCloud, file: BinaryIO) -> None:
    file.write(f"# {' '.join(name for name, _ in _fields(cloud))}\n".encode("ascii"))
    _write_lines(cloud, file, " ")


def _write_csv(cloud: PointCloud, file: BinaryIO) -> None:
    file.write(f"{','.join(name for name, _ in _fields(cloud))}\n".encode("ascii"))
    _write_lines(cloud, file, ",")


def _write_obj(cloud: PointCloud, file: BinaryIO) -> None:
    for start in range(0, len(cloud), CHUNK_ROWS):
        rows: Any = cloud.points[start : start + CHUNK_ROWS]
        line = "v %.15g %.15g %.15g\n"
        if cloud.colors is not None:
            # Colours of vertices are a habit of many programs, from 0 to 1.
            rows = np.hstack([rows, cloud.colors[start : start + CHUNK_ROWS] / 255])
            line = "v %.15g %.15g %.15g %.4f %.4f %.4f\n"
        file.write("".join(line % tuple(row) for row in rows.tolist()).encode("ascii"))


def _write_lines(cloud: PointCloud, file: BinaryIO, separator: str) -> None:
    formats = {"<f8": "%.15g", "<f4": "%.8g", "u1": "%d"}
    line = separator.join(formats[kind] for _, kind in _fields(cloud)) + "\n"
    for rows in _chunks(cloud):
        columns = [column.tolist() for part in rows for column in part.T]
        text = "".join(line % values for values in zip(*columns, strict=True))
        file.write(text.encode("ascii"))


def _fields(cloud: PointCloud) -> list[tuple[str, str]]:
    """Names of the columns, and their types in numpy's words."""
    fields = [(axis, "<f8") for axis in "xyz"]
    if cloud.normals is not None:
        fields += [(name, "<f4") for name in ("nx", "ny", "nz")]
    if cloud.colors is not None:
        fields += [(name, "u1") for name in ("red", "green", "blue")]
    return fields


def _write_npz(cloud: PointCloud, file: BinaryIO) -> None:
    arrays: dict[str, Any] = {"points": cloud.points}
    if cloud.normals is not None:
        arrays["normals"] = cloud.normals
    if cloud.colors is not None:
        arrays["colors"] = cloud.colors
    np.savez(file, **arrays)


def _write_npy(cloud: PointCloud, file: BinaryIO) -> None:
    np.save(file, cloud.points)


# The encodings of each format; the first is the one that is written unless asked.
_WRITERS: dict[str, dict[str, Callable[[PointCloud, BinaryIO], None]]] = {
    ".ply": {"binary": _write_ply, "ascii": _write_ply_ascii},
    ".pcd": {
        "binary": partial(write_pcd, storage="binary"),
        "ascii": partial(write_pcd, storage="ascii"),
        "compressed": partial(write_pcd, storage="binary_compressed"),
    },
    ".xyz": {"ascii": _write_xyz},
    ".txt": {"ascii": _write_xyz},
    ".csv": {"ascii": _write_csv},
    ".obj": {"ascii": _write_obj},
    ".npz": {"binary": _write_npz},
    ".npy": {"binary": _write_npy},
}

WRITABLE_SUFFIXES = tuple(_WRITERS)
"""Suffixes of the files that can be written."""


def _chunks(cloud: PointCloud) -> Any:  # noqa: ANN401
    parts = [p for p in (cloud.points, cloud.normals, cloud.colors) if p is not None]
    for start in range(0, len(cloud), CHUNK_ROWS):
        yield [part[start : start + CHUNK_ROWS] for part in parts]


def _system_error(path: Path, error: OSError) -> ObservationError:
    if isinstance(error, FileNotFoundError):
        return complaint(path, "cannot be written: its folder does not exist; make it first.")
    if isinstance(error, PermissionError):
        return complaint(
            path, "may not be written; choose another folder or give yourself permission."
        )
    reason = one_line(error.strerror or error, 100)
    return complaint(path, f"cannot be written ({reason}); free some space or choose another disk.")
