"""Between the window and the document: wishes become commands, and states are shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from occviewer.document import commands
from occviewer.document.commands import Change
from occviewer.document.history import History
from occviewer.document.model_reference import ModelReference
from occviewer.document.settings import ExtractionSettings
from occviewer.document.state import Document
from occviewer.errors import OccviewerError
from occviewer.gui.blend_control import BlendControl
from occviewer.gui.dialogs import PreferencesDialog, TextDialog, about_page, shortcut_page
from occviewer.gui.display import Display
from occviewer.gui.exports import Exports
from occviewer.gui.failures import Failure
from occviewer.gui.files import Files
from occviewer.gui.film_control import FilmControl
from occviewer.gui.given_control import GivenControl
from occviewer.gui.importing import Importing
from occviewer.gui.latent_control import LatentControl
from occviewer.gui.main_window import MainWindow
from occviewer.gui.model_control import ModelControl
from occviewer.gui.picture_control import PictureControl
from occviewer.gui.pipeline import Pipeline
from occviewer.gui.point_shading import PointShading
from occviewer.gui.preferences import Preferences
from occviewer.gui.progress import Progress
from occviewer.gui.questions import Button, ask
from occviewer.gui.safekeeping import Safekeeping
from occviewer.gui.sampling_control import SamplingControl
from occviewer.gui.shelf_control import ShelfControl
from occviewer.gui.source_control import SourceControl
from occviewer.gui.stored_control import StoredControl
from occviewer.gui.studio import MeshResult, Studio
from occviewer.gui.theme import apply_theme
from occviewer.gui.tools.control import ToolControl
from occviewer.gui.track_control import TrackControl
from occviewer.gui.views import VIEWS
from occviewer.gui.voxel_control import VoxelControl
from occviewer.gui.worker import ComputeThread, stop_all

# Milliseconds until a window that was made is on the screen.
_SEEN_AFTER = 50


class Controller(QObject):
    """Everything that happens in one window.

    Attributes
    ----------
    history : History
        The document and its past.
    all_ended : bool
        Whether the window was closed and its threads have come to their ends.
    """

    def __init__(self, window: MainWindow, preferences: Preferences, recovery: Path) -> None:
        super().__init__(window)
        self.window, self.preferences = window, preferences
        self.history = History(self.new_document(), title="New session")
        self.compute = ComputeThread(self)
        # Saving must wait for nothing that is being computed.
        self.storage = ComputeThread(self, "files")
        self.studio = Studio(preferences.threads)
        self.pipeline = Pipeline(self.compute, self.studio, self)
        self.display = Display(window, self.pipeline, self.history, self.storage)
        self.progress = Progress(window, self.compute, self.storage)
        self.files = Files(self)
        self.exports = Exports(self)
        self.safekeeping = Safekeeping(self, recovery)
        self._dragging, self._leaving, self.all_ended = "", False, False
        self._no_mesh = ""  # why there was no mesh, as long as that is shown
        self.point_shading = PointShading(self)
        self.history.add_listener(self._document_changed)
        self.shelf, self.model = ShelfControl(self), ModelControl(self)
        self.latent, self.blend = LatentControl(self), BlendControl(self)
        self._connect_pipeline()
        self._connect_panels()
        self._connect_actions()
        self.source, self.tools = SourceControl(self), ToolControl(self)
        self.picture, self.importing = PictureControl(self), Importing(self)
        self.voxels, self.given = VoxelControl(self), GivenControl(self)
        self.stored = StoredControl(self)
        window.close_wanted.connect(self._close)
        self.sampling, self.track = SamplingControl(self), TrackControl(self)
        self.film = FilmControl(self)
        self.display.show_document(self.document)
        # What follows imports torch; the window is to be seen before.
        # A timer of its own goes with the window, which `singleShot` does not do.
        self._beginning = QTimer(self, singleShot=True)
        self._beginning.timeout.connect(self._begin)
        self._beginning.start(_SEEN_AFTER)

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

    def _begin(self) -> None:
        self.pipeline.set_device(self.preferences.device)
        self.pipeline.follow(self.document)

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
        """Read a scan or a picture in the compute thread, and make a shape of it."""
        self.importing.file(path)

    def failed(self, failure: Failure) -> None:
        """Say what went wrong."""
        self.window.messages.show_message("error", failure.sentence, failure.details)

    def choose_model(self, location: str) -> None:
        """Work with another model: a shipped name or a path."""
        self.model.choose(location)

    def _pipeline_failed(self, lane: str, failure: Failure) -> None:
        self.display.show_failed(lane)
        if lane == "model":
            self.model.failed(failure)
        elif not self.picture.explains(failure):
            self.failed(failure)
            self._no_mesh = failure.sentence if lane == "mesh" else self._no_mesh

    def _meshed(self, result: MeshResult | None) -> None:
        """Take back why there was no mesh, now that there is one."""
        if result is not None and self._no_mesh:
            self.window.messages.take_back(self._no_mesh)
            self._no_mesh = ""

    def grab(self, what: str) -> None:
        """Begin a drag: until `release`, meshes are coarse; its first step is one of its own."""
        self.history.end_merge()
        self._dragging = what

    def release(self) -> None:
        """End a drag."""
        self._dragging = ""
        self.pipeline.follow(self.document)

    @property
    def dragging(self) -> str:
        """What the person is dragging; empty if nothing."""
        return self._dragging

    def _document_changed(self) -> None:
        self.display.show_document(self.document)
        self.pipeline.follow(self.document, moving=bool(self._dragging))

    def _connect_pipeline(self) -> None:
        self.pipeline.encoded.connect(self.history.complete)
        self.pipeline.failed.connect(self._pipeline_failed)
        self.pipeline.meshed.connect(self.display.show_mesh)
        self.pipeline.meshed.connect(self._meshed)
        self.pipeline.opened.connect(self.display.show_model)

    def _connect_panels(self) -> None:
        window, do = self.window, self.do
        mesh = window.extraction
        mesh.resolution_chosen.connect(lambda cells: do(commands.set_resolution, cells))
        mesh.largest_only_chosen.connect(lambda on: do(commands.set_largest_only, on))
        mesh.smoothing_chosen.connect(lambda rounds: do(commands.set_smoothing, rounds))
        mesh.face_target_chosen.connect(lambda n: do(commands.set_face_target, n or None))
        mesh.threshold_grabbed.connect(lambda: self.grab("threshold"))
        mesh.threshold_released.connect(self.release)
        mesh.threshold_changed.connect(
            lambda value: do(commands.set_threshold, value, merge=self._dragging or None)
        )
        window.model.device_chosen.connect(self._choose_device)
        window.history.step_chosen.connect(self.history.go_to)
        window.gallery.chosen.connect(self.import_file)
        window.gallery.open_wanted.connect(self.files.open)
        for place in (window, window.source, window.viewport):
            place.dropped.connect(self.files.open_all)

    def _connect_actions(self) -> None:
        actions, window, files = self.window.actions_, self.window, self.files
        functions: dict[str, Callable[[], object]] = {
            "file.new": files.new_session,
            "file.open": files.open,
            "file.gallery": lambda: window.show_gallery(not window.gallery_is_shown),
            "file.save": files.save,
            "file.save_as": files.save_as,
            "file.export": self.exports.open_mesh,
            "file.export_code": self.exports.export_code,
            "file.screenshot": self.exports.open_picture,
            "file.preferences": self._show_preferences,
            "file.quit": window.close,
            "edit.undo": self.history.undo,
            "edit.redo": self.history.redo,
            "edit.paste": lambda: self.importing.paste(),
            "edit.find": window.find_action,
            "view.fit": window.viewport.fit,
            "shape.capture": self.shelf.capture,
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

    def _choose_device(self, device: str) -> None:
        self.preferences.device = device
        self.pipeline.set_device(device)

    def _copy_command(self) -> None:
        from occviewer.gui.reports import command_of

        QGuiApplication.clipboard().setText(command_of(self.document))
        self.window.messages.show_message("note", "The command is on the clipboard.")

    def _copy_diagnostics(self) -> None:
        from occviewer.gui.reports import diagnostics

        QGuiApplication.clipboard().setText(
            diagnostics(
                self.pipeline.model,
                self.document,
                self.display.result,
                self.window.viewport.graphics(),
                self.window.messages.log,
            )
        )
        self.window.messages.show_message("note", "Diagnostics are on the clipboard.")

    def _show_preferences(self) -> None:
        from occviewer.gui.devices import devices
        from occviewer.models.shipped import shipped_models

        PreferencesDialog(
            self.preferences, devices(), shipped_models(), self._preference_changed, self.window
        ).open()

    def _preference_changed(self, name: str) -> None:
        application = QApplication.instance()
        if name == "theme" and isinstance(application, QApplication):
            apply_theme(application, self.preferences.theme)

    def _show_shortcuts(self) -> None:
        TextDialog("Shortcuts", shortcut_page(self.window.actions_), self.window).open()

    def _show_about(self) -> None:
        TextDialog("About OccViewer", about_page(), self.window).open()

    def _stop(self) -> None:
        if self.picture.refining.stop():
            return  # it ends after this round, and keeps what was reached
        if self.pipeline.finish():
            return  # so does the search of a code
        self.importing.stop()
        self.pipeline.stop()
        self.compute.cancel_titled()

    def _close(self, event: QCloseEvent) -> None:
        writing = self._writing()
        if not self._leaving and (writing or self.files.unsaved):
            event.ignore()
            if writing:
                ask(
                    self.window,
                    "Not finished",
                    f"{', '.join(writing)}: this is not finished, and closing gives it up.",
                    {Button.Close: lambda: self.files.leave(self._leave)},
                )
            else:
                self.files.leave(self._leave)
            return
        self.preferences.window_layout = bytes(self.window.layout_state().data())
        self.preferences.window_place = bytes(self.window.saveGeometry().data())
        self.history.remove_listener(self._document_changed)
        self.tools.close()
        self.picture.close()
        self.importing.close()
        self.voxels.close()
        self.given.close()
        self.stored.close()
        self.point_shading.close()
        self.all_ended = stop_all(self.compute, self.storage)
        self.safekeeping.close()
        event.accept()

    def _writing(self) -> list[str]:
        """Titles of what is being written for the person."""
        titles = self.compute.under_way("export") + self.storage.under_way("picture", "save")
        return [*titles, "Making a film"] if self.film.busy else titles

    def _leave(self) -> None:
        self._leaving = True
        self.window.close()
