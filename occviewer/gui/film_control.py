"""Films of the track and of the shape that turns, made beside the live window.

The compute thread makes the meshes, one job each, so that the window's own wishes come in
between; a process draws them and writes the film into a folder of its own; the compute
thread brings the finished film to its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QProgressDialog

from occviewer.document.shape import LatentEdit
from occviewer.errors import ExtractionError, OccviewerError
from occviewer.gui.failures import Failure
from occviewer.gui.film_dialog import KINDS, FilmDialog, FilmWish
from occviewer.gui.film_maker import FilmMaker
from occviewer.gui.film_place import bring, require_place
from occviewer.gui.questions import ask_path
from occviewer.gui.worker import Job
from occviewer.meshes import Mesh
from occviewer.meshes.film_worker import MORPH, packed_mesh

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller
    from occviewer.gui.studio import MeshResult
    from occviewer.gui.way import Way

_LANE = "film"
_AHEAD = 3  # so many meshes wait for the process at most

_Shoot = Callable[[Job, int], "MeshResult"]


class FilmControl(QObject):
    """Asks, makes and stops films; one at a time.

    Attributes
    ----------
    dialog : FilmDialog or None
        That which is open.
    progress : QProgressDialog or None
        Of the film that is being made.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._window = controller, controller.window
        self._wishes = {True: FilmWish(), False: FilmWish(turn=360.0)}
        self._maker: FilmMaker | None = None
        self.dialog: FilmDialog | None = None
        self.progress: QProgressDialog | None = None
        self._next, self._drawn, self._making = 0, 0, False
        actions = controller.window.actions_
        actions.on("file.export_film", self.ask_track)
        actions.on("file.export_turntable", lambda: controller.track.at_rest(self.ask_turntable))
        controller.window.track.film_wanted.connect(self.ask_track)
        controller.window.close_wanted.connect(self._close)

    @property
    def busy(self) -> bool:
        """Whether a film is being made."""
        return self._maker is not None

    def ask_track(self) -> None:
        """Ask what the film of the track shall be like, then make it."""
        way = self._controller.track.way
        if way is None:
            return
        self._controller.track.rest()
        seconds = way.length * self._controller.document.track.seconds
        self._ask("Export film", replace(self._wishes[True], seconds=seconds), of_track=True)

    def ask_turntable(self) -> None:
        """Ask what the film of the turning shape shall be like, then make it."""
        if self._controller.document.shape.code is not None:
            self._ask("Export turntable", self._wishes[False], of_track=False)

    def make_track(self, wish: FilmWish, path: Path) -> None:
        """Make a film of the track."""
        way, document = self._controller.track.way, self._controller.document
        model, studio = self._controller.pipeline.model, self._controller.studio
        if way is None or model is None:
            return
        positions = _positions(way, wish.frames)
        threshold = model.info.threshold

        def shoot(job: Job, number: int) -> MeshResult:
            at = positions[number]
            settings = replace(document.extraction, threshold=way.threshold_at(at, threshold))
            code = way.code_at(at, studio.latent, job.step)
            return studio.mesh(code, LatentEdit(), settings, live=False, cancel=job.cancelled)

        self._make(wish, path, shoot, moves=True)

    def make_turntable(self, wish: FilmWish, path: Path) -> None:
        """Make a film of the shape at hand, while the camera walks around it."""
        document, studio = self._controller.document, self._controller.studio
        shape = document.shape
        code = shape.code
        if code is None:
            return

        def shoot(job: Job, number: int) -> MeshResult:
            return studio.mesh(
                code, shape.edit, document.extraction, live=False, cancel=job.cancelled
            )

        self._make(wish, path, shoot, moves=False)

    def stop(self) -> None:
        """Give the film up; nothing is left of it."""
        self._controller.compute.cancel(_LANE)
        maker, self._maker = self._maker, None
        if maker is not None:
            maker.close()
            maker.deleteLater()
        progress, self.progress = self.progress, None
        if progress is not None:
            progress.close()  # which it takes for a cancel
            progress.deleteLater()

    def _ask(self, title: str, wish: FilmWish, *, of_track: bool) -> None:
        if self.busy:
            self._window.messages.show_message(
                "warning", "A film is being made; wait for it or cancel it first."
            )
            return
        self.dialog = FilmDialog(title, wish, of_track, self._window)
        self.dialog.chosen.connect(lambda chosen: self._chosen(chosen, of_track))
        self.dialog.finished.connect(self._dialog_closed)
        self.dialog.open()

    def _dialog_closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _chosen(self, wish: FilmWish, of_track: bool) -> None:
        self._wishes[of_track] = wish
        kind = next(text for text, suffix in KINDS if suffix == wish.suffix)
        base = "film" if of_track else "turntable"
        path = ask_path(
            self._window,
            "Export film" if wish.suffix else "New folder for the pictures",
            base + wish.suffix,
            kind if wish.suffix else "Folders",
            wish.suffix,
        )
        if path is not None:
            make = self.make_track if of_track else self.make_turntable
            make(wish, path)

    def _make(self, wish: FilmWish, path: Path, shoot: _Shoot, *, moves: bool) -> None:
        try:
            require_place(wish.suffix, path)
        except OccviewerError as error:
            self._window.messages.show_message("error", str(error))
            return
        maker = FilmMaker(wish.suffix, wish.size, wish.rate, wish.background, self)
        self._maker, self._next, self._drawn, self._making = maker, 0, 0, False
        camera, aspect = self._window.viewport.camera()
        camera = camera.for_picture(aspect, wish.size[0] / wish.size[1])
        pivot: list[np.ndarray] = []
        # A film that goes round ends one step before its beginning.
        whole_turns = wish.turn % 360 == 0
        last = wish.frames if whole_turns else wish.frames - 1

        def arrived(packed: bytes, middle: np.ndarray | None = None) -> None:
            self._making = False
            if middle is not None and not pivot:
                pivot.append(middle)
            degrees = wish.turn * self._next / last
            maker.add(camera.turned(degrees, pivot[0]), packed)
            self._next += 1
            if self._next == wish.frames:
                maker.end()
            else:
                go_on()

        def work(job: Job, number: int) -> tuple[bytes, np.ndarray]:
            try:
                result = shoot(job, number)
            except ExtractionError as error:
                raise ExtractionError(f"Picture {number + 1} of the film: {error}") from error
            middle = result.mesh.bounds.astype(np.float64).mean(axis=0)
            mesh = _lasting(result) if wish.suffix == MORPH else result.mesh
            return packed_mesh(mesh), middle

        def go_on() -> None:
            if self._making or self._next >= wish.frames or self._next - self._drawn >= _AHEAD:
                return
            if self._next and not moves:
                arrived(b"")
                return
            self._making = True
            self._controller.compute.submit(
                _LANE,
                "",
                partial(work, number=self._next),
                lambda made: arrived(*made),
                self._failed,
            )

        def drawn(count: int) -> None:
            self._drawn = count
            self._show_progress(count, wish.frames)
            go_on()

        maker.drawn.connect(drawn)
        maker.done.connect(lambda: self._bring(maker.result, path))
        maker.failed.connect(self._failed)
        self._open_progress(path, wish.frames)
        maker.start()
        if self._maker is maker:
            go_on()

    def _open_progress(self, path: Path, frames: int) -> None:
        progress = QProgressDialog("Starting…", "Cancel", 0, frames, self._window)
        progress.setWindowTitle(f"Making {path.name}")
        progress.setAutoClose(False)
        progress.setAutoReset(False)
        progress.setMinimumDuration(0)
        progress.setMinimumWidth(320)
        progress.canceled.connect(self.stop)
        self.progress = progress
        progress.show()

    def _show_progress(self, count: int, frames: int) -> None:
        if self.progress is not None:
            text = f"{count} of {frames} pictures" if count < frames else "Writing the film…"
            self.progress.setLabelText(text)
            self.progress.setValue(count)

    def _bring(self, made: Path, path: Path) -> None:
        """Bring a finished film to its place."""
        self._controller.compute.submit(
            _LANE,
            "",
            lambda job: bring(made, path, job.cancelled),
            lambda nothing: self._finish(path),
            self._failed,
        )

    def _finish(self, path: Path) -> None:
        self.stop()
        self._window.messages.show_message("note", f"Wrote {path}.")

    def _failed(self, failure: Failure) -> None:
        self.stop()
        self._controller.failed(failure)

    def _close(self, event: QCloseEvent) -> None:
        if event.isAccepted():
            self.stop()


def _positions(way: Way, frames: int) -> list[float]:
    """Even steps all along the way; a loop ends one step before its beginning."""
    places = np.linspace(0, way.length, frames, endpoint=not way.is_loop)
    return [float(place) for place in places]


def _lasting(result: MeshResult) -> Mesh:
    """Place a mesh in the world, as meshes are exported."""
    return result.mesh.placed(result.code.placement)
