"""The keyframes of the interpolation track as a row of thumbnails."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QListWidgetItem, QMenu, QWidget

from occviewer.gui.panels.shelf import ShelfItem
from occviewer.gui.panels.thumbnails import KEY, ThumbnailRow, dragged_shapes, thumbnail

_PLACES_MIME = "application/x-occviewer-keyframes"
_ICON = QSize(72, 60)


class Keyframes(ThumbnailRow):
    """Shapes in the order in which one becomes the next; one may stand here twice."""

    dropped = Signal(list, int)
    """Keys of captured shapes, and the place before which they were dropped."""
    moved = Signal(list, int)
    """Places of keyframes, and the place before which they were dropped."""
    remove_wanted = Signal(list)
    """Places of keyframes."""
    clear_wanted = Signal()
    chosen = Signal(int)
    """Place of the keyframe to which the track is to go."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_ICON, "Keyframes of the track", parent)
        self.allow_drags(drops=True)
        self.setToolTip(
            "Shapes in the order in which one becomes the next. Click one to go to it, drag to "
            "reorder, Delete takes it off the track."
        )
        self.set_hint("Drag two or more shapes from the shelf here: one becomes the next.")
        self.itemClicked.connect(lambda item: self.chosen.emit(self.row(item)))
        self.itemActivated.connect(lambda item: self.chosen.emit(self.row(item)))
        self.customContextMenuRequested.connect(self._menu)

    def show_keyframes(self, items: Sequence[ShelfItem]) -> None:
        """Show the track's keyframes without telling anybody."""
        chosen = self.rows() if len(items) == self.count() else []
        self.clear()
        for place, entry in enumerate(items):
            item = QListWidgetItem(thumbnail(entry.preview, _ICON), entry.name, self)
            item.setData(KEY, entry.key)
            item.setToolTip(entry.name)
            if not entry.usable:
                item.setForeground(self.palette().placeholderText())
                item.setToolTip(f"{entry.name} was made by another model.")
            item.setSelected(place in chosen)

    def dragged(self, items: list[QListWidgetItem]) -> QMimeData:
        """Pack the places of the keyframes: a shape may stand on the track twice."""
        data = QMimeData()
        data.setData(_PLACES_MIME, json.dumps(sorted(map(self.row, items))).encode())
        return data

    def takes(self, event: QDragMoveEvent) -> bool:
        """Take shapes of the shelf, and its own."""
        return bool(self._places(event.mimeData())) or super().takes(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell what was dropped where."""
        self.mark(None)
        place = self.place_at(event.position().toPoint())
        places, keys = self._places(event.mimeData()), dragged_shapes(event.mimeData())
        if not places and not keys:
            event.ignore()
            return
        event.acceptProposedAction()
        if places:
            self.moved.emit(places, place)
        else:
            self.dropped.emit(keys, place)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Take keyframes off with Delete, and move them with Alt and the arrows."""
        rows, alt = self.rows(), event.modifiers() & Qt.KeyboardModifier.AltModifier
        if rows and event.key() == Qt.Key.Key_Delete:
            self.remove_wanted.emit(rows)
        elif rows and alt and event.key() == Qt.Key.Key_Left:
            self._shift(rows, -1)
        elif rows and alt and event.key() == Qt.Key.Key_Right:
            self._shift(rows, 1)
        else:
            super().keyPressEvent(event)

    def _shift(self, rows: list[int], by: int) -> None:
        to = max(rows[0] - 1, 0) if by < 0 else min(rows[-1] + 2, self.count())
        first = max(min(to if by < 0 else to - len(rows), self.count() - len(rows)), 0)
        self.moved.emit(rows, to)
        self.clearSelection()
        for row in range(first, first + len(rows)):
            self.item(row).setSelected(True)

    def _places(self, data: QMimeData) -> list[int]:
        """Read which of its own keyframes a drag carries."""
        if not data.hasFormat(_PLACES_MIME):
            return []
        try:
            places = json.loads(bytes(data.data(_PLACES_MIME).data()))
        except ValueError:
            return []
        fits = isinstance(places, list) and all(
            type(place) is int and 0 <= place < self.count() for place in places
        )
        return places if fits else []

    def _menu(self, at: QPoint) -> None:
        rows = self.rows()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if rows:
            menu.addAction("&Go to it", lambda: self.chosen.emit(rows[0]))
            menu.addAction("Move &left", lambda: self._shift(rows, -1))
            menu.addAction("Move &right", lambda: self._shift(rows, 1))
            menu.addAction("&Take off the track", lambda: self.remove_wanted.emit(rows))
        clear = menu.addAction("&Clear track", self.clear_wanted.emit)
        clear.setEnabled(self.count() > 0)
        menu.popup(self.viewport().mapToGlobal(at))
