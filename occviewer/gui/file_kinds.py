"""What a dropped file is: by its name, and where names do not tell by its arrays. No Qt here."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from occviewer.models.sniffing import weights_in
from occviewer.observations.formats.voxel_files import VOXEL_SUFFIXES
from occviewer.observations.image import IMAGE_SUFFIXES, REFUSED_SUFFIXES

FileKind = Literal["session", "model", "picture", "voxels", "cloud", "code"]

SESSION_SUFFIX = ".occ"
MODEL_SUFFIXES = (".safetensors", ".pt", ".pth", ".tar", ".ckpt")
"""Suffixes of checkpoints, beside ``.npz`` and folders of DeepSDF."""

_ARRAYS = (".npy", ".npz")
_POINT_WIDTHS = (3, 4, 6, 7, 9, 10)  # columns of an organised cloud
_VOXEL_NAMES = ("voxels", "occupancies", "compressed_occupancies", "volume", "grid")


def kind_of_file(path: Path) -> FileKind:
    """Tell what a file is to be opened as; what it is not is said when it is read."""
    name = path.name.lower()
    if name.endswith(SESSION_SUFFIX):
        return "session"
    if name.endswith(MODEL_SUFFIXES) or weights_in(path) != path:
        return "model"
    if name.endswith(IMAGE_SUFFIXES + REFUSED_SUFFIXES):
        return "picture"
    if name.endswith(_ARRAYS):
        return _kind_of_arrays(path)
    return "voxels" if name.endswith(VOXEL_SUFFIXES) else "cloud"


def _kind_of_arrays(path: Path) -> FileKind:
    """Tell codes, clouds, volumes and weights in NumPy's files apart."""
    try:
        shapes = _shapes_in(path)
    except Exception:  # whatever a damaged file does: reading it as a cloud says what it is
        return "cloud"
    if "about" in shapes:
        return "code"
    if "points" in shapes:
        return "cloud"
    volumes = [s for s in shapes.values() if len(s) in (3, 4) and s[-1] not in _POINT_WIDTHS]
    if volumes or any(name in shapes for name in _VOXEL_NAMES):
        return "voxels"
    matrices = [s for s in shapes.values() if len(s) == 2 and min(s) > 0]
    vectors = [s for s in shapes.values() if len(s) == 1]
    layers = len(matrices) > 1 and len(vectors) > 1
    return "model" if path.suffix.lower() == ".npz" and layers else "cloud"


def _shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays of a file, by their names, without reading them."""
    with path.open("rb") as file:
        if path.suffix.lower() == ".npy":
            return {"": _shape(file)}
        with zipfile.ZipFile(file) as archive:
            shapes = {}
            for name in archive.namelist()[:1000]:
                with archive.open(name) as member:
                    shapes[name.removesuffix(".npy").lower()] = _shape(member)  # type: ignore[arg-type]
            return shapes


def _shape(stream: BinaryIO) -> tuple[int, ...]:
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape: tuple[int, ...] = read(stream)[0]
    return shape
