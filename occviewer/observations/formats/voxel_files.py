"""Voxel grids in files: binvox, NumPy, and medical volumes through VTK."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.errors import ObservationError
from occviewer.files import why_not_read
from occviewer.observations.formats.medical import (
    MEDICAL_SUFFIXES,
    MOST_CELLS,
    STANDING,
    read_medical,
)
from occviewer.observations.formats.raw import complaint, one_line
from occviewer.observations.voxel_grid import VoxelGrid

VOXEL_SUFFIXES = (".binvox", *MEDICAL_SUFFIXES, ".npy", ".npz")
"""Suffixes of the files that hold voxels, with their dots and in lower case."""

# What programs call the array of voxels in an NPZ file, the most telling name first.
_KEYS = ("voxels", "occupancies", "compressed_occupancies", "volume", "values", "grid")


def read_voxels(path: Path, threshold: float | None) -> VoxelGrid:
    """Read a voxel grid; see `VoxelGrid.load`."""
    reader = _reader_of(path)
    if reader is None:
        raise complaint(path, f"holds no voxels that can be read ({', '.join(VOXEL_SUFFIXES)}).")
    try:
        if path.is_dir():
            raise complaint(path, "is a folder; choose a file in it.")
        with path.open("rb") as file:
            if not file.read(1):
                raise complaint(path, "is empty (0 bytes); copy or export the file again.")
        values, spacing, origin, directions, notes = reader(path)
    except ObservationError:
        raise
    except OSError as error:
        raise ObservationError(why_not_read(path, error)) from error
    except MemoryError as error:
        raise complaint(path, "does not fit into the memory of this machine.") from error
    except Exception as error:  # whatever a damaged file does to a reader
        raise complaint(
            path, f"is damaged and cannot be read ({one_line(error, 100)}); copy it again."
        ) from error
    values.setflags(write=False)  # so that the grid need not copy it
    try:
        return VoxelGrid(
            values,
            spacing,
            origin,
            directions,
            threshold=threshold,
            source=path,
            notes=tuple(notes),
            up="z" if STANDING in notes else "y",
        )
    except ObservationError as error:
        raise complaint(path, f"cannot be used: {error}") from error


_Read = tuple[npt.NDArray[Any], Any, Any, Any, list[str]]


def _reader_of(path: Path) -> Callable[[Path], _Read] | None:
    name = path.name.lower()
    for suffixes, reader in (
        ((".binvox",), _read_binvox),
        ((".npy",), _read_npy),
        ((".npz",), _read_npz),
        (MEDICAL_SUFFIXES, read_medical),
    ):
        if name.endswith(suffixes):
            return reader
    return None


def _read_binvox(path: Path) -> _Read:
    """Patrick Min's format: a header in text, then pairs of a value and how often it comes."""
    content = path.read_bytes()
    if not content.startswith(b"#binvox"):
        raise ValueError("it does not begin with #binvox")
    header, found, data = content.partition(b"\ndata\n")
    if not found:
        raise ValueError("the line 'data' is missing")
    fields = dict(
        (words[0], words[1:])
        for line in header.decode("ascii").splitlines()
        if (words := line.split())
    )
    width, height, depth = (int(word) for word in fields["dim"])
    if not 0 < width * height * depth <= MOST_CELLS:
        raise ValueError(f"dimensions of {width} x {height} x {depth}")
    pairs = np.frombuffer(data[: len(data) // 2 * 2], np.uint8).reshape(-1, 2)
    if int(pairs[:, 1].sum(dtype=np.int64)) != width * height * depth:
        raise ValueError("there are more or fewer voxels than the header says")
    # The format's own order of axes: x, then z, then y the fastest.
    values = np.repeat(pairs[:, 0], pairs[:, 1]).reshape(width, depth, height).transpose(0, 2, 1)
    scale = float(fields.get("scale", ["1"])[0])
    translate = [float(word) for word in fields.get("translate", ["0", "0", "0"])]
    return values > 0, [scale / max(width, height, depth)] * 3, translate, np.eye(3), []


def _read_npy(path: Path) -> _Read:
    return _volume(np.load(path, allow_pickle=False), {})


def _read_npz(path: Path) -> _Read:
    # Opened here, because numpy leaves a damaged file open.
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        names = [name for name in _KEYS if name in file.files]
        names += [name for name in file.files if file[name].ndim == 3]
        if not names:
            raise complaint(
                path, f"holds no voxels but {', '.join(file.files)}; name the array voxels."
            )
        about = {name: file[name] for name in ("res", "dims") if name in file.files}
        return _volume(file[names[0]], about)


def _volume(array: npt.NDArray[Any], about: dict[str, Any]) -> _Read:
    """Unpack bits, and give lists of voxels their three dimensions."""
    if array.ndim == 4 and 1 in (array.shape[0], array.shape[-1]):
        array = array[0] if array.shape[0] == 1 else array[..., 0]
    if array.ndim == 1:
        count = array.size * 8 if array.dtype == np.uint8 and "res" in about else array.size
        side = int(about["res"]) if "res" in about else round(count ** (1 / 3))
        if array.dtype == np.uint8 and array.size * 8 >= side**3 > array.size:
            array = np.unpackbits(array)[: side**3]
        if array.size != side**3:
            raise ValueError(f"{array.size} values in a row make no cube")
        array = array.reshape(side, side, side)
    longest = max(array.shape, default=1)
    return array, [1 / max(longest, 1)] * 3, [-0.5] * 3, np.eye(3), []
