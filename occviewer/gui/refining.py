"""Refines the shape of a picture until its silhouette fits, and shows how it comes about."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from occviewer.cameras import PictureCamera
from occviewer.document import commands
from occviewer.document.shape import LatentEdit, Shape
from occviewer.errors import ExtractionError
from occviewer.gui.failures import Failure
from occviewer.gui.picture_painting import paint_of
from occviewer.gui.picture_studio import Refined
from occviewer.gui.studio import MeshResult
from occviewer.meshes.silhouettes import compared

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller
    from occviewer.gui.worker import Job
    from occviewer.models import Code

_LANE = "refine"
_EVERY = 1.5  # seconds between two previews: they take time from the rounds


class Refining(QObject):
    """One refinement at a time, in the compute thread.

    While it runs it has the display; it ends early and changes nothing when the document's
    shape is changed meanwhile.

    Parameters
    ----------
    controller : Controller
    changed : callable
        Told when a refinement begins, gets on and ends.
    """

    _seen = Signal(object, object)

    def __init__(self, controller: Controller, changed: Callable[[], None]) -> None:
        super().__init__(controller)
        self._controller, self._changed = controller, changed
        self._of: Shape | None = None
        self._stopped = threading.Event()
        self.preview: tuple[MeshResult, PictureCamera] | None = None
        self._seen.connect(self._show)

    @property
    def running(self) -> bool:
        """Whether a refinement is under way."""
        return self._of is not None

    def begin(self, rounds: int) -> None:
        """Refine the document's shape, as its sliders stand."""
        controller, shape = self._controller, self._controller.document.shape
        source, code, edit = shape.picture, shape.code, shape.edit
        if self.running or source is None or source.mask is None or code is None:
            return
        mask, camera = source.mask, source.camera_with(code)
        if camera is None:
            return
        self._of, self._stopped = shape, threading.Event()
        studio, settings, stopped = controller.studio, controller.document.extraction, self._stopped
        paint, emit = paint_of(shape), self._seen.emit

        def work(job: Job) -> Refined | None:
            last = time.monotonic()

            def seen(make: Callable[[], Code], camera: PictureCamera) -> None:
                nonlocal last
                if time.monotonic() - last < _EVERY or job.cancelled():
                    return
                try:
                    result = studio.mesh(
                        make(), LatentEdit(), settings, live=True, cancel=job.cancelled, paint=paint
                    )
                except ExtractionError:
                    return  # too thin for a coarse mesh; the fine one comes at the end
                last = time.monotonic()
                emit(job, (result, camera))

            def overlap(code: Code, edit: LatentEdit, camera: PictureCamera) -> float:
                result = studio.mesh(code, edit, settings, live=False, cancel=job.cancelled)
                return compared(result.mesh, camera, mask.inside).overlap

            before = overlap(code, edit, camera)
            refined = studio.pictures.refine(
                source,
                studio.latent.edited(code, edit),
                rounds,
                progress=job.step,
                stopped=stopped.is_set,
                seen=seen,
            )
            if refined is None:
                return None
            after = overlap(refined.code, LatentEdit(), refined.fit.camera)
            # Measured as the page shows it; the fit looked at fewer pixels.
            fit = replace(refined.fit, before=before, overlap=after)
            return Refined(refined.code, fit) if after > before else None

        self._job = controller.compute.submit(
            _LANE, "Fitting the silhouette", work, self._done, self._failed
        )
        self._changed()

    def stop(self) -> bool:
        """End it after this round, and keep what was reached; whether one was under way."""
        self._stopped.set()
        return self.running

    def follow(self, shape: Shape) -> None:
        """Give a refinement up when the shape is not the one that is refined any more."""
        if self._of is not None and shape is not self._of:
            self._controller.compute.cancel(_LANE)
            self._end()

    def _done(self, refined: Refined | None) -> None:
        self._end()
        if refined is None:
            self._controller.window.messages.show_message(
                "note", "No round of the refinement made the silhouette fit better."
            )
        else:
            self._controller.do(commands.set_fit, refined.fit, refined.code)

    def _failed(self, failure: Failure) -> None:
        self._end()
        self._controller.failed(failure)

    def _end(self) -> None:
        """Give the display back."""
        self._of, held = None, self.preview is not None
        self.preview = None
        if held and not self._controller.track.moving:
            self._controller.pipeline.hold(False)
            self._controller.pipeline.follow(self._controller.document)
        self._changed()

    def _show(self, job: Job, seen: tuple[MeshResult, PictureCamera]) -> None:
        """Show a shape on the way, in the window's thread."""
        if not self.running or job is not self._job or job.cancelled():
            return
        if self._controller.track.moving:
            return
        self.preview = seen
        self._controller.pipeline.hold(True)
        self._controller.display.show_mesh(seen[0])
        self._changed()
