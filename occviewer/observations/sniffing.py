"""Which format a file has: by what it begins with, then by its name."""

from __future__ import annotations

import re
from pathlib import Path

from occviewer.errors import ObservationError
from occviewer.observations.formats import off, stl
from occviewer.observations.formats.lines import is_number
from occviewer.observations.formats.raw import complaint

FORMAT_OF_SUFFIX = {
    ".ply": "PLY",
    ".obj": "OBJ",
    ".off": "OFF",
    ".stl": "STL",
    ".xyz": "text",
    ".txt": "text",
    ".csv": "text",
    ".tsv": "text",
    ".asc": "text",
    ".pts": "text",
    ".npy": "NPY",
    ".npz": "NPZ",
    ".pcd": "PCD",
    ".las": "LAS",
    ".laz": "LAS",
    ".e57": "E57",
    ".glb": "glTF",
    ".gltf": "glTF",
}

HEAD = 4096

_MAGIC = {
    b"\x93NUMPY": "NPY",
    b"PK\x03\x04": "NPZ",
    b"PK\x05\x06": "NPZ",
    b"glTF": "glTF",
    b"LASF": "LAS",
    b"ASTM-E57": "E57",
}
# Files that people do drop by mistake, and what to do with them.
_FOREIGN = {
    b"\x1f\x8b": "is compressed with gzip; unpack it first",
    b"BZh": "is compressed with bzip2; unpack it first",
    b"7z\xbc\xaf": "is a 7-Zip archive; unpack it first",
    b"Rar!": "is a RAR archive; unpack it first",
    b"\x89PNG": "is a PNG picture, not a point cloud; open a scan or a mesh",
    b"\xff\xd8\xff": "is a JPEG picture, not a point cloud; open a scan or a mesh",
    b"%PDF": "is a PDF document; open a scan or a mesh",
    b"Kaydara FBX": "is an FBX file, which is not supported; save the mesh as GLB or OBJ",
    b"BLENDER": "is a Blender file, which is not supported; export the mesh as GLB or OBJ",
    b"\xff\xfe": "is text in UTF-16; save it as UTF-8 or ASCII",
    b"\xfe\xff": "is text in UTF-16; save it as UTF-8 or ASCII",
    b"version https://git-lfs": "is a Git LFS pointer; fetch the file itself with: git lfs pull",
}
_PLY = re.compile(rb"ply\s")
_PCD = re.compile(rb"(?:#[^\n]*\n|\s)*(?:VERSION|FIELDS)[ \t]")
_WEB = re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE)
_VERTEX_LINE = re.compile(rb"^[ \t]*v[ \t]+[-+.\d]", re.MULTILINE)
_OBJ_KEYWORDS = (b"mtllib", b"usemtl", b"o", b"g", b"vn", b"vt", b"v", b"f", b"s")
_SEPARATORS = bytes.maketrans(b";,", b"  ")


def sniff(path: Path, head: bytes, size: int) -> tuple[str, str | None]:
    """Name of the file's format, and a note where the file's name says another.

    Parameters
    ----------
    path : Path
        For its suffix, and for messages.
    head : bytes
        The first `HEAD` bytes of the file.
    size : int
        Length of the file in bytes.

    Raises
    ------
    ObservationError
        The content is of no kind that can be read.
    """
    suffix = path.suffix.lower()
    named = FORMAT_OF_SUFFIX.get(suffix)
    found = _by_content(head, size, named)
    if found is None:
        raise _unknown(path, head, suffix, named)
    if found == named:
        return found, None
    kind = "lines of numbers" if found == "text" else f"{found} data"
    name = f"named '{suffix}'" if suffix else "named without a suffix"
    return found, f"read as {kind}, which the file holds although it is {name}"


def looks_like_text(head: bytes) -> bool:
    """Whether there are no bytes in it that text does not have."""
    return not head.translate(None, bytes(range(32, 256)) + b"\t\n\r\f\v\x1a")


def _by_content(head: bytes, size: int, named: str | None) -> str | None:
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    if _PLY.match(head):
        return "PLY"
    if _PCD.match(head):
        return "PCD"
    if stl.looks_binary(head, size):
        return "STL"
    if not looks_like_text(head):
        # The header of a binary STL says nothing; the reader compares the lengths.
        return "STL" if named == "STL" and not head.startswith(tuple(_FOREIGN)) else None
    if off.is_off(head):
        return "OFF"
    if stl.looks_ascii(head):
        return "STL"
    if head.lstrip()[:1] == b"{" and (b'"asset"' in head or named == "glTF"):
        return "glTF"
    if _WEB.match(head) or head.startswith(tuple(_FOREIGN)):
        return None
    if _looks_like_obj(head, named):
        return "OBJ"
    if named == "text" or _has_rows(head):
        return "text"
    return None


def _looks_like_obj(head: bytes, named: str | None) -> bool:
    if named == "OBJ":
        words = (line.split()[:1] for line in head.splitlines())
        return any(word and word[0] in _OBJ_KEYWORDS for word in words)
    return (
        named != "text"
        and _VERTEX_LINE.search(head) is not None
        or (named == "text" and _VERTEX_LINE.match(head) is not None)
    )


def _has_rows(head: bytes) -> bool:
    lines = [line for line in head.splitlines() if not line.startswith((b"#", b"//"))]
    rows = (line.translate(_SEPARATORS).split() for line in lines[:5])
    return any(len(row) >= 3 and all(map(is_number, row)) for row in rows)


def _unknown(path: Path, head: bytes, suffix: str, named: str | None) -> ObservationError:
    for magic, sentence in _FOREIGN.items():
        if head.startswith(magic):
            return complaint(path, f"{sentence}.")
    if _WEB.match(head):
        return complaint(path, "is a web page, not a scan; download the file itself again.")
    if named == "text":
        return complaint(
            path, "holds binary data where lines of numbers belong; check that its name is right."
        )
    if named is not None:
        return complaint(
            path,
            f"is named '{suffix}' but does not begin as {named} does; check that its name is "
            "right and that it was copied completely.",
        )
    known = ", ".join(sorted(FORMAT_OF_SUFFIX))
    return complaint(path, f"is of no known format; save the point cloud as one of {known}.")
