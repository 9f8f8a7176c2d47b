"""The header of a PLY file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np

from occviewer.observations.formats.raw import complaint, one_line

ByteOrder: TypeAlias = Literal["<", ">"]

_TYPES = {
    "char": "i1",
    "uchar": "u1",
    "short": "i2",
    "ushort": "u2",
    "int": "i4",
    "uint": "u4",
    "float": "f4",
    "double": "f8",
    "int8": "i1",
    "uint8": "u1",
    "int16": "i2",
    "uint16": "u2",
    "int32": "i4",
    "uint32": "u4",
    "int64": "i8",
    "uint64": "u8",
    "float32": "f4",
    "float64": "f8",
}
_ORDERS: dict[str, ByteOrder | None] = {
    "ascii": None,
    "binary_little_endian": "<",
    "binary_big_endian": ">",
}
_LONGEST_HEADER = 1 << 20
_MOST_PROPERTIES = 4096


@dataclass(frozen=True)
class Property:
    """A column of an element: a scalar, or a list led by its length."""

    name: str
    dtype: np.dtype[Any]
    count_dtype: np.dtype[Any] | None = None

    @property
    def is_list(self) -> bool:
        """Whether each row holds a list of values."""
        return self.count_dtype is not None


@dataclass
class Element:
    """A table of the file: its name, number of rows and columns."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)

    def index_list(self, path: Path) -> int:
        """Position of the list of vertex indices among the properties of a face.

        Raises
        ------
        ObservationError
            There is none, or another list stands in front of it.
        """
        lists = [i for i, p in enumerate(self.properties) if p.is_list]
        if not lists or self.properties[lists[0]].name not in ("vertex_indices", "vertex_index"):
            raise complaint(
                path,
                "has faces without a leading list 'vertex_indices'; export the mesh as PLY again.",
            )
        return lists[0]


@dataclass(frozen=True)
class Header:
    """What a PLY header declares.

    Parameters
    ----------
    order : str or None
        ``"<"`` or ``">"`` for binary files, None for ascii.
    elements : list of Element
    lines : int
        Number of lines that the header takes.
    line_end : bytes
        Newline of the header.
    """

    order: ByteOrder | None
    elements: list[Element]
    lines: int
    line_end: bytes


def read_header(path: Path, file: BinaryIO) -> Header:
    """Read the header and leave the file at the first byte behind it.

    Raises
    ------
    ObservationError
        The header has no end, or a line that PLY does not know.
    """
    head = file.read(_LONGEST_HEADER)
    first = head[3:5]
    line_end = b"\r" if first[:1] == b"\r" and first != b"\r\n" else b"\n"
    stop = head.find(b"end_header")
    end = head.find(line_end, stop)
    if stop < 0:
        raise complaint(
            path,
            "has a PLY header without 'end_header': it is truncated or damaged; copy or export "
            "the file again.",
        )
    file.seek(len(head) if end < 0 else end + 1)
    lines = head[:stop].split(line_end)
    order: ByteOrder | None = None
    has_format = False
    elements: list[Element] = []
    for number, raw in enumerate(lines[1:], 2):
        words = raw.decode("latin-1").split()
        try:
            if not words or words[0] in ("comment", "obj_info"):
                continue
            if words[0] == "format":
                order = _ORDERS[words[1]]
                has_format = True
            elif words[0] == "element":
                elements.append(Element(words[1], int(words[2])))
                if elements[-1].count < 0:
                    raise ValueError
            elif words[0] == "property":
                elements[-1].properties.append(_property(words))
                if len(elements[-1].properties) > _MOST_PROPERTIES:
                    raise ValueError
            else:
                raise ValueError
        except (KeyError, IndexError, ValueError):
            text = one_line(raw.decode("latin-1"), 40)
            raise complaint(
                path,
                f"has '{text}' in line {number} of its PLY header, which is not understood; "
                "correct the line or export the file again.",
            ) from None
    if not has_format:
        raise complaint(
            path, "has a PLY header without a 'format' line; copy or export the file again."
        )
    # An element without columns takes no bytes, whatever count it declares.
    elements = [element for element in elements if element.properties]
    return Header(order, elements, len(lines), line_end)


def _property(words: list[str]) -> Property:
    if words[1] != "list":
        return Property(words[2], np.dtype(_TYPES[words[1]]))
    count = np.dtype(_TYPES[words[2]])
    if count.kind == "f":
        raise ValueError
    return Property(words[4], np.dtype(_TYPES[words[3]]), count)
