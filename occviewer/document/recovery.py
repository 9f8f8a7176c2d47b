"""What is left of a session when the program ends before it was saved.

Each running program keeps a lock on a file of its own beside what it saves. The system
gives the lock up when the program ends, however it ends: what nobody holds a lock on was
left by a crash or by a power cut. A process number would not tell, because it is given to
another program sooner or later.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from occviewer.document.errors import DocumentError
from occviewer.document.session import SUFFIX, save_session
from occviewer.document.state import Document
from occviewer.files import written_whole

_PREFIX = "unsaved-"

# Seconds between making a lock file and having the lock, at the very most.
_STARTING = 60


class Autosave:
    """Saves the session of this program from time to time, in a folder for all of them.

    The caller decides when; `write` may run in a worker thread, one call at a time.

    Parameters
    ----------
    folder : Path
        Is made if it is not there.

    Raises
    ------
    DocumentError
        The folder cannot be made or written to.
    """

    def __init__(self, folder: Path) -> None:
        name = f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        self._session = folder / f"{name}{SUFFIX}"
        self._about, self._lock_file = _beside(self._session)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = self._lock_file.open("xb")
            _lock(self._lock, wait=True)
        except OSError as error:
            raise DocumentError(
                f"Sessions cannot be saved for recovery in {folder} "
                f"({error.strerror or error}); check its permissions and the free space."
            ) from error

    def write(self, document: Document, original: Path | None) -> None:
        """Save the session as it stands, in the place of what was saved before.

        Parameters
        ----------
        document : Document
            What to save.
        original : Path, optional
            The session file to which it belongs; None if it never had one.

        Raises
        ------
        DocumentError
            It cannot be written; what was saved before stays.
        """
        save_session(document, self._session)
        about = {
            "original": None if original is None else os.path.abspath(original),
            "saved_at": datetime.now(UTC).isoformat(),
            "pid": os.getpid(),
        }
        with written_whole(self._about, DocumentError) as stream:
            stream.write(json.dumps(about).encode("utf-8", "surrogateescape"))

    def clear(self) -> None:
        """Remove what was saved, because the session was saved by the person or given up."""
        _remove(self._session, self._about)

    def close(self) -> None:
        """Remove everything; for a clean end of the program."""
        self.clear()
        self._lock.close()
        _remove(self._lock_file)


@dataclass(frozen=True)
class Recoverable:
    """A session that a program left behind.

    Attributes
    ----------
    session : Path
        The session file, for `occviewer.document.load_session`.
    original : Path or None
        The person's own file, where there was one and it is known.
    saved_at : datetime
        When it was saved, with time zone.
    """

    session: Path
    original: Path | None
    saved_at: datetime

    def discard(self) -> None:
        """Remove it: it was opened and saved anew, or is not wanted."""
        _remove(self.session, *_beside(self.session))


def find_recoverable(folder: Path) -> list[Recoverable]:
    """Return what programs that no longer run left in a folder, the latest first.

    Never fails, and removes the locks of programs that left nothing.
    """
    found = []
    for lock_file in _listed(folder, ".lock"):
        if not lock_file.with_suffix(SUFFIX).exists() and _is_left(lock_file):
            _remove(lock_file, lock_file.with_suffix(".json"))
    for session in _listed(folder, SUFFIX):
        about, lock_file = _beside(session)
        if not _is_held(lock_file):
            with suppress(OSError):
                found.append(_recoverable(session, about))
    return sorted(found, key=lambda item: item.saved_at, reverse=True)


def _recoverable(session: Path, about: Path) -> Recoverable:
    changed = datetime.fromtimestamp(session.stat().st_mtime, UTC)
    try:
        data = json.loads(about.read_text(encoding="utf-8"))
        saved_at = datetime.fromisoformat(data["saved_at"]).astimezone(UTC)
        original = None if data["original"] is None else Path(data["original"])
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        # The power may go between the session and what is said of it.
        return Recoverable(session, None, changed)
    return Recoverable(session, original, saved_at)


def _beside(session: Path) -> tuple[Path, Path]:
    return session.with_suffix(".json"), session.with_suffix(".lock")


def _listed(folder: Path, suffix: str) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.glob(f"{_PREFIX}*{suffix}"))
    return []


def _is_held(lock_file: Path) -> bool:
    """Whether a running program has the lock."""
    try:
        with lock_file.open("r+b") as stream:
            _lock(stream, wait=False)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # locked, or another person's who may be at work
    return False


def _is_left(lock_file: Path) -> bool:
    """Whether a lock is neither held nor so new that its program is about to take it."""
    with suppress(OSError):
        return time.time() - lock_file.stat().st_mtime > _STARTING and not _is_held(lock_file)
    return False


def _remove(*paths: Path) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()


def _lock(stream: BinaryIO, *, wait: bool) -> None:
    """Lock an open file until it is closed; OSError if another has the lock."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
