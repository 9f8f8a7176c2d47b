"""Keeps the shape on display in step with the document: model, code, mesh, in this order.

The document says what is wanted; `follow` compares it with what is there and asks the
compute thread for the next thing that is missing. What comes back makes the next call,
until nothing is missing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from occviewer.document.commands import with_code, with_source
from occviewer.document.model_reference import ModelReference
from occviewer.document.settings import ExtractionSettings
from occviewer.document.shape import LatentEdit
from occviewer.document.shape_source import Kind, ShapeSource
from occviewer.document.state import Document
from occviewer.errors import ExtractionError
from occviewer.gui.failures import Failure
from occviewer.gui.picture_painting import Paint, paint_of
from occviewer.gui.studio import Encoding, MeshResult, Studio
from occviewer.gui.worker import ComputeThread, Job

if TYPE_CHECKING:
    from occviewer.models import Code, Model

_COMPLETING: dict[Kind, str] = {"picture": "Finding the object"}
_ENCODING: dict[Kind, str] = {
    "cloud": "Completing the scan",
    "picture": "Making the shape of the picture",
    "voxels": "Completing the voxels",
}

_SEARCHING = "Searching the code of the scan; Stop keeps what was reached"

# A mesh finer than this is preceded by a coarse one, so that something is seen at once.
_COARSE_FIRST = 64


class _MeshKey(NamedTuple):
    """All that decides a mesh."""

    code: Code
    edit: LatentEdit
    settings: ExtractionSettings
    paint: Paint | None
    live: bool


class Pipeline(QObject):
    """Follows the document.

    Parameters
    ----------
    compute : ComputeThread
    studio : Studio
        Used in the compute thread only.

    Attributes
    ----------
    device : str
        Where the network is to compute.
    model : Model or None
        The open model; of it only what is known, never its network, is used outside the
        compute thread.
    """

    opened = Signal(object)
    """With the Model that was opened."""
    encoded = Signal(object)
    """With a function that brings the new code, or what a source waited for, into a document;
    see `History.complete`."""
    meshed = Signal(object)
    """With the MeshResult to be shown, or None where there is no shape."""
    _previewed = Signal(object, object)
    failed = Signal(str, object)
    """With ``model``, ``complete``, ``encode`` or ``mesh``, and the Failure."""

    def __init__(self, compute: ComputeThread, studio: Studio, parent: QObject) -> None:
        super().__init__(parent)
        self._compute, self._studio = compute, studio
        self._document, self._moving = Document(), False
        self.device = "auto"
        self._asked: dict[str, Any] = {}
        # By lane, and whether it was a coarse thing of a drag or before a fine one.
        self._failed: dict[tuple[str, bool], Any] = {}
        self._open: tuple[ModelReference, str] | None = None
        self._shown: _MeshKey | None = None
        self._finish = threading.Event()
        self._previewed.connect(self._show_preview)
        self._held = self._warm = False
        self.model: Model | None = None

    def follow(self, document: Document, *, moving: bool = False) -> None:
        """Bring the display towards a document.

        Parameters
        ----------
        document : Document
            What is wanted from now on.
        moving : bool
            Whether it will change again at once: then a coarse mesh is enough.
        """
        self._document, self._moving = document, moving
        wanted = None if document.model is None else (document.model, self.device)
        shape = document.shape
        if wanted is not None and not self._is_open(wanted):
            self._open_model(wanted)
        if shape.is_empty:
            self._show_nothing()
        elif shape.code is not None:
            self._give_up("complete")
            self._give_up("encode")
            if self.ready and not self._held:
                self._follow_mesh(shape.code)
        elif shape.source is not None and not shape.source.is_ready:
            self._give_up("encode")
            self._complete(shape.source)
        elif shape.source is not None and self.ready:
            self._encode(shape.source)

    def set_device(self, device: str) -> None:
        """Compute elsewhere: the model is opened again there."""
        self.device = device
        self._go_on()

    def retry(self) -> None:
        """Try again what failed."""
        self._failed.clear()
        self._go_on()

    def finish(self) -> bool:
        """Stop the search of a code and keep what it has reached; whether there was one."""
        if not self._studio.searching or self._finish.is_set():
            return False
        self._finish.set()
        return True

    def stop(self) -> None:
        """Give up what is being computed; it is tried again when something changes."""
        for lane, key in list(self._asked.items()):
            if lane == "model":
                self._open = None  # as in _open_model
            else:
                for quiet in (False, True):
                    same = key._replace(live=quiet) if isinstance(key, _MeshKey) else key
                    self._failed[lane, quiet] = same
            self._give_up(lane)

    def hold(self, held: bool) -> None:
        """Leave the display to somebody else, who shows what is in no document; or take it back.

        While it is held no mesh is asked for; the next call of `follow` after it makes the
        document's mesh anew.
        """
        self._held = held
        if held:
            self._give_up("mesh")
            self._shown = None

    @property
    def ready(self) -> bool:
        """Whether the open model is the document's."""
        return self._is_open((self._document.model, self.device))

    @property
    def takes(self) -> frozenset[Kind]:
        """Kinds of sources that the open model takes."""
        return self._studio.takes

    @property
    def first_taken(self) -> Kind | None:
        """The kind of source that the open model takes before others; None before one is open."""
        kinds: tuple[Kind, ...] = ("cloud", "picture", "voxels")
        return next((kind for kind in kinds if kind in self.takes), None)

    @property
    def settled(self) -> bool:
        """Whether nothing is being computed."""
        return not self._asked

    def _is_open(self, wanted: tuple[ModelReference | None, str]) -> bool:
        """Whether this model is open, and no other is about to take its place."""
        if self._open is None or "model" in self._asked:
            return False
        (reference, device), (opened, its_device) = wanted, self._open
        return reference is not None and device == its_device and reference.is_as_opened(opened)

    def _go_on(self) -> None:
        self.follow(self._document, moving=self._moving)

    def _show_nothing(self) -> None:
        self._give_up("complete")
        self._give_up("encode")
        self._give_up("mesh")
        if self._shown is not None:
            self._shown = None
            self.meshed.emit(None)

    def _open_model(self, wanted: tuple[ModelReference, str]) -> None:
        reference, device = wanted
        if self._asked.get("model") not in (None, wanted):
            # An opening that runs cannot be stopped: which model the compute thread has then,
            # and whether the next one takes its place, nobody knows.
            self._open = None

        def done(model: Model) -> None:
            self._open, self.model, self._shown = wanted, model, None
            self._failed.clear()
            self.opened.emit(model)
            self._warm_up()

        self._ask(
            "model",
            wanted,
            f"Opening {reference.label}",
            lambda job: self._studio.open_model(reference, device),
            done,
        )

    def _warm_up(self) -> None:
        """Load what the first mesh needs while nothing else is to be done."""
        if not self._warm:
            self._warm = True
            self._compute.submit(
                "warm-up",
                "",
                lambda job: self._studio.warm_up(),
                lambda _: None,
                lambda failure: self.failed.emit("warm-up", failure),
            )

    def _complete(self, source: ShapeSource) -> None:
        """Find what a source waits for; no model is needed for it."""

        def done(completed: ShapeSource) -> None:
            self.encoded.emit(lambda document: with_source(document, source, completed))

        title = _COMPLETING[source.kind]
        self._ask("complete", source, title, lambda job: self._studio.complete(source), done)

    def _encode(self, source: ShapeSource) -> None:
        model, live = self._document.model, self._moving
        if live and "encode" in self._asked:
            return  # one at a time, as in _follow_mesh; the newest source comes next

        def done(code: Code) -> None:
            self.encoded.emit(lambda document: with_code(document, model, source, code))
            shape, settings = self._document.shape, self._document.extraction
            if live and shape.source is not source and shape.source is not None:
                # The drag has gone on meanwhile: the shape of a moment ago is shown.
                self._ask_mesh(_MeshKey(code, shape.edit, settings, paint_of(shape), True))

        if live and self._studio.searches:
            return  # that takes long: it begins when the hand rests
        key = ("live", source) if live else source
        title = "" if live else _ENCODING[source.kind]
        finish, settings = threading.Event(), self._document.extraction

        def work(job: Job) -> Code:
            def seen(code: Code) -> None:
                with suppress(ExtractionError):  # it is nothing yet
                    result = self._studio.mesh(
                        code, LatentEdit(), settings, live=True, cancel=job.cancelled
                    )
                    self._previewed.emit(source, result)

            return self._studio.encode(source, Encoding(job.step, seen, finish.is_set))

        self._finish = finish
        self._ask(
            "encode",
            key,
            _SEARCHING if title and self._studio.searches else title,
            work,
            done,
            quiet=live,
        )

    def _show_preview(self, source: ShapeSource, result: MeshResult) -> None:
        """Show what a search has reached, in the window's thread."""
        if self._asked.get("encode") is source and not self._held:
            self._shown = None
            self.meshed.emit(replace(result, is_preview=True))

    def _follow_mesh(self, code: Code) -> None:
        asked: _MeshKey | None = self._asked.get("mesh")
        settings = self._document.extraction
        shape = self._document.shape
        fine = _MeshKey(code, shape.edit.unlocked, settings, paint_of(shape), False)
        only_paint = self._shown is not None and self._shown._replace(paint=fine.paint) == fine
        if self._moving and only_paint:
            return  # colours follow when it rests
        if self._moving:
            # One frame at a time: giving up frames that run would show none at all.
            if asked is None or not asked.live:
                self._ask_mesh(fine._replace(live=True))
            return
        new_shape = self._shown is None or self._shown.code is not code
        if fine == self._shown:
            self._give_up("mesh")
        elif (
            new_shape
            and settings.resolution > _COARSE_FIRST
            and self._failed.get(("mesh", True)) != fine._replace(live=True)
        ):
            self._ask_mesh(fine._replace(live=True))
        else:  # also where the coarse one missed a thin shape
            self._ask_mesh(fine)

    def _ask_mesh(self, key: _MeshKey) -> None:
        def work(job: Job) -> MeshResult:
            return self._studio.mesh(
                key.code,
                key.edit,
                key.settings,
                live=key.live,
                cancel=job.cancelled,
                progress=job.progress,
                paint=key.paint,
            )

        def done(result: MeshResult) -> None:
            self._shown = key
            self.meshed.emit(result)

        if key != self._shown:
            title = "" if key.live else f"Mesh at {key.settings.resolution}³"
            self._ask("mesh", key, title, work, done, quiet=key.live)

    def _ask(
        self,
        lane: str,
        key: object,
        title: str,
        work: Callable[[Job], Any],
        done: Callable[[Any], None],
        *,
        quiet: bool = False,
    ) -> None:
        """Ask for something unless it is under way, or has just failed."""
        if self._asked.get(lane) == key or self._failed.get((lane, quiet)) == key:
            return

        def arrived(result: object) -> None:
            del self._asked[lane]
            self._failed.pop((lane, quiet), None)
            done(result)
            self._go_on()

        def refused(failure: Failure) -> None:
            del self._asked[lane]
            self._failed[lane, quiet] = key
            if quiet:  # what comes after it may go well, and says so if not
                self._go_on()
                return
            if lane != "model" and not self._held:
                # What is on display is another shape than the one that was wanted.
                self._shown = None
                self.meshed.emit(None)
            self.failed.emit(lane, failure)

        self._asked[lane] = key
        self._compute.submit(lane, title, work, arrived, refused)

    def _give_up(self, lane: str) -> None:
        if self._asked.pop(lane, None) is not None:
            self._compute.cancel(lane)
