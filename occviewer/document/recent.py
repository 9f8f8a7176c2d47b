"""The list of files that were opened last."""

from __future__ import annotations

import json
import os
from pathlib import Path

from occviewer.document.errors import DocumentError
from occviewer.files import written_whole

MOST_RECENT = 10


class RecentFiles:
    """Files that were opened last, the latest first, kept in a small JSON file.

    A convenience that never fails: a list that cannot be read is empty, one that cannot
    be written is forgotten.

    Parameters
    ----------
    path : Path
        The JSON file; its folder is made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Path]:
        """Return the files that are still there, at most `MOST_RECENT`."""
        try:
            listed = json.loads(self._path.read_text(encoding="utf-8"))
            paths = [Path(item) for item in listed if isinstance(item, str)]
            return [path for path in dict.fromkeys(paths) if _exists(path)][:MOST_RECENT]
        except (OSError, ValueError, TypeError, RecursionError):
            return []

    def add(self, path: str | os.PathLike[str]) -> None:
        """Put a file at the head of the list."""
        latest = Path(os.path.abspath(path))
        self._write([latest, *(other for other in self.read() if other != latest)])

    def clear(self) -> None:
        """Forget all files."""
        self._write([])

    def _write(self, paths: list[Path]) -> None:
        text = json.dumps([str(path) for path in paths[:MOST_RECENT]], indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(self._path, DocumentError) as stream:
                stream.write(text.encode("utf-8", "surrogateescape"))
        except (OSError, DocumentError):
            return


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
