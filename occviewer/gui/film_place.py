"""Where a finished film goes: whole or not at all. No Qt here."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from occviewer.errors import Cancelled, MeshError
from occviewer.files import why_not_written, written_whole
from occviewer.meshes.film_worker import PICTURES

_CHUNK = 1 << 20


def require_place(suffix: str, path: Path) -> None:
    """Find out before any work whether a film can be written to a place.

    Raises
    ------
    MeshError
        The folder is missing, something else is there, or a package is not installed.
    """
    if suffix in (".mp4", ".gif"):
        from occviewer.meshes.film import require_film

        require_film(path)
    if suffix == PICTURES and path.exists():
        raise MeshError(f"{path} is there already; give the name of a new folder.")
    if not path.parent.is_dir():
        raise MeshError(f"The folder {path.parent} does not exist; make it first.")
    if path.is_dir():
        raise MeshError(f"{path} is a folder; give the name of a file in it.")


def bring(made: Path, path: Path, cancelled: Callable[[], bool]) -> None:
    """Copy a finished film, whole or not at all.

    Raises
    ------
    MeshError
        It cannot be written.
    Cancelled
    """
    if made.is_dir():
        _copy_folder(made, path, cancelled)
        return
    with open(made, "rb") as source, written_whole(path, MeshError, made.stat().st_size) as target:
        while chunk := source.read(_CHUNK):
            if cancelled():
                raise Cancelled("The film is no longer wanted.")
            target.write(chunk)


def _copy_folder(made: Path, path: Path, cancelled: Callable[[], bool]) -> None:
    beside = path.with_name(f".occviewer.{secrets.token_hex(6)}.part")
    try:
        beside.mkdir()
        for picture in sorted(made.iterdir()):
            if cancelled():
                raise Cancelled("The film is no longer wanted.")
            shutil.copyfile(picture, beside / picture.name)
        os.rename(beside, path)
    except OSError as error:
        raise MeshError(why_not_written(path, error)) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
