"""The front door of the readers: from a path to a `PointCloud` or one clear sentence."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.errors import ObservationError
from occviewer.observations.formats.e57 import read_e57
from occviewer.observations.formats.gltf import read_gltf
from occviewer.observations.formats.las import read_las
from occviewer.observations.formats.numpy_files import read_npy, read_npz
from occviewer.observations.formats.obj import read_obj
from occviewer.observations.formats.off import read_off
from occviewer.observations.formats.pcd import read_pcd
from occviewer.observations.formats.ply import read_ply
from occviewer.observations.formats.raw import RawCloud, RawMesh, complaint, one_line
from occviewer.observations.formats.stl import read_stl
from occviewer.observations.formats.text import read_text
from occviewer.observations.sampling import sample_surface
from occviewer.observations.sniffing import FORMAT_OF_SUFFIX, HEAD, sniff

if TYPE_CHECKING:
    from occviewer.observations.point_cloud import PointCloud

READABLE_SUFFIXES = tuple(FORMAT_OF_SUFFIX)
"""Suffixes of the files that are read, with their dots and in lower case."""

_READERS: dict[str, Callable[[Path], RawCloud | RawMesh]] = {
    "PLY": read_ply,
    "OBJ": read_obj,
    "OFF": read_off,
    "STL": read_stl,
    "text": read_text,
    "NPY": read_npy,
    "NPZ": read_npz,
    "PCD": read_pcd,
    "LAS": read_las,
    "E57": read_e57,
    "glTF": read_gltf,
}


def read_point_cloud(
    path: str | os.PathLike[str], *, mesh_samples: int = 30_000, seed: int = 0
) -> PointCloud:
    """Read a point cloud, or sample the surface of a mesh. See `PointCloud.load`."""
    from occviewer.observations.point_cloud import PointCloud

    if mesh_samples < 1:
        raise ObservationError(
            f"A mesh cannot be sampled with {mesh_samples} points; ask for one at least."
        )
    path = Path(path)
    try:
        size = _checked_size(path)
        with path.open("rb") as file:
            head = file.read(HEAD)
        name, note = sniff(path, head, size)
        raw = _READERS[name](path)
        if isinstance(raw, RawMesh):
            raw = _sampled(path, raw, mesh_samples, seed)
        _hand_over(raw)
        notes = [note, *raw.notes] if note else raw.notes
        cloud = PointCloud(raw.points, raw.normals, raw.colors, source=path, notes=tuple(notes))
    except ObservationError:
        raise
    except OSError as error:
        raise _system_error(path, error) from error
    except MemoryError as error:
        raise complaint(
            path, "does not fit into the memory of this machine; thin the points out first."
        ) from error
    except Exception as error:  # whatever a damaged file does to a reader, people get a sentence
        raise complaint(
            path,
            f"is damaged and cannot be read ({one_line(error, 100)}); copy or export the file "
            "again.",
        ) from error
    if not len(raw.points):
        raise complaint(path, "holds no points; check that the export was not empty.")
    if not len(cloud):
        raise complaint(
            path,
            f"has no usable point: the coordinates of all {len(raw.points):,} are NaN or "
            "infinite; export it again.",
        )
    return cloud


def _checked_size(path: Path) -> int:
    try:
        status = path.stat()
    except ValueError as error:  # a NUL in the name
        raise complaint(path, "is no possible file name; choose a file.") from error
    if stat.S_ISDIR(status.st_mode):
        raise complaint(path, "is a folder; choose a file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise complaint(path, "is not a regular file; choose a file that holds a point cloud.")
    if status.st_size == 0:
        raise complaint(path, "is empty (0 bytes); copy or export the file again.")
    return status.st_size


def _sampled(path: Path, mesh: RawMesh, count: int, seed: int) -> RawCloud:
    try:
        cloud = sample_surface(mesh, count, seed)
    except IndexError as error:
        raise complaint(
            path,
            f"is damaged: a face refers to vertex number {error} (counted from 0) of "
            f"{len(mesh.vertices):,}; export the mesh again.",
        ) from error
    if cloud is None:
        raise complaint(
            path,
            f"is a mesh whose {len(mesh.faces):,} triangles have no area, so no points can be "
            "sampled on it; export the mesh again.",
        )
    return cloud


def _hand_over(raw: RawCloud) -> None:
    # Read-only arrays are taken over by the cloud instead of being copied.
    for array in (raw.points, raw.normals, raw.colors):
        if array is not None:
            array.setflags(write=False)


def _system_error(path: Path, error: OSError) -> ObservationError:
    if isinstance(error, FileNotFoundError):
        return complaint(path, "does not exist; check the path.")
    if isinstance(error, NotADirectoryError):
        return complaint(path, "does not exist, because its folder is a file; check the path.")
    if isinstance(error, PermissionError):
        return complaint(path, "may not be read; give yourself permission to read it.")
    reason = one_line(error.strerror or error, 100)
    return complaint(path, f"cannot be read ({reason}); check the disk and the path.")
