"""Shows the document's picture on its page, and does what the page's controls say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from occviewer.gui.panels.picture_page import PictureFacts

if TYPE_CHECKING:
    from occviewer.document.picture_source import PictureSource
    from occviewer.gui.controller import Controller


class PictureControl(QObject):
    """Connects the picture page of a window."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._page = controller, controller.window.picture
        controller.history.add_listener(self._document_changed)
        self._document_changed()

    @property
    def source(self) -> PictureSource | None:
        """The document's picture."""
        return self._controller.document.shape.picture

    def close(self) -> None:
        """Listen no more."""
        self._controller.history.remove_listener(self._document_changed)

    def _document_changed(self) -> None:
        source = self.source
        if source is not None:
            self._page.show_facts(_facts(source))


def _facts(source: PictureSource) -> PictureFacts:
    mask = source.mask
    return PictureFacts(
        source.path.name if source.path else "Picture",
        source.image.size,
        "" if mask is None else mask.method,
        (*source.image.notes, *(() if mask is None else mask.notes)),
    )
