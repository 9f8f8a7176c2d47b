"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from occviewer.document.errors import DocumentError


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Give a stream to write to; what was written moves to its place when all went well.

    Otherwise what was there before stays, and nothing else is left. A link is followed.

    Raises
    ------
    DocumentError
        The folder is missing or closed, the path is a folder, or the disk is full.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise DocumentError(f"{path} is a folder; give the name of a file in it.")
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
    except OSError as error:
        raise DocumentError(_why_not_written(path, error)) from error


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


def _why_not_written(path: Path, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return f"{path} cannot be written: the folder {path.parent} does not exist; make it."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{path} cannot be written: no permission; choose another folder."
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return f"{path} cannot be written: the disk is full; free space or choose another one."
        case _:
            reason = error.strerror or error
            return f"{path} cannot be written ({reason}); choose another name or folder."
