"""Opening, saving and exporting: the dialogs, and what each kind of file means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from occviewer.document.session import save_session
from occviewer.document.state import Document
from occviewer.gui.failures import Failure
from occviewer.gui.file_kinds import MODEL_SUFFIXES, SESSION_SUFFIX, FileKind, kind_of_file
from occviewer.gui.questions import Button, ask, ask_path
from occviewer.gui.reading import read_session
from occviewer.observations import READABLE_SUFFIXES
from occviewer.observations.depth_image import DEPTH_SUFFIXES
from occviewer.observations.formats.voxel_files import VOXEL_SUFFIXES
from occviewer.observations.image import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller

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
        names, _ = QFileDialog.getOpenFileNames(self._window, "Open", "", self.filters())
        self.open_all([Path(name) for name in names])

    def filters(self) -> str:
        """List what the dialog offers: of sources what the open model takes, and other files."""
        takes = self._controller.studio.takes
        kinds = {
            "Scans": (READABLE_SUFFIXES, "cloud" in takes),
            "Pictures": (IMAGE_SUFFIXES, "picture" in takes),
            "Depth pictures": (DEPTH_SUFFIXES, "cloud" in takes),
            "Voxels": (VOXEL_SUFFIXES, "voxels" in takes),
            "Models": ((*MODEL_SUFFIXES, ".npz"), True),
            "Sessions": ((SESSION_SUFFIX,), True),
        }
        offered = {name: suffixes for name, (suffixes, taken) in kinds.items() if taken}
        everything = {suffix for suffixes in offered.values() for suffix in suffixes}
        lines = [f"All that opens ({_patterns(everything)})"]
        lines += [f"{name} ({_patterns(suffixes)})" for name, suffixes in offered.items()]
        return ";;".join([*lines, "All files (*)"])

    def open_model(self) -> None:
        """Ask for a checkpoint and work with it."""
        models = _patterns((*MODEL_SUFFIXES, ".npz"))
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open model", "", f"Models ({models});;All files (*)"
        )
        if name:
            self._controller.choose_model(name)

    def open_all(self, paths: list[Path]) -> None:
        """Open files by their kind: a session first, then a model, then what becomes shapes.

        Of several that become shapes, each goes to the shelf; the last is shown.
        """
        kinds = [(kind_of_file(path), path) for path in dict.fromkeys(paths)]
        sessions = [path for kind, path in kinds if kind == "session"]
        others = [pair for pair in kinds if pair[0] != "session"]
        if not sessions:
            self._open_others(others)
            return
        if len(sessions) > 1:
            self._window.messages.show_message(
                "note",
                f"One session can be open at a time: of {len(sessions)}, {sessions[-1].name} is "
                "opened.",
            )
        # What comes with it belongs into it, also where a question comes before.
        self.open_session(sessions[-1], partial(self._open_others, others))

    def _open_others(self, kinds: list[tuple[FileKind, Path]]) -> None:
        models = [path for kind, path in kinds if kind == "model"]
        sources = [path for kind, path in kinds if kind != "model"]
        for path in models:
            self._controller.choose_model(str(path))
        if len(sources) > 1:
            self._controller.importing.row(sources)
        elif sources:
            self._controller.import_file(sources[0])

    def new_session(self) -> None:
        """Begin anew; the present session may be saved first."""

        def begin() -> None:
            self.session = None
            self._controller.history.start(self._controller.new_document(), "New session")
            self._show_title()

        self.leave(begin)

    def open_session(self, path: Path, then: Callable[[], object] = lambda: None) -> None:
        """Open a session in place of the present one, which may be saved first.

        Parameters
        ----------
        path : Path
        then : callable
            Called when it is open, or was said why it cannot be opened.
        """
        self.leave(partial(self._open_session, path, then))

    def _open_session(self, path: Path, then: Callable[[], object]) -> None:
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
            then()

        def refused(failure: Failure) -> None:
            self._controller.failed(failure)
            then()

        self._controller.compute.submit(
            SESSION_LANE,
            f"Opening {path.name}",
            lambda job: read_session(path),
            arrived,
            refused,
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


def _patterns(suffixes: Iterable[str]) -> str:
    return " ".join(f"*{suffix}" for suffix in sorted(suffixes))
