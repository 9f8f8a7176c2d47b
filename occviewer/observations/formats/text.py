"""Points as plain text: XYZ, TXT, CSV, ASC, PTS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.observations.formats.columns import (
    find_color,
    find_normal,
    find_position,
    guess_columns,
    scale_colors,
)
from occviewer.observations.formats.lines import LineReader, is_number
from occviewer.observations.formats.raw import GrowingArray, RawCloud, complaint, one_line

_HEAD = 1 << 16
_MOST_EXTRA = 9
_DECIMAL_COMMA = re.compile(rb"[-+]?\d+,\d+(?:[eE][-+]?\d+)?\Z")
_BLANKED = {b";": b';"', b",": b',"', b"\t": b'"', b" ": b'"'}
_DELIMITER_NAMES = {b";": "semicolons", b",": "commas", b"\t": "tabs", b" ": "blanks"}


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out.

    Parameters
    ----------
    translate : bytes
        Table that turns delimiters into blanks and decimal commas into points.
    delimiter : str
        Word for the message: "commas".
    decimal_comma : bool
    columns : int
        Values per line.
    names : tuple of str or None
        Column names where the file gives them.
    skip : int
        Lines in front of the first line of numbers.
    declared : int or None
        Number of points on a line of its own in front (PTS files).
    """

    translate: bytes
    delimiter: str
    decimal_comma: bool
    columns: int
    names: tuple[str, ...] | None
    skip: int
    declared: int | None


def read_text(path: Path) -> RawCloud:
    """Read lines of numbers whose first three columns, or those named x, y, z, are points.

    Blanks, tabs, commas and semicolons separate; a header line and comments (``#``,
    ``//``) are allowed. Further columns are normals and colours by their names, or
    by their values where nothing names them; the notes say how they were read.

    Raises
    ------
    ObservationError
        A line does not hold the numbers that belong there.
    """
    with path.open("rb") as file:
        layout = sniff_layout(path, file.read(_HEAD))
        file.seek(0)
        start = 3 if file.read(3) == b"\xef\xbb\xbf" else 0
        file.seek(start)
        for _ in range(layout.skip):
            file.readline()
        # A file with bare carriage returns has no lines to skip by `readline`.
        if layout.translate[13] == 10:
            file.seek(start)
            head = file.read(_HEAD)
            file.seek(start + _after_lines(head, layout.skip))
        reader = LineReader(
            file,
            path,
            first_line=layout.skip + 1,
            translate=layout.translate,
            comments=(b"#", b"//"),
        )
        return _collect(path, reader, layout)


def sniff_layout(path: Path, head: bytes) -> Layout:
    """Find delimiter, header and number of columns from the beginning of a text file.

    Raises
    ------
    ObservationError
        No line of numbers is found, or it has fewer than three.
    """
    head = head.removeprefix(b"\xef\xbb\xbf")
    only_returns = b"\n" not in head and b"\r" in head
    lines = (head.replace(b"\r", b"\n") if only_returns else head).split(b"\n")
    names: tuple[str, ...] | None = None
    declared: int | None = None
    words_before = 0
    for skip, line in enumerate(lines):
        content = re.sub(rb"(?:#|//).*", b"", line).strip()
        if not content:
            # Some tools write the column names as a comment.
            names = _names(line.lstrip(b"#/ \t")) or names
            continue
        delimiter, decimal_comma = _delimiter(content)
        table = _table(delimiter, decimal_comma, only_returns)
        words = content.translate(table).split()
        if any(map(is_number, words)) and _is_row(words, names):
            if len(words) == 1 and words[0].isdigit() and declared is None and not words_before:
                declared = int(words[0])
                continue
            if len(words) < 3:
                raise complaint(
                    path,
                    f"has {len(words)} {'column' if len(words) == 1 else 'columns'} in line "
                    f"{skip + 1:,}, but a point needs three (x y z); export it with all three "
                    "coordinates.",
                )
            if names is not None and len(names) != len(words):
                names = None
            return Layout(
                table,
                _DELIMITER_NAMES[delimiter],
                decimal_comma,
                len(words),
                names,
                skip,
                declared,
            )
        if words_before:
            break
        words_before = len(words)
        names = _names(content) or names
    at, text = _first_content(lines)
    raise complaint(
        path,
        f"has '{text}' in line {at:,} where numbers belong; it must hold lines of numbers "
        "x y z, so check that it is a point cloud and that the export finished.",
    )


