"""The source panel: a page for each kind of source, of which the document's is shown."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from occviewer.document.shape_source import Kind


class SourceStack(QStackedWidget):
    """Shows one page at a time, and is only as tall as that.

    Parameters
    ----------
    pages : mapping of Kind to QWidget
        The first one is shown where there is no source.
    """

    changed = Signal()
    """Another page is shown."""

    def __init__(self, pages: Mapping[Kind, QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages = dict(pages)
        for page in self._pages.values():
            self.addWidget(page)
        self.show_kind(None)

    @property
    def page(self) -> QWidget:
        """The page that is shown."""
        return self._pages[self._shown]

    def show_kind(self, kind: Kind | None) -> None:
        """Show the page for a kind of source; None for no source."""
        self._shown = chosen = next(iter(self._pages)) if kind is None else kind
        for each, page in self._pages.items():
            # A page that is not seen takes no room.
            wanted = QSizePolicy.Policy.Preferred if each == chosen else QSizePolicy.Policy.Ignored
            page.setSizePolicy(QSizePolicy.Policy.Preferred, wanted)
        if self.currentWidget() is self._pages[chosen]:
            return
        self.setCurrentWidget(self._pages[chosen])
        self.updateGeometry()
        self.changed.emit()

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """As tall as the page that is shown needs to be."""
        page = self.page
        return page.heightForWidth(width) if page.hasHeightForWidth() else page.sizeHint().height()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the widest page needs, as tall as the one that is shown."""
        wide = max(page.minimumSizeHint().width() for page in self._pages.values())
        return QSize(wide, self.page.minimumSizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the widest page wants, as tall as the one that is shown."""
        wide = max(page.sizeHint().width() for page in self._pages.values())
        return QSize(wide, self.page.sizeHint().height())
