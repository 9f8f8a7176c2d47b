"""NPY and NPZ files, never with pickled objects."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.errors import ObservationError
from occviewer.observations.formats.columns import (
    find_color,
    find_normal,
    find_position,
    guess_columns,
    scale_colors,
)
from occviewer.observations.formats.raw import RawCloud, RawMesh, complaint, one_line

_POINT_KEYS = (
    "points",
    "xyz",
    "pointcloud",
    "point_cloud",
    "pc",
    "pcd",
    "pos",
    "positions",
    "coords",
    "coord",
    "vertices",
    "verts",
    "arr_0",
)
_NORMAL_KEYS = ("normals", "normal", "vertex_normals")
_COLOR_KEYS = ("colors", "colours", "color", "colour", "rgb")
_FACE_KEYS = ("faces", "triangles")
_LONGEST_HEADER = 1 << 16

_ReadHeader = Callable[[BinaryIO], tuple[tuple[int, ...], bool, np.dtype[Any]]]


def read_npy(path: Path) -> RawCloud:
    """Read an array of points: (N, 3), (N, 6 …), (3, N), (H, W, 3) or structured x, y, z.

    Raises
    ------
    ObservationError
        The array has another shape, is truncated or holds Python objects.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        _check_header(path, file, size, "")
        file.seek(0)
        array = np.lib.format.read_array(file, allow_pickle=False)
    return _cloud(path, array, "its array")


