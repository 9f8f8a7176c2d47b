"""The shelf: captured shapes as thumbnails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidgetItem, QMenu, QWidget

from occviewer.gui.panels.thumbnails import KEY, ThumbnailRow, dragged_shapes, thumbnail

_ICON = QSize(96, 80)


@dataclass(frozen=True)
class ShelfItem:
    """A captured shape as the shelf shows it.

    Attributes
    ----------
    key : str
        By which the document knows it.
    name : str
    preview : bytes
        PNG.
    usable : bool
        Whether the model in use can show it.
    """

    key: str
    name: str
    preview: bytes
    usable: bool = True


class Shelf(ThumbnailRow):
    """A row of thumbnails: click to return to one, drag to reorder, rename, delete."""

    taken = Signal(str)
    renamed = Signal(str, str)
    delete_wanted = Signal(list)
    track_wanted = Signal(list)
    """Keys of the shapes that are to go on the interpolation track."""
    reordered = Signal(list)
    """All keys in their new order, after a drag."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_ICON, "Shelf of captured shapes", parent)
        self.allow_drags(drops=True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setToolTip(
            "Click a shape to return to it, drag shapes onto the track; F2 renames, Delete "
            "removes, Alt and the arrows move."
        )
        self.set_hint("Captured shapes stand here: press C to capture the shape that is shown.")
        self.itemClicked.connect(self._take)
        self.itemActivated.connect(self._take)
        self.itemChanged.connect(self._rename)
        self.customContextMenuRequested.connect(self._menu)
        self._filling = False

    def show_items(self, items: Sequence[ShelfItem]) -> None:
        """Show the document's shelf without telling anybody; what is new there comes in sight."""
        chosen, before = set(self.selected_keys()), set(self.keys())
        bar = self.horizontalScrollBar()
        seen = bar.value()
        # The view must hear of its new rows, so signals are not blocked but passed over.
        self._filling = True
        try:
            self.clear()
            for entry in items:
                item = QListWidgetItem(thumbnail(entry.preview, _ICON), entry.name, self)
                item.setData(KEY, entry.key)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                if not entry.usable:  # it can still be renamed, moved and deleted
                    item.setForeground(self.palette().placeholderText())
                    item.setToolTip("Made by another model; open that model to use it.")
                item.setSelected(entry.key in chosen)
        finally:
            self._filling = False
        self.doItemsLayout()
        new = [row for row, entry in enumerate(items) if entry.key not in before]
        if new and before:
            self.scrollToItem(self.item(new[-1]))
        else:
            bar.setValue(seen)

    def keys(self) -> list[str]:
        """Keys of the shapes in their order."""
        return [str(self.item(row).data(KEY)) for row in range(self.count())]

    def selected_keys(self) -> list[str]:
        """Keys of the selected shapes in their order."""
        chosen = {item.data(KEY) for item in self.selectedItems()}
        return [key for key in self.keys() if key in chosen]

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Delete with the Delete key what is selected; move it with Alt and the arrows."""
        keys, alt = self.selected_keys(), event.modifiers() & Qt.KeyboardModifier.AltModifier
        if keys and event.key() == Qt.Key.Key_Delete:
            self.delete_wanted.emit(keys)
        elif keys and alt and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._shift(keys, -1 if event.key() == Qt.Key.Key_Left else 1)
        else:
            super().keyPressEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell the new order once a drag is over."""
        self.mark(None)
        keys, place = self.keys(), self.place_at(event.position().toPoint())
        moved = [key for key in dragged_shapes(event.mimeData()) if key in keys]
        if not moved:
            event.ignore()
            return
        event.acceptProposedAction()
        before = [key for key in keys[:place] if key not in moved]
        after = [key for key in keys[place:] if key not in moved]
        order = [*before, *moved, *after]
        if order != keys:
            self.reordered.emit(order)

    def _shift(self, moved: list[str], by: int) -> None:
        """Move shapes one place to the left or right, together."""
        keys = self.keys()
        others = [key for key in keys if key not in moved]
        before = sum(key not in moved for key in keys[: keys.index(moved[0])])
        place = min(max(before + by, 0), len(others))
        order = [*others[:place], *moved, *others[place:]]
        if order != keys:
            self.reordered.emit(order)

    def _rename(self, item: QListWidgetItem) -> None:
        if not self._filling:
            self.renamed.emit(str(item.data(KEY)), item.text())

    def _take(self, item: QListWidgetItem) -> None:
        self.taken.emit(str(item.data(KEY)))

    def _menu(self, at: QPoint) -> None:
        keys = self.selected_keys()
        if not keys:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Add to &track", lambda: self.track_wanted.emit(keys))
        menu.addAction("Move &left", lambda: self._shift(keys, -1))
        menu.addAction("Move r&ight", lambda: self._shift(keys, 1))
        menu.addAction("&Rename", lambda: self.editItem(self.currentItem()))
        menu.addAction("&Delete", lambda: self.delete_wanted.emit(keys))
        menu.popup(self.mapToGlobal(at))
