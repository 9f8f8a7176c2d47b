"""Connects the shelf, the document and the compute thread, which draws its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from occviewer.document import commands
from occviewer.document.shape import ShelfEntry
from occviewer.gui.picture_painting import paint_of

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller


class ShelfControl(QObject):
    """Captures shapes, and does what is wanted of those that were captured.

    Parameters
    ----------
    controller : Controller
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        shelf, do = controller.window.shelf, controller.do
        shelf.taken.connect(lambda key: do(commands.take, key))
        shelf.renamed.connect(self._rename)
        shelf.reordered.connect(self._reorder)
        shelf.delete_wanted.connect(lambda keys: do(commands.delete, keys))
        self._drawn_for: object = None
        controller.pipeline.opened.connect(lambda model: self._draw_missing())
        controller.history.add_listener(self._draw_missing)

    def capture(self, name: str = "") -> None:
        """Put the shape at hand on the shelf; its picture comes when it is drawn.

        Parameters
        ----------
        name : str
            By default that of its source.
        """
        if self._controller.do(commands.capture, b"", name):
            self._draw(self._controller.document.shelf[-1])

    def draw_missing(self) -> None:
        """Draw the pictures of captured shapes that have none."""
        self._drawn_for = None
        self._draw_missing()

    def _draw_missing(self) -> None:
        """Draw the pictures that a session was saved too early to have, once its model is open."""
        history, document = self._controller.history, self._controller.document
        session = (history.beginning, document.model)
        if session == self._drawn_for or not self._controller.pipeline.ready:
            return
        self._drawn_for = session
        unusable = document.unusable
        for entry in document.shelf:
            if not entry.preview and entry.id not in unusable:
                self._draw(entry)

    def _draw(self, entry: ShelfEntry) -> None:
        code, edit = entry.shape.code, entry.shape.edit
        if code is None:
            return
        paint = paint_of(entry.shape)
        studio, history = self._controller.studio, self._controller.history
        self._controller.compute.submit(
            f"preview {entry.id}",
            "",
            lambda job: studio.shelf_preview(code, edit, entry.threshold, paint),
            lambda png: history.complete(
                lambda document: commands.with_preview(document, entry.id, png)
            ),
            self._controller.failed,
        )

    def _rename(self, key: str, name: str) -> None:
        self._controller.do(commands.rename, key, name)
        # The list shows what was typed, which may have been refused or tidied.
        self._controller.display.show_shelf(anew=True)

    def _reorder(self, keys: list[str]) -> None:
        before = [entry.id for entry in self._controller.document.shelf]
        for index, key in enumerate(keys):
            if before[index : index + 1] != [key]:
                before.remove(key)
                before.insert(index, key)
                self._controller.do(commands.move, key, index, merge="order")
        self._controller.history.end_merge()
