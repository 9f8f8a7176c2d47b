"""PLY files: clouds and meshes, ascii and binary of either byte order."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array, Float64Array, IntArray, UInt8Array
from occviewer.observations.formats.columns import (
    find_color,
    find_normal,
    find_position,
    scale_colors,
)
from occviewer.observations.formats.lines import LineReader
from occviewer.observations.formats.ply_faces import binary_faces, smallest_row
from occviewer.observations.formats.ply_header import ByteOrder, Element, Header, read_header
from occviewer.observations.formats.raw import (
    CHUNK_ROWS,
    GrowingArray,
    RawCloud,
    RawMesh,
    complaint,
)


def read_ply(path: Path) -> RawCloud | RawMesh:
    """Read a PLY file; one with faces is a mesh.

    Raises
    ------
    ObservationError
        The header is damaged, or the file holds less than the header declares.
    """
    with path.open("rb") as file:
        header = read_header(path, file)
        body = _Ascii(path, file, header) if header.order is None else _Binary(path, file, header)
        vertices: _Vertices | None = None
        faces: IntArray | None = None
        for element in header.elements:
            if element.name == "vertex" and vertices is None:
                vertices = _Vertices(path, element)
                body.table(element, vertices)
            elif element.name == "face" and element.count and faces is None:
                faces = body.faces(element)
            elif not _still_needed(header, element, vertices, faces):
                break
            else:
                body.skip(element)
    if vertices is None:
        raise complaint(
            path, "has no 'vertex' element, so it holds no points; export the points as PLY again."
        )
    points, normals, colors, notes = vertices.finish()
    if faces is not None and len(faces):
        return RawMesh(points, faces, colors, notes)
    if any(element.name == "tristrips" for element in header.elements):
        notes.append("read only the vertices of a mesh made of triangle strips")
    return RawCloud(points, normals, colors, notes)


def _still_needed(
    header: Header, element: Element, vertices: _Vertices | None, faces: IntArray | None
) -> bool:
    later = header.elements[header.elements.index(element) + 1 :]
    return any(
        (other.name == "vertex" and vertices is None)
        or (other.name == "face" and other.count > 0 and faces is None)
        for other in later
    )


class _Vertices:
    """Collects the vertex table and picks points, normals and colours out of it."""

    def __init__(self, path: Path, element: Element) -> None:
        names = [p.name for p in element.properties]
        position = find_position(names)
        if position is None:
            raise complaint(
                path, "has no properties x, y and z in its vertices; export it with coordinates."
            )
        self.position = position
        self.normal = find_normal(names)
        self.color = find_color(names)
        self._points = GrowingArray(3, np.float64)
        self._normals = GrowingArray(3, np.float32)
        dtype: Any = np.float32
        if self.color is not None:
            dtype = np.result_type(*(element.properties[i].dtype for i in self.color))
            if dtype.itemsize > 4:
                dtype = np.dtype(np.float32)
        self._colors = GrowingArray(3, dtype)

    def add(self, columns: list[npt.NDArray[Any]]) -> None:
        """Take the next rows, given as one array per property."""
        self._points.append(np.stack([columns[i] for i in self.position], axis=1))
        if self.normal is not None:
            self._normals.append(np.stack([columns[i] for i in self.normal], axis=1))
        if self.color is not None:
            self._colors.append(np.stack([columns[i] for i in self.color], axis=1))

    def finish(self) -> tuple[Float64Array, Float32Array | None, UInt8Array | None, list[str]]:
        colors, note = None, None
        if self.color is not None:
            colors, note = scale_colors(self._colors.finish())
        normals = None if self.normal is None else self._normals.finish()
        return self._points.finish(), normals, colors, [note] if note else []


class _Ascii:
    """Elements as lines of text."""

    def __init__(self, path: Path, file: BinaryIO, header: Header) -> None:
        self.path = path
        # Lines that end with a bare carriage return are made to end as others do.
        table = bytes.maketrans(b"\r", b"\n") if header.line_end == b"\r" else None
        self.reader = LineReader(file, path, first_line=header.lines + 1, translate=table)

    def table(self, element: Element, vertices: _Vertices) -> None:
        if any(p.is_list for p in element.properties):
            raise _list_in_vertices(self.path)
        found = 0
        for values in self.reader.table(len(element.properties), element.count):
            vertices.add(list(values.T))
            found += len(values)
        self._check(element, found)

    def faces(self, element: Element) -> IntArray:
        triangles = GrowingArray(3, np.int64)
        found = 0
        for part, lines in self.reader.polygons(element.index_list(self.path), element.count):
            triangles.append(part)
            found += lines
        self._check(element, found)
        return triangles.finish()

    def skip(self, element: Element) -> None:
        self._check(element, self.reader.skip(element.count))

    def _check(self, element: Element, found: int) -> None:
        if found < element.count:
            raise complaint(
                self.path,
                f"is truncated: its header declares {element.count:,} rows of '{element.name}' "
                f"but only {found:,} follow; copy or export the file again.",
            )


class _Binary:
    """Elements as packed records."""

    def __init__(self, path: Path, file: BinaryIO, header: Header) -> None:
        self.path = path
        self.file = file
        self.size = path.stat().st_size
        self.order: ByteOrder = header.order or "<"

    def table(self, element: Element, vertices: _Vertices) -> None:
        if any(p.is_list for p in element.properties):
            raise _list_in_vertices(self.path)
        self._check(element)
        dtype = np.dtype(
            [(f"p{i}", p.dtype.newbyteorder(self.order)) for i, p in enumerate(element.properties)]
        )
        for start in range(0, element.count, CHUNK_ROWS):
            rows = min(CHUNK_ROWS, element.count - start)
            chunk = np.frombuffer(self.file.read(rows * dtype.itemsize), dtype)
            vertices.add([chunk[f"p{i}"] for i in range(len(element.properties))])

    def faces(self, element: Element) -> IntArray:
        self._check(element)
        return binary_faces(self.path, self.file, element, self.order)

    def skip(self, element: Element) -> None:
        self._check(element)
        if any(p.is_list for p in element.properties):
            binary_faces(self.path, self.file, element, self.order, keep=False)
        else:
            self.file.seek(element.count * smallest_row(element), 1)

    def _check(self, element: Element) -> None:
        # Before anything is allocated: a header may declare any number.
        left = self.size - self.file.tell()
        row = smallest_row(element)
        if element.count * row > left:
            raise complaint(
                self.path,
                f"is truncated: its header declares {element.count:,} rows of '{element.name}' "
                f"of at least {row} bytes but only {left:,} bytes follow; copy or export the file "
                "again.",
            )


def _list_in_vertices(path: Path) -> Exception:
    return complaint(
        path, "has a list property in its vertices, which is not supported; export it without."
    )
