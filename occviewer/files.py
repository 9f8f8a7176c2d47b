"""Files that are written whole or not at all, and why they could not be."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from occviewer.errors import OccviewerError


@contextmanager
def written_whole(
    path: Path, error: type[OccviewerError], size: int | None = None
) -> Iterator[BinaryIO]:
    """Give a stream to write to; what was written moves to its place when all went well.

    Otherwise what was there before stays, and nothing else is left. A link is followed.

    Parameters
    ----------
    path : Path
        Where the file is to lie.
    error : type
        Kind of the error that is raised.
    size : int, optional
        Bytes that will be written, where that is known: a full disk is told so.

    Raises
    ------
    OccviewerError
        Of the given kind: the folder is missing or closed, the path is a folder, or the
        disk is full.
    """
    target = Path(os.path.realpath(path))
    if os.path.isdir(target):  # Path.is_dir raises where the path cannot be looked at
        raise error(f"{path} is a folder; give the name of a file in it.")
    # A name of its own: with the target's in it, a long one would become too long.
    beside = target.with_name(f".occviewer.{secrets.token_hex(6)}.part")
    try:
        try:
            with open(beside, "xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(beside, target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as failure:
        raise error(why_not_written(path, failure, size)) from failure


def write_whole(path: Path, content: bytes, error: type[OccviewerError]) -> None:
    """Write a file whole or not at all; see `written_whole`."""
    with written_whole(path, error, len(content)) as stream:
        stream.write(content)


def why_not_read(path: Path, error: OSError) -> str:
    """Say in one sentence why a file cannot be read."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return f"{path} does not exist; check the path."
        case errno.EACCES | errno.EPERM:
            return f"{path} may not be read; give yourself permission to read it."
        case errno.EISDIR:
            return f"{path} is a folder; give the file in it."
        case _:
            return f"{path} cannot be read ({error.strerror or error}); check the path."


def why_not_written(path: Path, error: OSError, size: int | None = None) -> str:
    """Say in one sentence why a file, of so many bytes if that is known, cannot be written."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return f"{path} cannot be written: the folder {path.parent} does not exist; make it."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{path} cannot be written: no permission; choose another folder."
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            room = "space" if size is None else f"{size / 1e6:.1f} MB"
            return f"{path} cannot be written: the disk is full; free {room} or choose another one."
        case _:
            reason = error.strerror or error
            return f"{path} cannot be written ({reason}); choose another name or folder."
