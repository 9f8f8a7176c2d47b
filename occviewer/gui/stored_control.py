"""The shapes that came with a model, beside the shelf: pictures are made of what is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from occviewer.document import commands
from occviewer.gui.failures import Failure

if TYPE_CHECKING:
    from occviewer.document import Document
    from occviewer.gui.controller import Controller
    from occviewer.gui.worker import Job
    from occviewer.models import Code, Model

_LANE = "stored shapes"
_PAUSE = 100  # milliseconds until it is tried again while the compute thread has other work


class StoredControl(QObject):
    """Connects the row of stored shapes.

    Pictures are made one after the other, of what is seen, while nothing else is to be
    computed; one that is being made gives way.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._panel = controller, controller.window.stored
        self._model: Model | None = None
        self._names: tuple[str, ...] = ()
        self._wanted: dict[int, None] = {}  # rows, in the order in which they came into view
        self._drawing: int | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._draw_next)
        self._panel.looked_at.connect(self._want)
        self._panel.taken.connect(self.take)
        self._panel.capture_wanted.connect(self.capture)
        controller.pipeline.opened.connect(self._opened)

    def close(self) -> None:
        """Draw no more."""
        self._again.stop()
        self._wanted.clear()

    def take(self, row: int) -> None:
        """Go on with a stored shape (from 0)."""
        title = f"Take “{self._names[row]}”"
        self._with_code(row, lambda code: self._take(code, title))

    def capture(self, row: int) -> None:
        """Put a stored shape (from 0) on the shelf."""
        name = self._names[row]

        def captured(code: Code) -> None:
            self._controller.do(commands.capture_code, code, name, b"", 1.0)
            self._controller.shelf.draw_missing()

        self._with_code(row, captured)

    def _take(self, code: Code, title: str) -> None:
        self._controller.display.fit_next()
        self._controller.do(commands.take_code, code, title, 1.0)

    def _with_code(self, row: int, then: Callable[[Code], None]) -> None:
        from occviewer.models.known_codes import stored_code

        if self._model is not None and self._controller.pipeline.ready:
            then(stored_code(self._model, row))  # copies a row of numbers

    def _opened(self, model: Model) -> None:
        self._controller.compute.cancel(_LANE)
        self._again.stop()
        self._model, self._drawing = None, None
        self._wanted.clear()
        self._panel.show_names(())
        self._take_only(model)
        if len(model.network.stored_codes()) > 1:
            from occviewer.models.known_codes import stored_names

            self._controller.storage.submit(
                _LANE,
                "",
                lambda job: stored_names(model),
                lambda names: self._show(model, names),
                self._controller.failed,
            )

    def _take_only(self, model: Model) -> None:
        """Show the shape of a network that is one, since nothing else can be done with it.

        It comes with the model, and is no step of its own.
        """
        from occviewer.models.known_codes import stored_code

        network = model.network
        if network.observed != "none" or len(network.stored_codes()) != 1:
            return
        code, now = stored_code(model, 0), self._controller.document

        def with_its_shape(document: Document) -> Document:
            shape = document.shape
            if document.model != now.model or shape.code is not None or shape.source is not None:
                return document
            return commands.take_code(document, code, detail=1.0).document

        if now.shape.code is None:
            self._controller.display.fit_next()
        self._controller.history.complete(with_its_shape)

    def _show(self, model: Model, names: tuple[str, ...]) -> None:
        if self._controller.pipeline.model is model:
            self._model, self._names = model, names
            self._panel.show_names(names)
            self._controller.window.raise_panel(self._controller.window.shelf)

    def _want(self, row: int) -> None:
        self._wanted.pop(row, None)
        self._wanted[row] = None
        if self._drawing is None and not self._again.isActive():
            self._again.start(0)

    def _draw_next(self) -> None:
        """Make the picture of what came into view last, if nobody else has work to do."""
        controller, model = self._controller, self._model
        self._wanted = {row: None for row in self._wanted if self._panel.is_seen(row)}
        if not self._wanted or model is None or self._drawing is not None:
            return
        if controller.compute.busy():
            self._again.start(_PAUSE)
            return
        row = next(iter(self._wanted))
        self._drawing = row

        def drawn(png: bytes | None) -> None:
            self._drawing = None
            if png is not None:
                self._wanted.pop(row, None)
                self._panel.model.show_picture(row, png)
            self._again.start(0 if png is not None else _PAUSE)

        def refused(failure: Failure) -> None:
            drawn(b"")  # what is wrong is said when it is taken

        controller.compute.submit(
            _LANE, "", lambda job: self._picture(model, row, job), drawn, refused
        )

    def _picture(self, model: Model, row: int, job: Job) -> bytes | None:
        """Draw a stored shape in the compute thread; None where others wait for the thread."""
        from occviewer.models.known_codes import stored_code

        compute = self._controller.compute
        return self._controller.studio.stored_preview(
            stored_code(model, row), lambda: job.cancelled() or compute.has_waiting
        )
