"""Whether a medical volume is whole: VTK's readers fill what is missing with anything."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20
_ENDS = {
    # The header of a NRRD file ends with an empty line, that of a MetaImage with this field.
    "nrrd": re.compile(rb"\r?\n\r?\n"),
    "meta": re.compile(rb"^ElementDataFile[ \t]*=[^\n]*\n", re.MULTILINE),
}
_LONGEST_HEADER = 1 << 16


def bytes_of_values(path: Path, fields: Mapping[str, str]) -> int | None:
    """Count the bytes of values that a file holds, unpacked; None where that cannot be told.

    Parameters
    ----------
    path : Path
    fields : mapping of str to str
        Of its header, with names in lower case; empty for NIfTI.

    Raises
    ------
    ValueError, OSError, EOFError, zlib.error
        The file, or the one in which its values are, is damaged or missing.
    """
    if not fields:
        return _of_nifti(path)
    return _of_nrrd(path, fields) if "encoding" in fields else _of_meta(path, fields)


def _of_nifti(path: Path) -> int:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as stream:
        header = stream.read(348)
        order = "<" if header[:4] == struct.pack("<i", 348) else ">"
        begin = int(struct.unpack_from(f"{order}f", header, 108)[0])
        return len(header) + _rest(stream) - begin


def _of_nrrd(path: Path, fields: Mapping[str, str]) -> int | None:
    encoding = fields["encoding"].lower()
    named = fields.get("data file") or fields.get("datafile")
    skips = any(fields.get(name, "0") != "0" for name in ("line skip", "byte skip"))
    if encoding not in ("raw", "gzip", "gz") or skips or (named and len(named.split()) > 1):
        return None  # text, or a volume in many files
    begin = 0 if named else _header_end(path, "nrrd")
    with _beside(path, named).open("rb") as file:
        file.seek(begin)
        return _rest(file) if encoding == "raw" else _unpacked(file, zlib.MAX_WBITS | 16)


def _of_meta(path: Path, fields: Mapping[str, str]) -> int | None:
    named = fields["elementdatafile"]
    local = named.lower() == "local"
    if fields.get("binarydata", "true").lower() != "true" or (len(named.split()) > 1):
        return None
    if named.lower() == "list" or fields.get("headersize", "0") != "0":
        return None
    with _beside(path, None if local else named).open("rb") as file:
        file.seek(_header_end(path, "meta") if local else 0)
        packed = fields.get("compresseddata", "false").lower() == "true"
        if packed and "compresseddatasize" not in fields:
            # VTK then unpacks nothing, and gives whatever lies in memory.
            raise ValueError("its header lacks CompressedDataSize")
        return _unpacked(file, zlib.MAX_WBITS) if packed else _rest(file)


def _header_end(path: Path, kind: str) -> int:
    with path.open("rb") as file:
        found = _ENDS[kind].search(file.read(_LONGEST_HEADER))
    if found is None:
        raise ValueError("its header has no end")
    return found.end()


def _beside(path: Path, named: str | None) -> Path:
    if named is None:
        return path
    values = path.parent / named
    if not values.is_file():
        raise ValueError(f"{named}, which holds its values, is not beside it")
    return values


def _rest(stream: BinaryIO | gzip.GzipFile) -> int:
    """Count what is left of a stream; a packed one is checked to its end."""
    total = 0
    while piece := stream.read(_PIECE):
        total += len(piece)
    return total


def _unpacked(stream: BinaryIO, window: int) -> int:
    unpack, total = zlib.decompressobj(window), 0
    while piece := stream.read(_PIECE):
        total += len(unpack.decompress(piece))
    if not unpack.eof:
        raise ValueError(f"it ends amid its packed values, after {total:,} bytes of them")
    return total
