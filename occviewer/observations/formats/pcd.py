"""PCD files of the Point Cloud Library: ascii, binary and compressed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.errors import ObservationError
from occviewer.observations.formats import lzf
from occviewer.observations.formats.columns import (
    find_color,
    find_normal,
    find_position,
    scale_colors,
)
from occviewer.observations.formats.lines import LineReader
from occviewer.observations.formats.raw import (
    CHUNK_ROWS,
    GrowingArray,
    RawCloud,
    complaint,
    one_line,
)

_KEYS = ("VERSION", "FIELDS", "SIZE", "TYPE", "COUNT", "WIDTH", "HEIGHT", "VIEWPOINT", "POINTS")
_TYPES = {"F4": "f4", "F8": "f8"} | {f"{t}{n}": f"{t.lower()}{n}" for t in "IU" for n in "1248"}
_LONGEST_HEADER = 1 << 16


@dataclass(frozen=True)
class PcdHeader:
    """What a PCD header declares: fields in order, number of points, storage."""

    names: tuple[str, ...]
    dtypes: tuple[np.dtype[Any], ...]
    counts: tuple[int, ...]
    points: int
    storage: str
    lines: int

    def record(self) -> np.dtype[Any]:
        """Layout of one point in a binary file."""
        fields: list[Any] = [
            (f"f{i}", dtype, (count,))
            for i, (dtype, count) in enumerate(zip(self.dtypes, self.counts, strict=True))
        ]
        return np.dtype(fields)


def read_pcd(path: Path) -> RawCloud:
    """Read a PCD file; organised clouds lose their grid, and NaN marks their holes.

    Raises
    ------
    ObservationError
        The header is damaged, or the file holds less than the header declares.
    """
    with path.open("rb") as file:
        header = read_pcd_header(path, file)
        cloud = _Picker(path, header)
        if header.storage == "ascii":
            _read_ascii(path, file, header, cloud)
        elif header.storage == "binary":
            _read_binary(path, file, header, cloud)
        else:
            _read_compressed(path, file, header, cloud)
        return cloud.finish()


def read_pcd_header(path: Path, file: BinaryIO) -> PcdHeader:
    """Read the header and leave the file at the first byte behind it.

    Raises
    ------
    ObservationError
        A line is missing, or says something that PCD does not know.
    """
    found: dict[str, list[str]] = {}
    lines = 0
    while "DATA" not in found:
        raw = file.readline(_LONGEST_HEADER)
        lines += 1
        if not raw or file.tell() > _LONGEST_HEADER:
            raise complaint(
                path,
                "has a PCD header without a 'DATA' line: it is truncated or damaged; copy or "
                "export the file again.",
            )
        words = raw.decode("latin-1").split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] not in (*_KEYS, "DATA"):
            raise _not_understood(path, lines, raw)
        found[words[0]] = words[1:]
    try:
        names = tuple(found["FIELDS"])
        kinds = zip(found["TYPE"], found["SIZE"], strict=True)
        dtypes = tuple(np.dtype("<" + _TYPES[kind + size]) for kind, size in kinds)
        counts = tuple(int(c) for c in found.get("COUNT", ["1"] * len(names)))
        width, height = int(found["WIDTH"][0]), int(found.get("HEIGHT", ["1"])[0])
        points = int(found["POINTS"][0]) if "POINTS" in found else width * height
        storage = found["DATA"][0].lower()
        if not len(names) == len(dtypes) == len(counts) or min(width, height, points) < 0:
            raise ValueError
        if not names or min(counts) < 1 or max(counts) > 1 << 16:
            raise ValueError
    except (KeyError, IndexError, ValueError):
        raise complaint(
            path,
            "has a damaged PCD header: FIELDS, SIZE, TYPE, COUNT, WIDTH and HEIGHT must be there "
            "and fit each other; export the file again.",
        ) from None
    if storage not in ("ascii", "binary", "binary_compressed"):
        raise complaint(
            path,
            f"is a PCD file with the unknown storage '{one_line(storage, 30)}'; export it as "
            "ascii, binary or binary_compressed.",
        )
    return PcdHeader(names, dtypes, counts, points, storage, lines)


class _Picker:
    """Collects points, normals and colours from columns of any storage."""

    def __init__(self, path: Path, header: PcdHeader) -> None:
        position = find_position(header.names)
        if position is None:
            raise complaint(
                path, "has no fields x, y and z; export it with the coordinates of its points."
            )
        self.position = position
        self.normal = find_normal(header.names)
        self.color = find_color(header.names)
        lower = [name.lower() for name in header.names]
        self.packed = next((lower.index(n) for n in ("rgb", "rgba") if n in lower), None)
        if self.packed is not None and header.dtypes[self.packed].itemsize != 4:
            self.packed = None
        self._points = GrowingArray(3, np.float64)
        self._normals = GrowingArray(3, np.float32)
        dtype: Any = np.uint8
        if self.packed is None and self.color is not None:
            dtype = np.result_type(*(header.dtypes[i] for i in self.color))
        self._colors = GrowingArray(3, dtype)

    def add(self, columns: list[npt.NDArray[Any]]) -> None:
        """Take rows given as one array (n,) per field."""
        self._points.append(np.stack([columns[i] for i in self.position], axis=1))
        if self.normal is not None:
            self._normals.append(np.stack([columns[i] for i in self.normal], axis=1))
        if self.packed is not None:
            # 0x00RRGGBB in the bits of a float, a habit of PCL.
            bits = np.ascontiguousarray(columns[self.packed]).view("<u4")
            self._colors.append(np.stack([bits >> s & 255 for s in (16, 8, 0)], axis=1))
        elif self.color is not None:
            self._colors.append(np.stack([columns[i] for i in self.color], axis=1))

    def finish(self) -> RawCloud:
        normals: Float32Array | None = self._normals.finish() if self.normal else None
        colors: UInt8Array | None = None
        note: str | None = None
        if self.packed is not None or self.color is not None:
            colors, note = scale_colors(self._colors.finish())
        return RawCloud(self._points.finish(), normals, colors, [note] if note else [])


def _read_ascii(path: Path, file: BinaryIO, header: PcdHeader, cloud: _Picker) -> None:
    starts = np.cumsum([0, *header.counts])[:-1]
    reader = LineReader(file, path, first_line=header.lines + 1)
    found = 0
    for values in reader.table(sum(header.counts), header.points):
        with np.errstate(over="ignore", invalid="ignore"):
            # Packed colours must go back into the bits of the field's own type.
            cloud.add([values[:, s].astype(d) for s, d in zip(starts, header.dtypes, strict=True)])
        found += len(values)
    if found < header.points:
        raise complaint(
            path,
            f"is truncated: its header declares {header.points:,} points but only {found:,} "
            "follow; copy or export the file again.",
        )


def _read_binary(path: Path, file: BinaryIO, header: PcdHeader, cloud: _Picker) -> None:
    record = header.record()
    left = path.stat().st_size - file.tell()
    if header.points * record.itemsize > left:
        raise _too_short(path, header, record.itemsize, left)
    rows = max(1, min(CHUNK_ROWS, (1 << 26) // record.itemsize))
    for start in range(0, header.points, rows):
        count = min(rows, header.points - start)
        chunk = np.frombuffer(file.read(count * record.itemsize), record)
        cloud.add([chunk[f"f{i}"][:, 0] for i in range(len(header.names))])


def _read_compressed(path: Path, file: BinaryIO, header: PcdHeader, cloud: _Picker) -> None:
    record = header.record()
    sizes = file.read(8)
    left = path.stat().st_size - file.tell()
    if len(sizes) < 8:
        raise _too_short(path, header, record.itemsize, left)
    compressed, size = (int(n) for n in np.frombuffer(sizes, "<u4"))
    if compressed > left:
        raise complaint(
            path,
            f"is truncated: it declares {compressed:,} bytes of compressed points but only "
            f"{left:,} follow; copy or export the file again.",
        )
    if size != header.points * record.itemsize or size > lzf.largest_output(compressed):
        raise complaint(
            path,
            f"is damaged: {compressed:,} compressed bytes that give {size:,} do not hold the "
            f"{header.points:,} points of its header; copy or export the file again.",
        )
    try:
        data = lzf.decompress(file.read(compressed), size)
    except ValueError as error:
        raise complaint(path, f"is damaged: {error}; copy or export the file again.") from error
    columns, at = [], 0
    # One field after the other, each for all points.
    for dtype, count in zip(header.dtypes, header.counts, strict=True):
        values = np.frombuffer(data, dtype, header.points * count, at)
        columns.append(values.reshape(-1, count)[:, 0])
        at += values.nbytes
    for start in range(0, header.points, CHUNK_ROWS):
        cloud.add([column[start : start + CHUNK_ROWS] for column in columns])


def _too_short(path: Path, header: PcdHeader, row: int, left: int) -> ObservationError:
    return complaint(
        path,
        f"is truncated: its header declares {header.points:,} points of {row} bytes but only "
        f"{max(left, 0):,} bytes follow; copy or export the file again.",
    )


def _not_understood(path: Path, line: int, raw: bytes) -> ObservationError:
    text = one_line(raw.decode("latin-1"), 40)
    return complaint(
        path,
        f"has '{text}' in line {line} of its PCD header, which is not understood; correct the "
        "line or export the file again.",
    )
