"""OFF meshes and clouds, in text."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.observations.formats.columns import scale_colors
from occviewer.observations.formats.lines import LineReader
from occviewer.observations.formats.raw import GrowingArray, RawCloud, RawMesh, complaint

# ModelNet's files have the counts on the line of the keyword, even without a blank.
_START = re.compile(rb"\s*(?:#[^\n]*\n\s*)*((?:ST|C|N|4|n)*OFF)(?![A-Za-z])")
_COUNTS = re.compile(rb"(?:\s|#[^\n]*(?:\n|$))*(\d+)[ \t]+(\d+)(?:[ \t]+\d+)?[ \t]*\r?(?=\n|#|$)")
_KNOWN = (b"OFF", b"COFF", b"NOFF", b"CNOFF", b"NCOFF")


def is_off(head: bytes) -> bool:
    """Whether a file that begins like this is an OFF file."""
    return _START.match(head) is not None


def read_off(path: Path) -> RawCloud | RawMesh:
    """Read an OFF, COFF or NOFF file; without faces it is a cloud.

    Raises
    ------
    ObservationError
        The counts are missing, or the file holds less than they declare.
    """
    with path.open("rb") as file:
        head = file.read(1 << 16)
        start = _START.match(head)
        if start is None:
            raise complaint(path, "does not begin with 'OFF'; export the mesh as OFF again.")
        kind = start.group(1)
        if kind not in _KNOWN or head[start.end() :].lstrip(b" ").startswith(b"BINARY"):
            raise complaint(
                path, "is an OFF file of a rare kind (binary or with more axes); save it as PLY."
            )
        counts = _COUNTS.match(head, start.end())
        if counts is None:
            raise complaint(
                path,
                "has no line with the numbers of vertices and faces behind 'OFF'; it is truncated "
                "or damaged, so copy or export the file again.",
            )
        vertex_count, face_count = int(counts.group(1)), int(counts.group(2))
        file.seek(counts.end())
        first = head[: counts.end()].count(b"\n") + 1
        reader = LineReader(file, path, first_line=first, comments=(b"#",))
        columns = _columns(path, reader, kind)
        values = GrowingArray(columns, np.float64)
        for part in reader.table(columns, vertex_count):
            values.append(part)
        _check(path, "vertices", vertex_count, len(values))
        triangles = GrowingArray(3, np.int64)
        found = 0
        for polygons, lines in reader.polygons(0, face_count):
            triangles.append(polygons)
            found += lines
        _check(path, "faces", face_count, found)
    table = values.finish()
    points = np.ascontiguousarray(table[:, :3])
    normals: Float32Array | None = None
    colors: UInt8Array | None = None
    note: str | None = None
    if b"N" in kind:
        with np.errstate(over="ignore"):
            normals = table[:, 3:6].astype(np.float32)
    if b"C" in kind:
        at = 6 if b"N" in kind else 3
        with np.errstate(over="ignore"):
            colors, note = scale_colors(table[:, at : at + 3].astype(np.float32))
    notes = [note] if note else []
    if len(triangles):
        return RawMesh(points, triangles.finish(), colors, notes)
    return RawCloud(points, normals, colors, notes)


def _columns(path: Path, reader: LineReader, kind: bytes) -> int:
    """Values in a vertex line: the first one tells whether colours carry an alpha."""
    width = reader.peek_width()
    base = 6 if b"N" in kind else 3
    allowed = (base + 3, base + 4) if b"C" in kind else (base,)
    # Plain OFF with colours behind the coordinates is common; they are passed over.
    if width in allowed or width is None or (kind == b"OFF" and width > 3):
        return width or base
    raise complaint(
        path,
        f"has {width} values in its first vertex where {allowed[0]} belong; export the file again.",
    )


def _check(path: Path, what: str, declared: int, found: int) -> None:
    if found < declared:
        raise complaint(
            path,
            f"is truncated: it declares {declared:,} {what} but only {found:,} follow; copy or "
            "export the file again.",
        )
