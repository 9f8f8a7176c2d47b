"""Saves the session now and then, and offers it again after a crash."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, QTimer

from occviewer.document.errors import DocumentError
from occviewer.document.recovery import Autosave, Recoverable, find_recoverable
from occviewer.document.state import Document
from occviewer.gui.files import SESSION_LANE
from occviewer.gui.reading import read_session

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller

EVERY_SECONDS = 30


def recovery_folder() -> Path:
    """Where sessions are kept for recovery: the system's place for the program's data."""
    place = QStandardPaths.StandardLocation.AppLocalDataLocation
    return Path(QStandardPaths.writableLocation(place)) / "recovery"


class Safekeeping(QObject):
    """Keeps a copy of a controller's session while it has unsaved changes.

    Parameters
    ----------
    controller : Controller
    folder : Path
        For the copies of all running programs.
    """

    def __init__(self, controller: Controller, folder: Path) -> None:
        super().__init__(controller)
        self._controller, self._folder = controller, folder
        self._kept: Document | None = None
        self._recovered: Recoverable | None = None
        self._autosave: Autosave | None = None
        try:
            self._autosave = Autosave(folder)
        except DocumentError as error:
            controller.window.messages.show_message("warning", str(error))
            return
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.keep)
        self._timer.start(1000 * EVERY_SECONDS)

    def keep(self) -> None:
        """Save a copy of the session, unless it has not changed since the last."""
        history, autosave = self._controller.history, self._autosave
        document = history.document
        wanted = document if history.modified and not document.is_empty else None
        if autosave is None or wanted is self._kept:
            return
        self._kept = wanted
        if wanted is None:
            self._submit(autosave.clear)
        else:
            self._submit(partial(autosave.write, wanted, self._controller.files.session))

    def offer(self) -> None:
        """Offer what a program that ended too early left behind, the latest first."""
        found = find_recoverable(self._folder)
        if found:
            latest = found[0]
            name = latest.original.name if latest.original else "a session that had no file yet"
            self._controller.window.messages.ask(
                f"OccViewer ended without saving {name} "
                f"({latest.saved_at.astimezone():%d %b %Y, %H:%M}).",
                {
                    "Recover": lambda: self._controller.files.leave(partial(self._recover, latest)),
                    "Discard": partial(self._discard, latest),
                },
            )

    def close(self) -> None:
        """Remove the copy: the session was saved, or is not wanted."""
        if self._autosave is not None:
            self._timer.stop()
            self._autosave.close()
            self._autosave = None
            self._let_go()

    def _recover(self, left: Recoverable) -> None:
        controller = self._controller

        def arrived(loaded: tuple[Document, tuple[str, ...]]) -> None:
            document, notes = loaded
            controller.files.session = left.original
            controller.display.fit_next()
            controller.history.start(document, "Recovered session", saved=False)
            for note in notes:
                controller.window.messages.show_message("warning", note)
            self._recovered = left
            self.keep()

        controller.compute.submit(
            SESSION_LANE,
            "Recovering the session",
            lambda job: read_session(left.session),
            arrived,
            controller.failed,
        )

    def _submit(self, work: Callable[[], None]) -> None:
        """Do something with the copy; one lane keeps the order."""
        self._controller.storage.submit(
            "autosave",
            "",
            lambda job: work(),
            lambda nothing: self._let_go(),
            self._controller.failed,
        )

    def _let_go(self) -> None:
        """Remove what was recovered: until it was written anew, it is the only copy."""
        if self._recovered is not None:
            self._recovered.discard()
            self._recovered = None

    def _discard(self, left: Recoverable) -> None:
        """Remove what was left, and offer what else there is, which nobody was told of yet."""
        left.discard()
        self.offer()
