"""Between the window and the document: wishes become commands, and states are shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from occviewer.document import commands
from occviewer.document.commands import Change
from occviewer.document.history import History
from occviewer.document.model_reference import ModelReference
from occviewer.document.settings import ExtractionSettings
from occviewer.document.source import Placing
from occviewer.document.state import Document
from occviewer.errors import OccviewerError
from occviewer.gui.dialogs import PreferencesDialog, TextDialog, about_page, shortcut_page
from occviewer.gui.display import Display
from occviewer.gui.files import Files
from occviewer.gui.film_control import FilmControl
from occviewer.gui.main_window import MainWindow
from occviewer.gui.pipeline import Pipeline
from occviewer.gui.preferences import Preferences
from occviewer.gui.safekeeping import Safekeeping
from occviewer.gui.sampling_control import SamplingControl
from occviewer.gui.studio import Studio
from occviewer.gui.theme import apply_theme
from occviewer.gui.track_control import TrackControl
from occviewer.gui.viewport import VIEWS
from occviewer.gui.worker import ComputeThread, Failure

if TYPE_CHECKING:
    from occviewer.observations import PointCloud


class Controller(QObject):
    """Everything that happens in one window.

    Attributes
    ----------
    history : History
        The document and its past.
    """

    def __init__(self, window: MainWindow, preferences: Preferences, recovery: Path) -> None:
        super().__init__(window)
        self.window, self.preferences = window, preferences
        self.history = History(self.new_document(), title="New session")
        self.compute = ComputeThread(self)
        self.studio = Studio()
        self.pipeline = Pipeline(self.compute, self.studio, self)
        self.display = Display(window, self.pipeline, self.history)
        self.files = Files(self)
        self.safekeeping = Safekeeping(self, recovery)
        self._dragging = ""
        self.history.add_listener(self._document_changed)
        self._connect_pipeline()
        self._connect_panels()
        self._connect_actions()
        window.close_wanted.connect(self._close)
        self.sampling, self.track = SamplingControl(self), TrackControl(self)
        self.film = FilmControl(self)
        self.pipeline.set_device(preferences.device)
        self._document_changed()

    @property
    def document(self) -> Document:
        """The present document."""
        return self.history.document

    def new_document(self) -> Document:
        """Make the document with which a session begins."""
        return Document(
            model=ModelReference(shipped=self.preferences.model),
            extraction=ExtractionSettings(resolution=self.preferences.resolution),
        )

    def do(
        self, command: Callable[..., Change], *arguments: object, merge: str | None = None
    ) -> bool:
        """Do a command on the document; whether it could be done.

        What the person cannot do is said in a message, and nothing changes.
        """
        try:
            title, document = command(self.document, *arguments)
        except OccviewerError as error:
            self.window.messages.show_message("warning", str(error))
            self.display.show_document(self.document)
            return False
        self.history.do(title, document, merge=merge)
        return True

    def import_file(self, path: Path) -> None:
        """Read a scan in the compute thread and complete it."""

        def arrived(cloud: PointCloud) -> None:
            self.display.fit_next()
            self.do(commands.import_cloud, cloud, path)
            self.preferences.add_recent(path)
            self.files.show_recent()

        self.compute.submit(
            "import",
            f"Reading {path.name}",
            lambda job: self.studio.load(path),
            arrived,
            self.failed,
        )

    def failed(self, failure: Failure) -> None:
        """Say what went wrong."""
        self.window.messages.show_message("error", failure.sentence, failure.details)

    def choose_model(self, location: str) -> None:
        """Work with another model: a shipped name or a path."""
        from occviewer.models.model import shipped_models

        if location in shipped_models():
            reference = ModelReference(shipped=location)
        else:
            reference = ModelReference(path=Path(location))
        self.do(commands.change_model, reference)

    def _document_changed(self) -> None:
        self.display.show_document(self.document)
        self.pipeline.follow(self.document, moving=bool(self._dragging))

    def _connect_pipeline(self) -> None:
        self.pipeline.encoded.connect(self.history.complete)
        self.pipeline.failed.connect(lambda lane, failure: self.failed(failure))
        self.pipeline.meshed.connect(self.display.show_mesh)
        self.pipeline.opened.connect(self.display.show_model)
        self.compute.began.connect(self.display.work_began)
        self.compute.progressed.connect(self.display.work_progressed)
        self.compute.ended.connect(self.display.work_ended)

    def _connect_panels(self) -> None:
        window, do = self.window, self.do
        mesh = window.extraction
        mesh.resolution_chosen.connect(lambda cells: do(commands.set_resolution, cells))
        mesh.largest_only_chosen.connect(lambda on: do(commands.set_largest_only, on))
        mesh.smoothing_chosen.connect(lambda rounds: do(commands.set_smoothing, rounds))
        mesh.face_target_chosen.connect(lambda n: do(commands.set_face_target, n or None))
        mesh.threshold_grabbed.connect(lambda: self._grab("threshold"))
        mesh.threshold_released.connect(self._release)
        mesh.threshold_changed.connect(
            lambda value: do(commands.set_threshold, value, merge=self._dragging or None)
        )
        source = window.source
        source.open_wanted.connect(self.files.open)
        source.placement_chosen.connect(self._place)
        source.subsample_chosen.connect(lambda n: do(commands.subsample, n or None))
        source.noise_changed.connect(lambda noise: do(commands.add_noise, noise, merge="noise"))
        window.model.model_chosen.connect(self.choose_model)
        window.model.open_wanted.connect(self.files.open_model)
        window.model.device_chosen.connect(self._choose_device)
        window.history.step_chosen.connect(self.history.go_to)
        window.gallery.chosen.connect(self.import_file)
        window.gallery.open_wanted.connect(self.files.open)
        for place in (window, source, window.viewport):
            place.dropped.connect(self.files.open_all)
        shelf = window.shelf
        shelf.taken.connect(lambda key: do(commands.take, key))
        shelf.renamed.connect(lambda key, name: do(commands.rename, key, name))
        shelf.reordered.connect(self._reorder)
        shelf.delete_wanted.connect(lambda keys: do(commands.delete, keys))

    def _connect_actions(self) -> None:
        actions, window, files = self.window.actions_, self.window, self.files
        functions: dict[str, Callable[[], object]] = {
            "file.new": files.new_session,
            "file.open": files.open,
            "file.gallery": lambda: window.show_gallery(not window.gallery_is_shown),
            "file.save": files.save,
            "file.save_as": files.save_as,
            "file.export": files.export_mesh,
            "file.export_code": files.export_code,
            "file.screenshot": files.save_picture,
            "file.preferences": self._show_preferences,
            "file.quit": window.close,
            "edit.undo": self.history.undo,
            "edit.redo": self.history.redo,
            "edit.find": window.find_action,
            "view.fit": window.viewport.fit,
            "shape.capture": self._capture,
            "shape.command": self._copy_command,
            "shape.cancel": self._stop,
            "help.shortcuts": self._show_shortcuts,
            "help.about": self._show_about,
            "help.diagnostics": self._copy_diagnostics,
            **{f"view.{view}": partial(window.viewport.look, view) for view in VIEWS},
        }
        # What uses the document's shape waits until the track rests at the one that is seen.
        for name in ("file.export", "file.export_code", "shape.capture", "shape.command"):
            functions[name] = partial(self._at_rest, functions[name])
        for name, function in functions.items():
            actions.on(name, function)
        self.display.connect_actions(actions)

    def _at_rest(self, function: Callable[[], object]) -> None:
        self.track.at_rest(function)

    def _grab(self, what: str) -> None:
        self._dragging = what

    def _release(self) -> None:
        self._dragging = ""
        self.history.end_merge()
        self.pipeline.follow(self.document)

    def _place(self, up: str, yaw: float | None) -> None:
        if up == "auto" and yaw is None:
            self.do(commands.set_alignment)
            return
        placing = self.document.shape.source.placing if self.document.shape.source else Placing()
        axis = placing.up or "y" if up == "auto" else up
        align = "auto" if yaw is None else "none"
        self.do(commands.set_alignment, align, axis, yaw, merge=None if yaw is None else "yaw")

    def _capture(self) -> None:
        code, edit = self.document.shape.code, self.document.shape.edit
        if not self.do(commands.capture) or code is None:
            return
        entry = self.document.shelf[-1]
        self.compute.submit(
            f"preview {entry.id}",
            "",
            lambda job: self.studio.preview(code, edit, entry.threshold),
            lambda png: self.history.complete(
                lambda document: commands.with_preview(document, entry.id, png)
            ),
            self.failed,
        )

    def _reorder(self, keys: list[str]) -> None:
        before = [entry.id for entry in self.document.shelf]
        for index, key in enumerate(keys):
            if before[index : index + 1] != [key]:
                before.remove(key)
                before.insert(index, key)
                self.do(commands.move, key, index, merge="order")
        self.history.end_merge()

    def _choose_device(self, device: str) -> None:
        self.preferences.device = device
        self.pipeline.set_device(device)

    def _copy_command(self) -> None:
        from occviewer.gui.reports import command_of

        QGuiApplication.clipboard().setText(command_of(self.document))
        self.window.messages.show_message("note", "The command is on the clipboard.")

    def _copy_diagnostics(self) -> None:
        from occviewer.gui.reports import diagnostics

        QGuiApplication.clipboard().setText(diagnostics(self.pipeline.model))
        self.window.messages.show_message("note", "Diagnostics are on the clipboard.")

    def _show_preferences(self) -> None:
        from occviewer.gui.display import devices

        PreferencesDialog(self.preferences, devices(), self._preference_changed, self.window).open()

    def _preference_changed(self, name: str) -> None:
        application = QApplication.instance()
        if name == "theme" and isinstance(application, QApplication):
            apply_theme(application, self.preferences.theme)

    def _show_shortcuts(self) -> None:
        TextDialog("Shortcuts", shortcut_page(self.window.actions_), self.window).open()

    def _show_about(self) -> None:
        TextDialog("About OccViewer", about_page(), self.window).open()

    def _stop(self) -> None:
        self.pipeline.stop()
        self.compute.cancel("import")

    def _close(self, event: QCloseEvent) -> None:
        if not self.files.may_close():
            event.ignore()
            return
        self.preferences.window_layout = bytes(self.window.layout_state().data())
        self.history.remove_listener(self._document_changed)
        self.compute.stop()
        self.safekeeping.close()
        event.accept()
