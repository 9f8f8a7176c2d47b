"""Binary PLY elements with lists: the faces of a mesh."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from occviewer.arrays import IntArray
from occviewer.observations.formats.lines import fan, to_indices
from occviewer.observations.formats.ply_header import ByteOrder, Element
from occviewer.observations.formats.raw import CHUNK_ROWS, GrowingArray, complaint

_MOST_BYTES = 1 << 26


def smallest_row(element: Element) -> int:
    """Bytes that a row takes at least: all of it, or with every list empty."""
    return sum((p.count_dtype or p.dtype).itemsize for p in element.properties)


def binary_faces(
    path: Path, file: BinaryIO, element: Element, order: ByteOrder, *, keep: bool = True
) -> IntArray:
    """Read an element with lists and return its faces as triangles (F, 3).

    Leaves the file behind the element. With ``keep=False`` the rows are only passed
    over, and the lists need not be faces.

    Raises
    ------
    ObservationError
        The file ends within the element, or a list has a negative length.
    """
    at = element.index_list(path) if keep else -1
    triangles = GrowingArray(3, np.int64)
    done = 0
    while done < element.count:
        # Nearly all meshes have faces of one size: read rows alike to the next one.
        lengths = _row_lengths(path, file, element, order)
        row = _row_dtype(element, order, lengths)
        rows = min(CHUNK_ROWS, element.count - done, max(1, _MOST_BYTES // row.itemsize))
        start = file.tell()
        data = file.read(rows * row.itemsize)
        chunk = np.frombuffer(data, row, count=len(data) // row.itemsize)
        alike = _alike(chunk, lengths)
        if alike == 0:
            raise _truncated(path, element, done)
        if keep and lengths[at] is not None and (lengths[at] or 0) >= 3:
            triangles.append(fan(_as_indices(chunk[f"v{at}"][:alike])))
        done += alike
        file.seek(start + alike * row.itemsize)
        if alike < len(chunk) and done < element.count:
            # Mixed sizes: rows one by one until the end of this chunk.
            done += _mixed_rows(path, file, element, order, done, at, triangles)
    return triangles.finish()


def _mixed_rows(
    path: Path,
    file: BinaryIO,
    element: Element,
    order: ByteOrder,
    done: int,
    at: int,
    triangles: GrowingArray,
) -> int:
    """Read up to a chunk of rows one by one; return how many."""
    counts = [p.count_dtype and p.count_dtype.newbyteorder(order) for p in element.properties]
    values = [p.dtype.newbyteorder(order) for p in element.properties]
    rows = min(CHUNK_ROWS, element.count - done)
    start = file.tell()
    data = file.read(rows * max(64, 2 * smallest_row(element)))
    position, read = 0, 0
    by_size: dict[int, list[npt.NDArray[Any]]] = {}
    for _ in range(rows):
        cursor = position
        corners: npt.NDArray[Any] | None = None
        for index, (count, value) in enumerate(zip(counts, values, strict=True)):
            size = 1
            if count is not None:
                if cursor + count.itemsize > len(data):
                    cursor = len(data) + 1
                    break
                size = int(np.frombuffer(data, count, 1, cursor)[0])
                cursor += count.itemsize
                if size < 0:
                    raise _truncated(path, element, done + read)
            if cursor + size * value.itemsize > len(data):
                cursor = len(data) + 1
                break
            if index == at:
                corners = np.frombuffer(data, value, size, cursor)
            cursor += size * value.itemsize
        if cursor > len(data):
            break
        if corners is not None and len(corners) >= 3:
            by_size.setdefault(len(corners), []).append(corners)
        position = cursor
        read += 1
    for polygons in by_size.values():
        triangles.append(fan(_as_indices(np.stack(polygons))))
    file.seek(start + position)
    # With no row read, the caller goes on from here and sees whether the file ends.
    return read


def _row_lengths(
    path: Path, file: BinaryIO, element: Element, order: ByteOrder
) -> Sequence[int | None]:
    """Length of each list in the row at which the file stands (None for scalars)."""
    start = file.tell()
    lengths: list[int | None] = []
    for p in element.properties:
        if p.count_dtype is None:
            lengths.append(None)
            file.seek(p.dtype.itemsize, 1)
            continue
        raw = file.read(p.count_dtype.itemsize)
        if len(raw) < p.count_dtype.itemsize:
            raise _truncated(path, element, None)
        length = int(np.frombuffer(raw, p.count_dtype.newbyteorder(order))[0])
        left = path.stat().st_size - file.tell()
        if not 0 <= length * p.dtype.itemsize <= left:
            raise complaint(
                path,
                f"is truncated or damaged: a list in its '{element.name}' rows declares "
                f"{length:,} values where {left:,} bytes follow; copy or export the file again.",
            )
        lengths.append(length)
        file.seek(length * p.dtype.itemsize, 1)
    file.seek(start)
    return lengths


def _row_dtype(element: Element, order: ByteOrder, lengths: Sequence[int | None]) -> np.dtype[Any]:
    fields: list[Any] = []
    for i, (p, length) in enumerate(zip(element.properties, lengths, strict=True)):
        if p.count_dtype is None:
            fields.append((f"v{i}", p.dtype.newbyteorder(order)))
        else:
            fields.append((f"n{i}", p.count_dtype.newbyteorder(order)))
            fields.append((f"v{i}", p.dtype.newbyteorder(order), (length,)))
    return np.dtype(fields)


def _alike(chunk: npt.NDArray[Any], lengths: Sequence[int | None]) -> int:
    """Count the leading rows whose lists have the given lengths."""
    same = np.ones(len(chunk), bool)
    for i, length in enumerate(lengths):
        if length is not None:
            same &= chunk[f"n{i}"] == length
    return int(len(same) if same.all() else np.argmin(same))


def _as_indices(values: npt.NDArray[Any]) -> IntArray:
    if values.dtype.kind == "f":
        return to_indices(values.astype(np.float64))
    return values.astype(np.int64)


def _truncated(path: Path, element: Element, found: int | None) -> Exception:
    rows = "fewer" if found is None else f"only {found:,}"
    return complaint(
        path,
        f"is truncated or damaged: its header declares {element.count:,} rows of "
        f"'{element.name}' but {rows} can be read; copy or export the file again.",
    )
