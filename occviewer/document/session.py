"""Session files (``.occ``): a document whole, in a zip archive.

``session.json`` holds everything but arrays; clouds, masks and codes are ``.npz`` members,
pictures ``.png``. Inputs are embedded; the model is linked, with a hash.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

from occviewer.document.archive import ArchiveReader, ArchiveWriter
from occviewer.document.errors import DocumentError
from occviewer.document.packing import CONTENTS, FORMAT, VERSION, pack
from occviewer.document.state import Document
from occviewer.document.unpacking import unpack
from occviewer.files import why_not_read, written_whole

SUFFIX = ".occ"


def save_session(document: Document, path: str | os.PathLike[str]) -> None:
    """Write a document to a session file, beside its place and then renamed.

    May run in another thread than the one that goes on with the document.

    Parameters
    ----------
    document : Document
        What to save.
    path : path
        Ends in ``.occ``.

    Raises
    ------
    DocumentError
        The suffix is another, or the file cannot be written; what was there stays.
    """
    path = Path(path)
    if path.suffix.lower() != SUFFIX:
        raise DocumentError(
            f"{path}: a session is written as {SUFFIX}; choose a name that ends so."
        )
    with written_whole(path, DocumentError) as stream, ArchiveWriter(stream) as archive:
        pack(document, archive, Path(os.path.realpath(path)).parent)


def load_session(path: str | os.PathLike[str]) -> tuple[Document, tuple[str, ...]]:
    """Read what `save_session` wrote; runs nothing that a file contains.

    Parameters
    ----------
    path : path
        The session file.

    Returns
    -------
    document : Document
        As it was saved.
    notes : tuple of str
        Sentences for the person: the model is missing, or is not what it was.

    Raises
    ------
    DocumentError
        The file is missing, damaged, no session, or of a newer program.
    """
    path = Path(path)
    if path.is_dir():
        raise DocumentError(f"{path} is a folder; give the {SUFFIX} file in it.")
    try:
        with path.open("rb") as stream:
            _refuse_foreign(path, stream)
            archive = ArchiveReader(stream)
            contents = _contents(path, archive)
            return _unpacked(contents, archive, Path(os.path.realpath(path)).parent)
    except DocumentError:
        raise
    except OSError as error:
        raise DocumentError(why_not_read(path, error)) from error
    except MemoryError as error:
        raise DocumentError(f"{path} does not fit into memory; close other programs.") from error
    except BadZipFile as error:
        raise DocumentError(
            f"{path} is damaged or cut off; copy it again, or take an older copy."
        ) from error
    except Exception as error:  # whatever a file that is not believed does to the parsers
        raise DocumentError(
            f"{path} is damaged, or was not written by OccViewer; copy it again, or take an older "
            "copy."
        ) from error


def _refuse_foreign(path: Path, stream: BinaryIO) -> None:
    head = stream.read(4)
    if not head:
        raise DocumentError(f"{path} is empty (0 bytes); copy it again, or take an older copy.")
    if head[:2] != b"PK":
        raise DocumentError(
            f"{path} is no OccViewer session; open scans as a source and checkpoints as a model."
        )


def _contents(path: Path, archive: ArchiveReader) -> dict[str, Any]:
    """JSON object of a session that this program can read."""
    foreign = f"{path} is a ZIP archive of another kind, no OccViewer session; check the name."
    if CONTENTS not in archive:
        raise DocumentError(foreign)
    contents = archive.json(CONTENTS)
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise DocumentError(foreign)
    version = contents.get("version")
    if type(version) is not int or version < 1:
        raise ValueError(f"no version: {version!r}")
    if version > VERSION:
        raise DocumentError(
            f"{path} was saved by a newer OccViewer (session format {version}, and this one reads "
            f"up to {VERSION}); update OccViewer to open it."
        )
    return contents


def _unpacked(
    contents: dict[str, Any], archive: ArchiveReader, folder: Path
) -> tuple[Document, tuple[str, ...]]:
    try:
        return unpack(contents, archive, folder)
    except DocumentError as error:
        # A value out of its range: here it is the file that is wrong, not a person.
        raise ValueError(str(error)) from error
