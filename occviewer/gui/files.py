"""Opening, saving and exporting: the dialogs, and what each kind of file means."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QMessageBox

from occviewer.document.session import load_session, save_session
from occviewer.document.state import Document
from occviewer.errors import OccviewerError
from occviewer.extraction import EXPORT_REFINEMENT
from occviewer.models.sniffing import SUFFIX
from occviewer.observations import READABLE_SUFFIXES

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller
    from occviewer.gui.worker import Job

SESSION_SUFFIX = ".occ"
MESH_FILTERS = "glTF (*.glb);;Wavefront (*.obj);;PLY (*.ply);;STL (*.stl);;OFF (*.off)"


class Files:
    """Everything of a controller that has to do with files."""

    def __init__(self, controller: Controller) -> None:
        self._controller, self._window = controller, controller.window
        self.session: Path | None = None
        self.show_recent()

    def open(self) -> None:
        """Ask for files and open them."""
        scans = " ".join(f"*{suffix}" for suffix in sorted(READABLE_SUFFIXES))
        everything = f"{scans} *{SUFFIX} *{SESSION_SUFFIX}"
        names, _ = QFileDialog.getOpenFileNames(
            self._window,
            "Open",
            "",
            f"All that opens ({everything});;Scans ({scans});;Models (*{SUFFIX});;"
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
        """Open files by their kind; of several scans the last one stays."""
        for path in paths:
            if path.suffix.lower() == SESSION_SUFFIX:
                self.open_session(path)
            elif path.suffix.lower() == SUFFIX:
                self._controller.choose_model(str(path))
            else:
                self._controller.import_file(path)

    def new_session(self) -> None:
        """Begin anew; the present session may be saved first."""
        if self.may_close():
            self.session = None
            self._controller.history.start(self._controller.new_document(), "New session")
            self._show_title()

    def open_session(self, path: Path) -> None:
        """Open a session in place of the present one, which may be saved first."""
        if not self.may_close():
            return

        def arrived(loaded: tuple[Document, tuple[str, ...]]) -> None:
            document, notes = loaded
            self.session = path
            self._controller.display.fit_next()
            self._controller.history.start(document, f"Open {path.name}")
            self._controller.preferences.add_recent(path)
            self.show_recent()
            self._show_title()
            for note in notes:
                self._window.messages.show_message("warning", note)

        self._controller.compute.submit(
            "import",
            f"Opening {path.name}",
            lambda job: load_session(path),
            arrived,
            self._controller.failed,
        )

    def save(self) -> bool:
        """Save the session to its file; whether it was saved."""
        return self.save_as() if self.session is None else self._save(self.session)

    def save_as(self) -> bool:
        """Ask for a file and save the session to it; whether it was saved."""
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            "Save session",
            f"session{SESSION_SUFFIX}",
            f"Sessions (*{SESSION_SUFFIX})",
        )
        return bool(name) and self._save(Path(name).with_suffix(SESSION_SUFFIX))

    def export_mesh(self) -> None:
        """Ask for a file and write the mesh to it, in world units."""
        shape = self._controller.document.shape
        code, source, edit = shape.code, shape.source, shape.edit
        if code is None:
            return
        name, chosen = QFileDialog.getSaveFileName(
            self._window, "Export mesh", f"{source.name if source else 'shape'}.glb", MESH_FILTERS
        )
        if not name:
            return
        path = Path(name)
        if not path.suffix:
            path = path.with_suffix(chosen[chosen.index("*") + 1 : chosen.index(")")])
        settings = self._controller.document.extraction

        def work(job: Job) -> Path:
            made = self._controller.studio.mesh(
                code,
                edit,
                settings,
                live=False,
                cancel=job.cancelled,
                progress=job.progress,
                refine=EXPORT_REFINEMENT,
            )
            made.mesh.placed(code.placement).save(path)
            return path

        self._controller.compute.submit(
            "export",
            f"Writing {path.name}",
            work,
            lambda written: self._note(f"Wrote {written}."),
            self._controller.failed,
        )

    def export_code(self) -> None:
        """Ask for a file and write the code to it."""
        shape = self._controller.document.shape
        code, edit = shape.code, shape.edit
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Export code", "code.npz", "Codes (*.npz)"
        )
        if not name or code is None:
            return
        path = Path(name).with_suffix(".npz")
        self._controller.compute.submit(
            "export",
            f"Writing {path.name}",
            lambda job: self._controller.studio.latent.edited(code, edit).save(path),
            lambda nothing: self._note(f"Wrote {path}."),
            self._controller.failed,
        )

    def save_picture(self) -> None:
        """Ask for a file and write what the view shows to it."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save picture", "picture.png", "PNG (*.png);;PNG, transparent (*.png)"
        )
        if name:
            path = Path(name).with_suffix(".png")
            self._try(lambda: self._window.viewport.picture(path), f"Wrote {path}.")

    def may_close(self) -> bool:
        """Whether the document may go: it is saved, or the person does not mind."""
        history = self._controller.history
        if not history.modified or history.document.shape.is_empty:
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            "Unsaved session",
            "The session has changes that are in no file. Save them?",
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        if answer == buttons.Save:
            return self.save()
        return answer == buttons.Discard

    def show_recent(self) -> None:
        """List the files that were opened lately."""
        menu = self._window.recent_menu
        menu.clear()
        for path in self._controller.preferences.recent:
            menu.addAction(path.name, partial(self.open_all, [path])).setToolTip(str(path))
        menu.setEnabled(not menu.isEmpty())

    def _save(self, path: Path) -> bool:
        history = self._controller.history
        try:
            save_session(history.document, path)
        except OccviewerError as error:
            self._say_error(error)
            return False
        self.session = path
        history.mark_saved()
        self._controller.preferences.add_recent(path)
        self.show_recent()
        self._show_title()
        return True

    def _show_title(self) -> None:
        name = self.session.name if self.session else "Untitled"
        self._window.setWindowTitle(f"{name}[*] – OccViewer")

    def _try(self, work: Callable[[], object], done: str) -> None:
        try:
            work()
        except OccviewerError as error:
            self._say_error(error)
        except OSError as error:
            self._window.messages.show_message(
                "error", f"The file cannot be written ({error.strerror}); choose another place."
            )
        else:
            self._note(done)

    def _note(self, text: str) -> None:
        self._window.messages.show_message("note", text)

    def _say_error(self, error: OccviewerError) -> None:
        self._window.messages.show_message("error", str(error))
