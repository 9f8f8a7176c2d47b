"""STL meshes, binary and text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from occviewer.observations.formats.lines import LineReader, numbers_of
from occviewer.observations.formats.raw import CHUNK_ROWS, GrowingArray, RawMesh, complaint

_HEADER = 84
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def looks_binary(head: bytes, size: int) -> bool:
    """Whether the length of the file is that of the triangles it declares, one at least."""
    declared = int.from_bytes(head[80:84], "little")
    return len(head) >= _HEADER and 0 < declared == (size - _HEADER) / _TRIANGLE.itemsize


def looks_ascii(head: bytes) -> bool:
    """Whether the file begins as a text STL does."""
    start = head.lstrip()[:5].lower()
    return start == b"solid" and b"\0" not in head and b"facet" in head.lower()


def read_stl(path: Path) -> RawMesh:
    """Read the triangles of an STL file.

    Raises
    ------
    ObservationError
        The file holds less than it declares, or no triangle at all.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(4096)
        file.seek(0)
        if looks_ascii(head) and not looks_binary(head, size):
            corners = _read_ascii(path, LineReader(file, path))
        else:
            corners = GrowingArray(3, np.float64)
            declared = int.from_bytes(head[80:84], "little")
            if len(head) < _HEADER or declared * _TRIANGLE.itemsize > size - _HEADER:
                raise complaint(
                    path,
                    f"is truncated: it declares {declared:,} triangles of 50 bytes but only "
                    f"{max(0, size - _HEADER):,} bytes follow; copy or export the file again.",
                )
            file.seek(_HEADER)
            for start in range(0, declared, CHUNK_ROWS):
                rows = min(CHUNK_ROWS, declared - start)
                chunk = np.frombuffer(file.read(rows * _TRIANGLE.itemsize), _TRIANGLE)
                corners.append(chunk["corners"].reshape(-1, 3))
    if not len(corners):
        raise complaint(path, "holds no triangles; export the mesh again.")
    vertices = corners.finish()
    return RawMesh(vertices, np.arange(len(vertices)).reshape(-1, 3))


def _read_ascii(path: Path, reader: LineReader) -> GrowingArray:
    corners = GrowingArray(3, np.float64)
    complete = False
    for number, block in reader.blocks():
        lines: list[bytes] = []
        numbers: list[int] = []
        for at, line in enumerate(block.split(b"\n"), number):
            words = line.strip().lower()
            if words.startswith(b"vertex"):
                lines.append(words[6:])
                numbers.append(at)
            elif words:
                complete = words.startswith(b"endsolid")
        if lines:
            corners.append(numbers_of(path, lines, numbers, 3))
    if not complete or len(corners) % 3:
        raise complaint(
            path,
            f"is truncated: it ends after {len(corners) // 3:,} triangles without 'endsolid'; copy "
            "or export the file again.",
        )
    return corners
