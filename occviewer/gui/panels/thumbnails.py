"""Rows of thumbnails, and how shapes are dragged from one to another.

Qt's own drag in icon mode moves pictures about freely and takes items away from where
they were dragged; here the row only says what was dropped where, and the document
decides.
"""

from __future__ import annotations

import json

from PySide6.QtCore import QMimeData, QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QIcon,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

SHAPES_MIME = "application/x-occviewer-shapes"
"""Keys of captured shapes (JSON), as a drag from the shelf carries them."""

KEY = Qt.ItemDataRole.UserRole
"""Role under which an item holds the key of its shape."""

_MARK = 3  # width of the line where something will be dropped, pixels


def shapes_data(keys: list[str]) -> QMimeData:
    """Pack keys of captured shapes for a drag."""
    data = QMimeData()
    data.setData(SHAPES_MIME, json.dumps(keys).encode())
    return data


def dragged_shapes(data: QMimeData) -> list[str]:
    """Read which captured shapes a drag carries; none where it carries something else."""
    if not data.hasFormat(SHAPES_MIME):
        return []
    try:
        keys = json.loads(bytes(data.data(SHAPES_MIME).data()))
    except ValueError:
        return []
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []


def thumbnail(png: bytes, size: QSize) -> QIcon:
    """Make an icon of a PNG picture; an empty one where there is none."""
    pixmap = QPixmap(size)
    if not (png and pixmap.loadFromData(png, "PNG")):
        pixmap.fill(Qt.GlobalColor.transparent)
    return QIcon(pixmap)


class ThumbnailRow(QListWidget):
    """One row of pictures with names, from left to right.

    Parameters
    ----------
    icon : QSize
        Of the pictures.
    name : str
        What it is, for people who do not see it.
    """

    def __init__(self, icon: QSize, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setIconSize(icon)
        self.setSpacing(4)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(name)
        self._mark: int | None = None
        self._hint = ""

    def set_hint(self, hint: str) -> None:
        """Say what to do while the row is empty."""
        self._hint = hint
        self.setAccessibleDescription(hint)
        self.viewport().update()

    def allow_drags(self, *, drops: bool) -> None:
        """Let shapes be dragged away, and dropped here, too, if `drops`."""
        self.setDragEnabled(True)
        self.setAcceptDrops(drops)
        self.viewport().setAcceptDrops(drops)

    def rows(self) -> list[int]:
        """Places of the selected items, from the left."""
        return sorted(self.row(item) for item in self.selectedItems())

    def place_at(self, at: QPoint) -> int:
        """Place before which something dropped at a point of the view belongs."""
        centres = [self.visualItemRect(self.item(row)).center().x() for row in range(self.count())]
        return sum(centre < at.x() for centre in centres)

    def dragged(self, items: list[QListWidgetItem]) -> QMimeData:
        """Pack what is dragged away."""
        chosen = sorted(items, key=self.row)
        return shapes_data([str(item.data(KEY)) for item in chosen])

    def takes(self, event: QDragMoveEvent) -> bool:
        """Whether what is dragged over it may be dropped."""
        return bool(dragged_shapes(event.mimeData()))

    def startDrag(self, actions: Qt.DropAction) -> None:  # noqa: N802 - Qt's name
        """Carry the keys away; the items stay."""
        items = self.selectedItems()
        if not items:
            return
        drag = QDrag(self)
        drag.setMimeData(self.dragged(items))
        drag.setPixmap(items[0].icon().pixmap(self.iconSize() * 0.75))
        drag.exec(Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, Qt.DropAction.CopyAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take captured shapes only."""
        self._consider(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's name
        """Show where they would go."""
        self._consider(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        """Take the line away."""
        self.mark(None)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the hint where nothing is, and a line where something will be dropped."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        if self._hint and not self.count():
            painter.setPen(self.palette().placeholderText().color())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect().adjusted(12, 4, -12, -4), flags, self._hint)
        if self._mark is not None:
            painter.fillRect(self._line(self._mark), self.palette().highlight())
        painter.end()

    def mark(self, place: int | None) -> None:
        """Show a line before a place, or none."""
        if place != self._mark:
            self._mark = place
            self.viewport().update()

    def _consider(self, event: QDragMoveEvent) -> None:
        if self.takes(event):
            event.acceptProposedAction()
            self.mark(self.place_at(event.position().toPoint()))
        else:
            event.ignore()

    def _line(self, place: int) -> QRect:
        height, edge = self.viewport().height(), self.spacing()
        if self.count() == 0:
            return QRect(edge, 0, _MARK, height)
        if place < self.count():
            x = self.visualItemRect(self.item(place)).left() - edge
        else:
            x = self.visualItemRect(self.item(self.count() - 1)).right() + edge - _MARK
        return QRect(max(x, 0), 0, _MARK, height)
