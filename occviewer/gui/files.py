"""Opening, saving and exporting: the dialogs, and what each kind of file means."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from occviewer.document.session import load_session, save_session
from occviewer.document.state import Document
from occviewer.gui.questions import Button, ask, ask_path
from occviewer.models.sniffing import SUFFIX
from occviewer.observations import READABLE_SUFFIXES
from occviewer.observations.image import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller

SESSION_SUFFIX = ".occ"
SESSION_LANE = "session"
"""In which sessions are read: of several, the latest wish takes the place of the present one."""


class Files:
    """Everything of a controller that has to do with files."""

    def __init__(self, controller: Controller) -> None:
        self._controller, self._window = controller, controller.window
        self.session: Path | None = None
        self.show_recent()

    def open(self) -> None:
        """Ask for files and open them."""
        scans = " ".join(f"*{suffix}" for suffix in sorted(READABLE_SUFFIXES))
        pictures = " ".join(f"*{suffix}" for suffix in IMAGE_SUFFIXES)
        everything = f"{scans} {pictures} *{SUFFIX} *{SESSION_SUFFIX}"
        names, _ = QFileDialog.getOpenFileNames(
            self._window,
            "Open",
            "",
            f"All that opens ({everything});;Scans ({scans});;Pictures ({pictures});;"
            f"Models (*{SUFFIX});;"
            f"Sessions (*{SESSION_SUFFIX});;All files (*)",
        )
        self.open_all([Path(name) for name in names])

    def open_model(self) -> None:
        """Ask for a checkpoint and work with it."""
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open model", "", f"Models (*{SUFFIX});;All files (*)"
        )
        if name:
            self._controller.choose_model(name)

    def open_all(self, paths: list[Path]) -> None:
        """Open files by their kind: a session first, and of several scans the last one stays."""
        for path in sorted(paths, key=lambda path: path.suffix.lower() != SESSION_SUFFIX):
            if path.suffix.lower() == SESSION_SUFFIX:
                self.open_session(path)
            elif path.suffix.lower() == SUFFIX:
                self._controller.choose_model(str(path))
            else:
                self._controller.import_file(path)

    def new_session(self) -> None:
        """Begin anew; the present session may be saved first."""

        def begin() -> None:
            self.session = None
            self._controller.history.start(self._controller.new_document(), "New session")
            self._show_title()

        self.leave(begin)

    def open_session(self, path: Path) -> None:
        """Open a session in place of the present one, which may be saved first."""
        self.leave(lambda: self._open_session(path))

    def _open_session(self, path: Path) -> None:
        history = self._controller.history
        state = history.state

        def arrived(loaded: tuple[Document, tuple[str, ...]]) -> None:
            if history.state is state:
                show(*loaded)
            else:  # what was done meanwhile was not asked about
                self.leave(partial(show, *loaded))

        def show(document: Document, notes: tuple[str, ...]) -> None:
            self.session = path
            self._controller.display.fit_next()
            self._controller.history.start(document, f"Open {path.name}")
            self._controller.preferences.add_recent(path)
            self.show_recent()
            self._show_title()
            for note in notes:
                self._window.messages.show_message("warning", note)

        self._controller.compute.submit(
            SESSION_LANE,
            f"Opening {path.name}",
            lambda job: load_session(path),
            arrived,
            self._controller.failed,
        )

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save the session to its file, or ask for one; then do something if it was saved."""
        if self.session is None:
            self.save_as(then)
        else:
            self._save(self.session, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a file and save the session to it."""
        path = ask_path(
            self._window, "Save session", f"session{SESSION_SUFFIX}", "Sessions", SESSION_SUFFIX
        )
        if path is not None:
            self._save(path, then)

    def leave(self, then: Callable[[], object]) -> None:
        """Do something that gives the document up: once it is saved, or the person agrees."""
        if not self.unsaved:
            then()
            return
        ask(
            self._window,
            "Unsaved session",
            "The session has changes that are in no file. Save them?",
            {Button.Save: partial(self.save, then), Button.Discard: then},
            default=Button.Save,
        )

    @property
    def unsaved(self) -> bool:
        """Whether the document holds work that is in no file."""
        history = self._controller.history
        return history.modified and not history.document.is_empty

    def show_recent(self) -> None:
        """List the files that were opened lately."""
        menu = self._window.recent_menu
        menu.clear()
        for path in self._controller.preferences.recent:
            menu.addAction(path.name, partial(self.open_all, [path])).setToolTip(str(path))
        menu.setEnabled(not menu.isEmpty())

    def _save(self, path: Path, then: Callable[[], object] | None) -> None:
        """Save in the thread for files; what is changed meanwhile stays unsaved."""
        history = self._controller.history
        document, state, beginning = history.document, history.state, history.beginning

        def saved(nothing: None) -> None:
            self._controller.preferences.add_recent(path)
            self.show_recent()
            if history.beginning is not beginning:
                return  # another session has taken its place, and has a file of its own
            self.session = path
            history.mark_saved(state)
            self._show_title()
            if then is not None:
                self.leave(then)  # what was changed while it was written is asked about

        self._controller.storage.submit(
            f"save {path}",
            f"Saving {path.name}",
            lambda job: save_session(document, path),
            saved,
            self._controller.failed,
        )

    def _show_title(self) -> None:
        name = self.session.name if self.session else "Untitled"
        self._window.setWindowTitle(f"{name}[*] – OccViewer")
