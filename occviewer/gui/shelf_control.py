"""Captures the shape at hand, and lets the shelf be ordered, renamed and emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from occviewer.document import commands

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller


class ShelfControl:
    """Connects the shelf, the document and the compute thread, which draws the pictures."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        shelf, do = controller.window.shelf, controller.do
        shelf.taken.connect(lambda key: do(commands.take, key))
        shelf.renamed.connect(lambda key, name: do(commands.rename, key, name))
        shelf.reordered.connect(self._reorder)
        shelf.delete_wanted.connect(lambda keys: do(commands.delete, keys))

    def capture(self) -> None:
        """Put the shape at hand on the shelf; its picture follows."""
        controller = self._controller
        code, edit = controller.document.shape.code, controller.document.shape.edit
        if not controller.do(commands.capture) or code is None:
            return
        entry = controller.document.shelf[-1]
        controller.compute.submit(
            f"preview {entry.id}",
            "",
            lambda job: controller.studio.preview(code, edit, entry.threshold),
            lambda png: controller.history.complete(
                lambda document: commands.with_preview(document, entry.id, png)
            ),
            controller.failed,
        )

    def _reorder(self, keys: list[str]) -> None:
        before = [entry.id for entry in self._controller.document.shelf]
        for index, key in enumerate(keys):
            if before[index : index + 1] != [key]:
                before.remove(key)
                before.insert(index, key)
                self._controller.do(commands.move, key, index, merge="order")
        self._controller.history.end_merge()
