"""Wavefront OBJ: meshes, and point clouds made of ``v`` lines only.

Read here rather than with trimesh, which refuses files without faces and cannot say
in which line a file is broken.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from occviewer.arrays import IntArray
from occviewer.observations.formats.columns import scale_colors
from occviewer.observations.formats.lines import LineReader, fan, numbers_of
from occviewer.observations.formats.raw import (
    GrowingArray,
    RawCloud,
    RawMesh,
    complaint,
    one_line,
)

_WIDTHS = (3, 4, 6, 7)
_LONGEST_POLYGON = 100_000
_TEXTURE_AND_NORMAL = re.compile(rb"/\S*")


def read_obj(path: Path) -> RawCloud | RawMesh:
    """Read vertices, their colours where they have any, and faces as triangles.

    Raises
    ------
    ObservationError
        A ``v`` or ``f`` line is not what OBJ asks for, or there are no vertices.
    """
    vertices: GrowingArray | None = None
    colors = GrowingArray(3, np.float32)
    triangles = GrowingArray(3, np.int64)
    width = 3
    with path.open("rb") as file:
        for number, block in LineReader(file, path, comments=(b"#",)).blocks():
            v_lines: list[bytes] = []
            v_numbers: list[int] = []
            f_lines: list[bytes] = []
            f_numbers: list[int] = []
            f_known: list[int] = []
            for at, line in enumerate(block.split(b"\n"), number):
                word, _, rest = line.strip().replace(b"\t", b" ").partition(b" ")
                if word == b"v":
                    v_lines.append(rest)
                    v_numbers.append(at)
                elif word == b"f":
                    f_lines.append(rest)
                    f_numbers.append(at)
                    f_known.append(len(v_lines))
            known = 0 if vertices is None else len(vertices)
            if v_lines:
                if vertices is None:
                    width = len(v_lines[0].split())
                    if width not in _WIDTHS:
                        raise complaint(
                            path,
                            f"has {width} values in its first vertex (line {v_numbers[0]:,}) "
                            "where x y z belong; export the file again.",
                        )
                    vertices = GrowingArray(3, np.float64)
                values = numbers_of(path, v_lines, v_numbers, width)
                vertices.append(values[:, :3])
                if width >= 6:
                    colors.append(values[:, width - 3 :])
            if f_lines:
                known_before = known + np.array(f_known)
                triangles.append(_faces(path, f_lines, f_numbers, known_before))
    if vertices is None:
        raise complaint(
            path, "holds no vertices (lines 'v x y z'), so it is no OBJ mesh; export it again."
        )
    points = vertices.finish()
    rgb, note = scale_colors(colors.finish()) if width >= 6 else (None, None)
    notes = [note] if note else []
    if len(triangles):
        return RawMesh(points, triangles.finish(), rgb, notes)
    return RawCloud(points, None, rgb, notes)


def _faces(path: Path, lines: list[bytes], numbers: list[int], known: IntArray) -> IntArray:
    """Triangles of ``f`` lines; `known` counts the vertices in front of each line."""
    # "f 1/2/3 4/5/6 …": only the vertex is wanted of each corner.
    lines = [_TEXTURE_AND_NORMAL.sub(b"", line) if b"/" in line else line for line in lines]
    sizes = np.array([len(line.split()) for line in lines])
    if sizes.max() > _LONGEST_POLYGON:
        at = numbers[int(sizes.argmax())]
        raise complaint(
            path, f"has a face with {sizes.max():,} corners in line {at:,}; export triangles."
        )
    parts: list[IntArray] = [np.empty((0, 3), np.int64)]
    for size in np.unique(sizes[sizes >= 3]):
        chosen = np.flatnonzero(sizes == size)
        values = numbers_of(
            path, [lines[i] for i in chosen], [numbers[i] for i in chosen], int(size)
        )
        wrong = ~((values % 1 == 0) & (values != 0) & (np.abs(values) < 2**53)).all(axis=1)
        if wrong.any():
            index = int(chosen[np.flatnonzero(wrong)[0]])
            text = one_line(lines[index].decode("utf-8", "replace"), 40)
            raise complaint(
                path,
                f"has the face '{text}' in line {numbers[index]:,}, whose corners are no vertex "
                "numbers; correct the line or export the file again.",
            )
        corners = values.astype(np.int64)
        # Numbers count from 1, negative ones backwards from the latest vertex.
        corners = np.where(corners < 0, known[chosen][:, None] + corners, corners - 1)
        parts.append(fan(corners))
    return np.concatenate(parts)
