"""What the readers hand to the front door, and how they complain."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array, Float64Array, IntArray, UInt8Array
from occviewer.errors import ObservationError

# Rows that are converted at a time: large enough for numpy to be quick, small
# enough that the copies do not count beside the points themselves.
CHUNK_ROWS = 1 << 18


@dataclass
class RawCloud:
    """Points as they lie in a file.

    Parameters
    ----------
    points : (N, 3) float64
        World units; non-finite values are still in.
    normals : (N, 3) float32 or None
    colors : (N, 3) uint8 or None
    notes : list of str
        What was read in an unusual way.
    """

    points: Float64Array
    normals: Float32Array | None = None
    colors: UInt8Array | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class RawMesh:
    """A triangle mesh as it lies in a file.

    Parameters
    ----------
    vertices : (V, 3) float64
        World units; non-finite values are still in.
    faces : (F, 3) integer
        Indices into the vertices, not yet checked.
    colors : (V, 3) uint8 or None
    notes : list of str
        What was read in an unusual way.
    """

    vertices: Float64Array
    faces: IntArray
    colors: UInt8Array | None = None
    notes: list[str] = field(default_factory=list)


def shown(path: Path) -> str:
    """Return the path on one line, whatever characters are in it."""
    text = str(path)
    return text if text.isprintable() else ascii(text)


def complaint(path: Path, sentence: str) -> ObservationError:
    """Make an `ObservationError` whose subject is the file: "chair.ply is empty; …"."""
    return ObservationError(f"{shown(path)} {one_line(sentence)}")


def one_line(text: object, limit: int = 400) -> str:
    """Text from anywhere, made fit for a message: printable, one line, not too long."""
    line = " ".join(str(text).split())
    line = "".join(c if c.isprintable() else "?" for c in line)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def counted(number: int, noun: str) -> str:
    """Return number and noun: "1 point", "2,000 points"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_GROWTH = 4 << 20  # bytes


class GrowingArray:
    """Rows of unknown number, collected without holding them twice.

    Parameters
    ----------
    columns : int
        Width of a row.
    dtype : numpy dtype
        Type in which the rows are kept.
    """

    def __init__(self, columns: int, dtype: npt.DTypeLike) -> None:
        self._rows: npt.NDArray[Any] = np.empty((0, columns), dtype)
        self._count = 0

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows (n, columns), converted to the array's type."""
        needed = self._count + len(rows)
        if needed > len(self._rows):
            # Large blocks are moved by the system's page tables, not copied. But what is new is
            # filled with zeros while no other thread runs: not too much at a time.
            size = max(1, self._rows.itemsize * self._rows.shape[1])
            more = min(len(self._rows) // 2, max(_GROWTH // size, len(self._rows) // 16))
            self._resize(max(needed, len(self._rows) + more))
        with np.errstate(over="ignore", invalid="ignore"):
            self._rows[self._count : needed] = rows
        self._count = needed

    def finish(self) -> npt.NDArray[Any]:
        """Return the rows as an array (N, columns); nothing can be added after."""
        self._resize(self._count)
        return self._rows

    def __len__(self) -> int:
        return self._count

    def _resize(self, rows: int) -> None:
        self._rows.resize((rows, self._rows.shape[1]), refcheck=False)
