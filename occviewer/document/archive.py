"""Zip archives with JSON, pictures and arrays, read without trust.

Arrays lie in ``.npz`` members that are stored plain: codes and coordinates of scans hardly
shrink (7 % were measured, at 2 MB a second and core), and what is not compressed cannot
grow beyond the file when it is read.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

# What members may hold together: an archive that someone packed anew is compressed, and
# ordinary content does not shrink to less than this share.
_FREE_BYTES = 256 << 20
_MOST_GROWTH = 20
_LARGEST_JSON = 64 << 20
_LARGEST_PICTURE = 32 << 20
_MOST_MEMBERS = 100_000

_PIECE = 1 << 20
_LONGEST_HEADER = 1 << 16  # bytes; those of arrays of numbers take some hundred

# Members get this time, so that equal sessions are equal files.
_TIME = (1980, 1, 1, 0, 0, 0)


class ArchiveWriter:
    """Writes an archive to a stream, member after member; a context manager.

    The table of contents is written at the end; without it the archive cannot be read.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True)

    def json(self, name: str, data: Mapping[str, Any]) -> None:
        """Add a JSON object, compressed."""
        text = json.dumps(data, ensure_ascii=False, indent=1)
        member = zipfile.ZipInfo(name, _TIME)
        member.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(member, text.encode())

    def bytes(self, name: str, content: bytes) -> None:
        """Add a member as it is."""
        self._zip.writestr(zipfile.ZipInfo(name, _TIME), content)

    def arrays(self, name: str, arrays: Mapping[str, Array]) -> None:
        """Add an ``.npz`` member."""
        with self._zip.open(zipfile.ZipInfo(name, _TIME), "w", force_zip64=True) as member:
            np.savez(member, allow_pickle=False, **arrays)

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._zip.close()
            return
        # The stream is of no use any more, but the archive must not try again when it dies.
        with suppress(OSError, ValueError):
            self._zip.close()


class ArchiveReader:
    """Reads an archive that may be anything.

    Whatever is wrong with it raises an exception of some kind; nothing in it is executed,
    and memory is bounded by its size on disk.

    Parameters
    ----------
    stream : binary stream
        The archive; has to stay open.

    Raises
    ------
    ValueError
        It would be absurdly large when unpacked.
    zipfile.BadZipFile
        It is no archive, or cut off.
    """

    def __init__(self, stream: BinaryIO) -> None:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        self._zip = zipfile.ZipFile(stream)
        members = self._zip.infolist()
        # A file that was cut off may end in the table of contents of an archive within it.
        if members and min(member.header_offset for member in members) > 0:
            raise zipfile.BadZipFile("the archive does not begin where the file does")
        # Memory for what a member claims to have is taken before it is read.
        if any(member.compress_size > size for member in members):
            raise zipfile.BadZipFile("a member is larger than the archive")
        unpacked = sum(member.file_size for member in members)
        if len(members) > _MOST_MEMBERS or unpacked > _FREE_BYTES + _MOST_GROWTH * size:
            raise ValueError("the archive is absurdly large when unpacked")

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def json(self, name: str) -> object:
        """Read a JSON member."""
        return json.loads(self._read(name, _LARGEST_JSON))

    def picture(self, name: str) -> bytes:
        """Read a member of moderate size."""
        return self._read(name, _LARGEST_PICTURE)

    def arrays(self, name: str) -> dict[str, Array]:
        """Read an ``.npz`` member; the arrays are read-only."""
        with zipfile.ZipFile(io.BytesIO(self._zip.read(name))) as inner:
            members = inner.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ValueError("arrays inside must not be compressed")
            # Several members may claim the same bytes, and each would be read.
            packed = self._zip.getinfo(name).file_size
            if sum(member.file_size for member in members) > packed:
                raise ValueError("the members are larger than the archive")
            return {
                member.filename.removesuffix(".npy"): _array(_in_pieces(inner, member))
                for member in members
            }

    def _read(self, name: str, largest: int) -> bytes:
        if self._zip.getinfo(name).file_size > largest:
            raise ValueError(f"{name} is absurdly large")
        return self._zip.read(name)


def _in_pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> memoryview:
    """Content of a member, read so that Python's other threads are not kept waiting.

    Between streams in memory it is copied while no other thread runs, 50 MB in 0.1 s.
    """
    content = np.empty(member.file_size, np.uint8)
    done = 0
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            content[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
            done += len(piece)
    if done != len(content):
        raise ValueError("an array is shorter than it claims to be")
    content.flags.writeable = False
    return content.data


def _array(content: memoryview) -> Array:
    """Array of a ``.npy`` file, read-only; its header must tell the size of what follows."""
    stream = io.BytesIO(content[:_LONGEST_HEADER])
    version = np.lib.format.read_magic(stream)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, is_fortran, dtype = read_header(stream)
    start, count = stream.tell(), math.prod(shape)
    if dtype.kind not in "fiub" or any(side < 0 for side in shape):
        raise ValueError(f"no array of numbers: {dtype}")
    if len(content) - start != count * dtype.itemsize:
        raise ValueError("the header of an array does not fit its content")
    if count == 0:
        return np.empty(shape, dtype)
    flat = np.frombuffer(content, dtype, offset=start)
    return flat.reshape(shape, order="F" if is_fortran else "C")
