"""Numbers in text files: whole lines in blocks, converted many at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from occviewer.arrays import Float64Array, IntArray
from occviewer.errors import ObservationError
from occviewer.observations.formats.raw import complaint, one_line

# Python's lock is held while a block is converted: 1 MiB takes about 15 ms.
_BLOCK = 1 << 20
_LONGEST_LINE = 1 << 22


class LineReader:
    """Blocks of whole lines, with the number of their first line.

    Parameters
    ----------
    file : binary file
        Open at the start of a line.
    path : Path
        For messages.
    first_line : int
        Number of the line at which the file stands, counted from 1.
    translate : bytes of length 256, optional
        Table applied to every byte, for instance to turn commas into blanks.
    comments : tuple of bytes
        Marks that hide the rest of a line.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        *,
        first_line: int = 1,
        translate: bytes | None = None,
        comments: tuple[bytes, ...] = (),
    ) -> None:
        self.path = path
        self._file = file
        self._line = first_line
        self._translate = translate
        self._comments = comments
        self._comment = re.compile(b"(?:" + b"|".join(map(re.escape, comments)) + rb")[^\n]*")
        self._rest = b""
        self._given_back: tuple[int, bytes] | None = None

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield (number of the first line, block of whole lines) until the file ends."""
        while True:
            number, block = self._next()
            if not block:
                return
            yield number, block

    def table(self, columns: int, rows: int | None = None) -> Iterator[Float64Array]:
        """Numbers (n, columns) of the next `rows` lines that are not blank, or of all.

        Ends early where the file does; the caller compares the counts.

        Raises
        ------
        ObservationError
            A line holds another number of values, or something else than numbers.
        """
        for number, block, counts in self._limited(rows):
            filled = counts > 0
            values: Float64Array | None = None
            if bool((counts[filled] == columns).all()):
                values = _floats(block.split())
            if values is None:
                values = _line_by_line(self.path, _numbered(block, number), columns)
            yield values.reshape(-1, columns)

    def polygons(self, offset: int, rows: int) -> Iterator[tuple[IntArray, int]]:
        """Faces of the next `rows` lines: (triangles (n, 3), number of lines read).

        Parameters
        ----------
        offset : int
            Values in front of the number of corners.
        rows : int
            Lines that hold faces.

        Raises
        ------
        ObservationError
            A line is not a number of corners followed by that many indices.
        """
        for number, block, counts in self._limited(rows):
            counts = counts[counts > 0]
            values = _floats(block.split())
            if values is None:
                # One by one, which finds the line to complain about.
                parts = [
                    _line_by_line(self.path, [(at, line)], len(line.split())).ravel()
                    for at, line in _numbered(block, number)
                ]
                values = np.concatenate(parts)
            starts = np.cumsum(counts) - counts + offset
            corners = np.full(len(counts), -1.0)
            inside = counts > offset
            corners[inside] = values[starts[inside]]
            wrong = ~((corners >= 0) & (corners <= counts - offset - 1) & (corners % 1 == 0))
            if wrong.any():
                at = _line_of(block, number, int(np.flatnonzero(wrong)[0]))
                raise complaint(
                    self.path,
                    f"is damaged at line {at}: a face must be a number of corners followed by "
                    "that many vertex indices; correct the line or export the file again.",
                )
            triangles: list[IntArray] = [np.empty((0, 3), np.int64)]
            for size in np.unique(corners[corners >= 3]).astype(int):
                first = starts[corners == size] + 1
                polygon = to_indices(values[first[:, None] + np.arange(size)])
                triangles.append(fan(polygon))
            yield np.concatenate(triangles), len(counts)

    def peek_width(self) -> int | None:
        """Values in the next line that is not blank, which stays unread; None at the end."""
        for number, block in self.blocks():
            if words := next((line.split() for line in block.split(b"\n") if line.split()), None):
                self._given_back = (number, block)
                return len(words)
        return None

    def skip(self, rows: int) -> int:
        """Pass over the next `rows` lines that are not blank; return how many there were."""
        return sum(int((counts > 0).sum()) for _, _, counts in self._limited(rows))

    def _limited(self, rows: int | None) -> Iterator[tuple[int, bytes, IntArray]]:
        """Blocks with the values per line, cut after `rows` lines that are not blank."""
        while rows is None or rows > 0:
            number, block = self._next()
            if not block:
                return
            ends, counts = _values_per_line(block)
            if rows is not None:
                filled = np.flatnonzero(counts > 0)
                if len(filled) > rows:
                    last = int(filled[rows - 1])
                    cut = int(ends[last]) + 1
                    self._given_back = (number + last + 1, block[cut:])
                    block, counts = block[:cut], counts[: last + 1]
                rows -= min(len(filled), rows)
            if bool((counts > 0).any()):
                yield number, block, counts

    def _next(self) -> tuple[int, bytes]:
        if self._given_back is not None:
            given, self._given_back = self._given_back, None
            return given
        pieces = [self._rest]
        while True:
            piece = self._file.read(_BLOCK)
            if self._translate is not None:
                piece = piece.translate(self._translate)
            cut = piece.rfind(b"\n") + 1
            if cut or not piece:
                break
            pieces.append(piece)
            if sum(map(len, pieces)) > _LONGEST_LINE:
                raise complaint(
                    self.path,
                    f"has more than {_LONGEST_LINE:,} characters in line {self._line:,}, which no "
                    "list of points has; check that the file is what its name says.",
                )
        pieces.append(piece[:cut])
        self._rest = piece[cut:]
        block = b"".join(pieces)
        number = self._line
        self._line += block.count(b"\n")
        if any(mark in block for mark in self._comments):
            block = self._comment.sub(b"", block) or b"\n"
        return number, block


def numbers_of(path: Path, lines: list[bytes], numbers: list[int], columns: int) -> Float64Array:
    """Numbers (len(lines), columns) of single lines whose line numbers are known.

    Raises
    ------
    ObservationError
        A line holds another number of values, or something else than numbers.
    """
    words = [line.split() for line in lines]
    if all(len(line) == columns for line in words):
        values = _floats([word for line in words for word in line])
        if values is not None:
            return values.reshape(-1, columns)
    return _line_by_line(path, zip(numbers, lines, strict=True), columns)


def to_indices(values: Float64Array) -> IntArray:
    """Vertex indices from floats; what is not a whole number becomes -1, which is no index."""
    whole = np.isfinite(values) & (np.abs(values) < 2**53) & (values % 1 == 0)
    return np.where(whole, values, -1.0).astype(np.int64)


def fan(polygons: IntArray) -> IntArray:
    """Triangles (n * (k - 2), 3) that fan out from the first corner of polygons (n, k)."""
    size = polygons.shape[1]
    second = np.arange(1, size - 1)
    corners = np.stack([np.zeros_like(second), second, second + 1], axis=1)
    return polygons[:, corners].reshape(-1, 3)


def is_number(word: bytes) -> bool:
    """Whether the word is a number, NaN and inf among them."""
    try:
        float(word)
    except ValueError:
        return False
    return True


def _floats(words: list[bytes]) -> Float64Array | None:
    try:
        return np.array(words, dtype=np.float64)
    except ValueError:
        return None


def _values_per_line(block: bytes) -> tuple[IntArray, IntArray]:
    """Where each line ends (its newline or the block's end), and its number of values."""
    codes = np.frombuffer(block, np.uint8)
    # The blanks of `bytes.split`: space and 9 to 13; NUL and others are characters.
    blank = (codes == 32) | ((codes >= 9) & (codes <= 13))
    begins = ~blank
    begins[1:] &= blank[:-1]
    ends = np.flatnonzero(codes == 10)
    if codes[-1] != 10:
        ends = np.append(ends, len(codes) - 1)
    starts = np.concatenate([[0], ends[:-1] + 1])
    return ends, np.add.reduceat(begins.view(np.uint8), starts, dtype=np.int64)


def _numbered(block: bytes, first: int) -> Iterator[tuple[int, bytes]]:
    return enumerate(block.split(b"\n"), first)


def _line_of(block: bytes, first: int, index: int) -> int:
    """Return the number of the line with the given index among the lines that are not blank."""
    filled = [number for number, line in _numbered(block, first) if line.split()]
    return filled[index]


def _line_by_line(path: Path, lines: Iterable[tuple[int, bytes]], columns: int) -> Float64Array:
    rows: list[list[float]] = []
    for number, line in lines:
        words = line.split()
        if not words:
            continue
        for word in words:
            if not is_number(word):
                raise _not_a_number(path, number, word)
        if len(words) != columns:
            raise complaint(
                path,
                f"has {len(words)} {'value' if len(words) == 1 else 'values'} in line {number:,} "
                f"where {columns} belong; complete or delete the line, or export the file again.",
            )
        rows.append([float(word) for word in words])
    return np.array(rows, dtype=np.float64)


def _not_a_number(path: Path, number: int, word: bytes) -> ObservationError:
    text = one_line(word.decode("utf-8", "replace"), 30)
    return complaint(
        path,
        f"has '{text}' in line {number:,} where a number belongs; correct or delete the line, or "
        "export the file again.",
    )
