"""A corner of the blend pad: the thumbnail of its shape, and how it gets one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QIcon,
    QKeyEvent,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from occviewer.gui.panels.shelf import Shelf, ShelfItem

_ICON = QSize(60, 50)


class BlendCorner(QToolButton):
    """Takes a shape of the shelf: by a drag from there, or from the menu of a click.

    Parameters
    ----------
    place : str
        Such as "top left".
    """

    chosen = Signal(str)
    """Key of the shelf's shape that is to stand here."""
    emptied = Signal()
    current_wanted = Signal()
    """The shape at hand is to stand here."""

    def __init__(self, place: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self._item: ShelfItem | None = None
        self._shelf: Sequence[ShelfItem] = ()
        self._has_shape = False
        self.setIconSize(_ICON)
        self.setFixedSize(_ICON.width() + 12, _ICON.height() + 10)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.clicked.connect(lambda: self._open_menu(self.mapToGlobal(QPoint(0, self.height()))))
        self._draw()

    @property
    def item(self) -> ShelfItem | None:
        """The shape that stands here."""
        return self._item

    def show_item(self, item: ShelfItem | None) -> None:
        """Show the shape that stands here; None where there is none."""
        if item != self._item:
            self._item = item
            self._draw()

    def offer(self, shelf: Sequence[ShelfItem], has_shape: bool) -> None:
        """Tell what may be chosen: shapes of the shelf, and whether there is one at hand."""
        self._shelf, self._has_shape = shelf, has_shape

    def menu_of_choices(self) -> QMenu:
        """Make the menu from which a shape is chosen; it is deleted when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        current = menu.addAction("Put the &shape at hand here", self.current_wanted.emit)
        current.setEnabled(self._has_shape)
        current.setToolTip("It is captured on the shelf if it is not there yet.")
        menu.addSection("From the shelf" if self._shelf else "The shelf is empty")
        for item in self._shelf:
            name = item.name.replace("&", "&&")
            action = menu.addAction(_icon(item), name, partial(self.chosen.emit, item.key))
            action.setEnabled(item.usable)
        menu.addSeparator()
        empty = menu.addAction("&Empty this corner", self.emptied.emit)
        empty.setEnabled(self._item is not None)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Offer the same as a click."""
        self._open_menu(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Empty the corner with the Delete key."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            if self._item is not None:
                self.emptied.emit()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take shapes of the shelf."""
        self.setDown(_dragged(event) is not None)
        self._accept(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's name
        """Take shapes of the shelf."""
        self._accept(event)

    def dragLeaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Look as before."""
        self.setDown(False)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell which shape was dropped."""
        self.setDown(False)
        key = _dragged(event)
        if key is None:
            event.ignore()
            return
        # Nothing was moved: the shelf keeps the shape.
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        self.chosen.emit(key)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw in the text's colour, also when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_item"):
            self._draw()

    def _accept(self, event: QDragMoveEvent) -> None:
        if _dragged(event) is None:
            event.ignore()
        else:
            event.acceptProposedAction()

    def _open_menu(self, at: QPoint) -> None:
        self.menu_of_choices().popup(at)

    def _draw(self) -> None:
        import qtawesome

        item = self._item
        corner = f"{self._place[0].upper()}{self._place[1:]} corner"
        if item is None:
            colour = self.palette().color(QPalette.ColorRole.PlaceholderText).name()
            self.setIcon(qtawesome.icon("mdi6.plus", color=colour))
            self.setIconSize(_ICON / 2)
            tip = "Drag a shape from the shelf here, or click to choose one."
            self.setAccessibleName(f"{corner}: empty")
        else:
            self.setIcon(_icon(item))
            self.setIconSize(_ICON)
            tip = f"{item.name}. Click to choose another shape; Delete empties the corner."
            if not item.usable:
                tip = f"{item.name} was made by another model and is left out of the blend."
            self.setAccessibleName(f"{corner}: {item.name}")
        self.setToolTip(tip)


def _icon(item: ShelfItem) -> QIcon:
    """Picture of a shape, or its first letter while there is none."""
    pixmap = QPixmap()
    if item.preview and pixmap.loadFromData(item.preview, "PNG"):
        icon = QIcon(pixmap)
        if not item.usable:
            icon = QIcon(icon.pixmap(_ICON, QIcon.Mode.Disabled))
        return icon
    import qtawesome

    return QIcon(qtawesome.icon("mdi6.cube-outline", color="gray"))


def _dragged(event: QDropEvent) -> str | None:
    """Key of the shape that is dragged from the shelf; None for anything else."""
    source = event.source()
    if not isinstance(source, Shelf):
        return None
    keys = source.selected_keys()
    return keys[0] if keys else None