def _collect(path: Path, reader: LineReader, layout: Layout) -> RawCloud:
    position, normal, color = [0, 1, 2], None, None
    notes: list[str] = []
    if layout.names is not None and (named := find_position(layout.names)) is not None:
        position = named
        normal, color = find_normal(layout.names), find_color(layout.names)
        extra = [*(normal or []), *(color or [])]
    else:
        extra = list(range(3, min(layout.columns, 3 + _MOST_EXTRA)))
    points = GrowingArray(3, np.float64)
    more = GrowingArray(len(extra), np.float32)
    for values in reader.table(layout.columns):
        points.append(values[:, position])
        more.append(values[:, extra])
    if layout.declared is not None and layout.declared > len(points):
        raise complaint(
            path,
            f"is truncated: its first line declares {layout.declared:,} points but only "
            f"{len(points):,} follow; copy or export the file again.",
        )
    rest = more.finish()
    normals: Float32Array | None = None
    colors: UInt8Array | None = None
    if layout.names is not None and find_position(layout.names) is not None:
        roles = [f"'{one_line(name, 20)}'" for name in layout.names[:12]]
        if normal is not None:
            normals = rest[:, :3]
        if color is not None:
            colors, note = scale_colors(rest[:, -3:])
            notes += [note] if note else []
    elif layout.declared is not None and rest.shape[1] == 4:
        # PTS: the intensity stands in front of the colour.
        _, colors, roles = guess_columns(rest[:, 1:])
        roles = ["x", "y", "z", "(ignored)", *roles]
    else:
        normals, colors, roles = guess_columns(rest)
        roles = ["x", "y", "z", *roles]
    if layout.columns > 3:
        more_columns = layout.columns - len(roles)
        tail = f" and {more_columns} more (ignored)" if more_columns > 0 else ""
        notes.insert(0, f"read {layout.columns} columns as {' '.join(roles)}{tail}")
    if layout.decimal_comma:
        notes.append(f"read commas as decimal points, with {layout.delimiter} between columns")
    return RawCloud(points.finish(), normals, colors, notes)


def _delimiter(content: bytes) -> tuple[bytes, bool]:
    if b";" in content:
        return b";", b"," in content
    blank = b"\t" if b"\t" in content else b" "
    if b"," in content:
        words = content.split()
        # "1,5 2,5 3,5" has decimal commas; "1,5, 2,5" cannot be told and is a list.
        if len(words) >= 3 and all(map(_DECIMAL_COMMA.match, words)):
            return blank, True
        return b",", False
    return blank, False


def _table(delimiter: bytes, decimal_comma: bool, only_returns: bool) -> bytes:
    blanked = _BLANKED[delimiter]
    table = bytearray(bytes.maketrans(blanked, b" " * len(blanked)))
    if decimal_comma:
        table[ord(",")] = ord(".")
    if only_returns:
        table[13] = 10
    return bytes(table)


def _names(content: bytes) -> tuple[str, ...] | None:
    """Column names, if the line is a list of names with x, y and z among them."""
    words = re.split(r"[\s,;]+", content.decode("utf-8", "replace").replace('"', " ").strip())
    return tuple(words) if find_position(words) is not None else None


def _is_row(words: list[bytes], names: tuple[str, ...] | None) -> bool:
    # A row with one bad word is still a row: the reader then names line and word.
    numbers = sum(map(is_number, words))
    return numbers == len(words) or (numbers >= 2 and (names is None or len(words) == len(names)))


def _first_content(lines: list[bytes]) -> tuple[int, str]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            return number, one_line(line.decode("utf-8", "replace"), 30)
    return 1, ""


def _after_lines(head: bytes, count: int) -> int:
    at = 0
    for _ in range(count):
        at = head.find(b"\r", at) + 1
    return at
