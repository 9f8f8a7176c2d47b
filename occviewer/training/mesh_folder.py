"""Any folder of meshes as the sources of a data set."""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from occviewer.errors import DataError
from occviewer.training.credits import Credits, credits_of_file, credits_of_mesh, licence_file
from occviewer.training.prepare import MeshSource
from occviewer.training.shape_file import ShapeRecord

MESH_SUFFIXES = frozenset({".obj", ".off", ".ply", ".stl", ".glb", ".gltf", ".3mf"})
"""What `folder_sources` takes for a mesh."""

_SPLIT_FOLDERS = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}


def axes_rotation(up: str, front: str | None = None) -> tuple[float, ...]:
    """Row-major rotation (9 floats) that takes the axis `up` to +Y and `front` to +Z.

    Without `front`, it is +Z for shapes that stand on X or Y, and -Y, as Blender has
    it, for shapes that stand on Z.

    Raises
    ------
    DataError
        When the two axes lie on one line.
    """
    if front is None:
        front = "-y" if up.endswith("z") else "z"
    if up[-1] == front[-1]:
        raise DataError(f"The front of a shape cannot be {front} when up is {up}.")
    top, ahead = _axis(up), _axis(front)
    return tuple(float(v) for v in np.concatenate([np.cross(top, ahead), top, ahead]))


def folder_sources(
    folder: Path,
    *,
    rotation: tuple[float, ...],
    val_share: float,
    test_share: float,
    category: str = "",
    creator: str = "",
    licence: str = "",
) -> Iterator[MeshSource]:
    """Every mesh in `folder` and its subfolders, by path.

    Parameters
    ----------
    rotation : tuple of 9 float
        See `axes_rotation`.
    val_share, test_share : float
        Shares in 0…1. A shape's split depends on nothing but its path, so that it stays
        when shapes come or go; folders named train, val and test go before.
    category : str
        For all shapes; when empty, the first subfolder's name (``object`` for meshes
        that lie in none).
    creator, licence : str
        For meshes that come without a notice. Notices are read from the mesh file, then
        from the nearest licence file, from the mesh's own folder up to `folder`.

    Raises
    ------
    DataError
        When the folder does not exist or holds no meshes.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: give the folder that holds the meshes.")
    given = Credits(creator=creator, licence=licence)
    found = False
    for path in _meshes(folder):
        found = True
        place = path.relative_to(folder)
        folders = [part for part in place.parts[:-1] if part.lower() not in _SPLIT_FOLDERS]
        split = next(
            (_SPLIT_FOLDERS[p.lower()] for p in place.parts[:-1] if p.lower() in _SPLIT_FOLDERS),
            _split(place.with_suffix("").as_posix(), val_share, test_share),
        )
        credits = credits_of_mesh(path).completed_by(_notice(path.parent, folder))
        credits = credits.completed_by(given)
        record = ShapeRecord(
            name=_name(place),
            category=category or (_slug(folders[0]) if folders else "object"),
            split=split,
            source=place.as_posix(),
            title=credits.title or path.stem,
            creator=credits.attribution,
            licence=credits.licence,
            library=folder.resolve().name,
            url=credits.url,
        )
        yield MeshSource(path, record, rotation)
    if not found:
        raise DataError(
            f"{folder} holds no meshes: {', '.join(sorted(MESH_SUFFIXES))} files are looked for, "
            "also in subfolders."
        )


def _axis(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    vector = np.zeros(3)
    vector["xyz".index(name[-1])] = -1.0 if name.startswith("-") else 1.0
    return vector


def _meshes(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            if path.suffix.lower() in MESH_SUFFIXES and not name.startswith("."):
                yield path


def _split(name: str, val_share: float, test_share: float) -> str:
    digest = hashlib.sha256(name.encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    if share < test_share:
        return "test"
    return "val" if share < test_share + val_share else "train"


@lru_cache(maxsize=1024)
def _notice(inner: Path, outer: Path) -> Credits:
    """Credits by the nearest licence file between two folders."""
    for folder in (inner, *inner.parents):
        path = licence_file(folder)
        if path:
            credits = credits_of_file(path)
            unnamed = Credits(licence=f"see {path.relative_to(outer).as_posix()}")
            return credits.completed_by(unnamed)
        if folder == outer:
            break
    return Credits()


def _name(place: Path) -> str:
    # The checksum keeps a.obj apart from a.ply and from A.obj, whatever is added later.
    slug = _slug(place.with_suffix("").as_posix())[-80:].strip("-")
    return f"{slug}-{zlib.crc32(place.as_posix().encode()):08x}".lstrip("-")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"