def read_npz(path: Path) -> RawCloud | RawMesh:
    """Read an archive with points and, where there are any, normals, colours or faces.

    Knows the ``pointcloud.npz`` of Occupancy Networks (points, normals, loc, scale):
    the points stay in the frame in which they are stored.

    Raises
    ------
    ObservationError
        No array looks like points, or the archive is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {n.removesuffix(".npy"): n for n in archive.namelist() if n.endswith(".npy")}
            if not members:
                raise complaint(
                    path,
                    "is a zip archive without numpy arrays; unpack it and open the point cloud "
                    "in it.",
                )
            return _from_archive(path, archive, members)
    except (zipfile.BadZipFile, EOFError, RuntimeError) as error:
        raise complaint(
            path,
            f"is a damaged or encrypted NPZ archive ({one_line(error, 80)}); copy or export the "
            "file again.",
        ) from error


def _from_archive(
    path: Path, archive: zipfile.ZipFile, members: dict[str, str]
) -> RawCloud | RawMesh:
    lower = {key.lower(): key for key in reversed(members)}
    if "occupancies" in lower:
        raise complaint(
            path,
            "holds occupancy samples in space rather than points on a surface; open the "
            "pointcloud.npz beside it.",
        )
    key = next((lower[k] for k in _POINT_KEYS if k in lower), None)
    if key is None and len(members) == 1:
        key = next(iter(members))
    if key is None:
        raise complaint(
            path,
            f"has no array named 'points' (it has {_listed(members)}); save the points under "
            "that name.",
        )

    def load(name: str) -> npt.NDArray[Any]:
        info = archive.getinfo(members[name])
        with archive.open(info) as file:
            _check_header(path, cast(BinaryIO, file), info.file_size, f" '{one_line(name, 40)}'")
        with archive.open(info) as file:
            return np.lib.format.read_array(file, allow_pickle=False)

    def first(keys: tuple[str, ...]) -> str | None:
        return next((lower[k] for k in keys if k in lower), None)

    cloud = _cloud(path, load(key), f"its array '{one_line(key, 40)}'")
    if (name := first(_COLOR_KEYS)) is not None:
        colors = _beside(path, load(name), cloud, name, (3, 4))[:, :3]
        cloud.colors, note = scale_colors(colors)
        cloud.notes += [note] if note else []
    if (name := first(_FACE_KEYS)) is not None:
        faces = load(name)
        if faces.ndim != 2 or faces.shape[1] != 3 or faces.dtype.kind not in "iu":
            raise complaint(
                path,
                f"has an array '{one_line(name, 40)}' that is not (F, 3) whole numbers; save "
                "triangles under that name.",
            )
        return RawMesh(cloud.points, faces.astype(np.int64), cloud.colors, cloud.notes)
    if (name := first(_NORMAL_KEYS)) is not None:
        with np.errstate(over="ignore"):
            cloud.normals = _beside(path, load(name), cloud, name, (3,)).astype(np.float32)
    if "loc" in lower and "scale" in lower:
        cloud.notes.append("left the points in the normalised frame of the file (loc, scale)")
    return cloud


def _check_header(path: Path, file: BinaryIO, size: int, name: str) -> None:
    """Compare the declared shape with the bytes there are, before numpy allocates."""
    # From a short piece: a damaged length of the header would be allocated as well.
    head = io.BytesIO(file.read(_LONGEST_HEADER))
    try:
        version = np.lib.format.read_magic(head)
        read = cast(
            _ReadHeader,
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0,
        )
        shape, _, dtype = read(head)
    except Exception as error:  # the header is a Python literal: parsing it can fail in many ways
        raise complaint(
            path, f"has a damaged header in its array{name}; copy or save the file again."
        ) from error
    if dtype.hasobject:
        raise complaint(
            path,
            f"holds Python objects in its array{name}, which are never opened because they can "
            "run code; save plain numbers.",
        )
    left = size - head.tell()
    # `math.prod` counts in whole numbers that cannot overflow.
    if math.prod(shape) * dtype.itemsize > left or min(shape, default=0) < 0:
        raise complaint(
            path,
            f"is truncated: its array{name} declares {math.prod(shape):,} values of "
            f"{dtype.itemsize} bytes but only {left:,} bytes follow; copy or save the file again.",
        )


def _cloud(path: Path, array: npt.NDArray[Any], what: str) -> RawCloud:
    if array.dtype.names is not None:
        return _structured(path, array.ravel(), what)
    if array.dtype.kind not in "fiu":
        raise complaint(
            path, f"holds {array.dtype} instead of numbers in {what}; save points as floats."
        )
    notes: list[str] = []
    if array.ndim == 3 and array.shape[2] >= 3:
        notes.append(f"read a grid of {array.shape[0]} × {array.shape[1]} points as a list")
        array = array.reshape(-1, array.shape[2])
    if array.ndim == 2 and array.shape[0] == 3 and array.shape[1] > 3:
        notes.append("read the array's three rows as x, y, z")
        array = array.T
    if array.ndim != 2 or array.shape[1] < 3:
        raise _wrong_shape(path, array, what)
    points = np.array(array[:, :3], dtype=np.float64)
    if array.shape[1] == 3:
        return RawCloud(points, notes=notes)
    with np.errstate(over="ignore", invalid="ignore"):
        normals, colors, roles = guess_columns(array[:, 3:12].astype(np.float32))
    more = array.shape[1] - 3 - len(roles)
    tail = f" and {more} more (ignored)" if more else ""
    notes.append(f"read {array.shape[1]} columns as {' '.join(['x y z', *roles])}{tail}")
    return RawCloud(points, normals, colors, notes)


def _structured(path: Path, array: npt.NDArray[Any], what: str) -> RawCloud:
    names = array.dtype.names or ()
    numeric = [n for n in names if array.dtype[n].kind in "fiu" and array.dtype[n].shape == ()]
    position = find_position(numeric)
    if position is None:
        raise complaint(
            path,
            f"has no numeric fields x, y, z in {what} (it has {_listed(names)}); save them under "
            "these names.",
        )

    def stack(indices: list[int]) -> npt.NDArray[Any]:
        return np.stack([array[numeric[i]] for i in indices], axis=1)

    normals: Float32Array | None = None
    colors: UInt8Array | None = None
    notes: list[str] = []
    with np.errstate(over="ignore"):
        if (found := find_normal(numeric)) is not None:
            normals = stack(found).astype(np.float32)
        if (found := find_color(numeric)) is not None:
            colors, note = scale_colors(stack(found))
            notes += [note] if note else []
    return RawCloud(stack(position).astype(np.float64), normals, colors, notes)


def _beside(
    path: Path, array: npt.NDArray[Any], cloud: RawCloud, name: str, widths: tuple[int, ...]
) -> npt.NDArray[Any]:
    """Return the array (N, …) that goes with the points, whichever way it lies."""
    count = len(cloud.points)
    if array.dtype.kind in "fiu":
        if array.ndim == 3 and array.shape[0] * array.shape[1] == count:
            array = array.reshape(count, array.shape[2])
        if array.ndim == 2 and len(array) != count and array.shape[1] == count:
            array = array.T
        if array.ndim == 2 and len(array) == count and array.shape[1] in widths:
            return array
    raise complaint(
        path,
        f"has an array '{one_line(name, 40)}' of shape {array.shape} beside {count:,} points; "
        "save one row for each point, or leave it out.",
    )


def _wrong_shape(path: Path, array: npt.NDArray[Any], what: str) -> ObservationError:
    return complaint(
        path, f"has the shape {array.shape} in {what}, which is not a list of points; save (N, 3)."
    )


def _listed(names: object) -> str:
    words = [f"'{one_line(n, 30)}'" for n in list(names)[:6]]  # type: ignore[call-overload]
    return ", ".join(words)
