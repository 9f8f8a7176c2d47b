"""The shapes that came with a model, beside the shelf: names at once, pictures when seen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractItemView, QLabel, QListView, QVBoxLayout, QWidget

from occviewer.gui.panels.thumbnails import thumbnail

_ICON = QSize(96, 80)
_MOST_PICTURES = 2000  # that are kept
_Index = QModelIndex | QPersistentModelIndex


class StoredModel(QAbstractListModel):
    """Names, and the pictures that there are; tells which ones are looked at and missing."""

    missing = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._pictures: OrderedDict[int, QIcon] = OrderedDict()
        self._empty = thumbnail(b"", _ICON)

    def show_names(self, names: Sequence[str]) -> None:
        """Hold other shapes."""
        self.beginResetModel()
        self._names = tuple(names)
        self._pictures.clear()
        self.endResetModel()

    def show_picture(self, row: int, png: bytes) -> None:
        """Hold the picture of a shape; an empty one where it has no surface."""
        self._pictures[row] = thumbnail(png, _ICON)
        while len(self._pictures) > _MOST_PICTURES:
            self._pictures.popitem(last=False)
        index = self.index(row)
        self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    def has_picture(self, row: int) -> bool:
        """Whether there is one."""
        return row in self._pictures

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's
        """Count the shapes."""
        return 0 if parent.isValid() else len(self._names)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, picture and tool tip of a shape."""
        row = index.row()
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return self._names[row]
            case Qt.ItemDataRole.DecorationRole:
                found = self._pictures.get(row)
                if found is None:
                    self.missing.emit(row)
                    return self._empty
                return found
            case Qt.ItemDataRole.SizeHintRole:
                return QSize(_ICON.width() + 12, _ICON.height() + 28)
        return None


class StoredShapes(QWidget):
    """A row of the shapes that a model holds: click to take one, double click to capture it."""

    taken = Signal(int)
    capture_wanted = Signal(int)
    looked_at = Signal(int)
    """A shape is seen whose picture is missing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.about = QLabel(self)
        self.about.setContentsMargins(6, 2, 6, 0)
        self.model = StoredModel(self)
        self.model.missing.connect(self.looked_at)
        self.list = view = QListView(self)
        view.setModel(self.model)
        view.setViewMode(QListView.ViewMode.IconMode)
        view.setFlow(QListView.Flow.LeftToRight)
        view.setWrapping(False)
        view.setMovement(QListView.Movement.Static)
        view.setUniformItemSizes(True)  # or thousands would be measured one by one
        view.setIconSize(_ICON)
        view.setSpacing(4)
        view.setTextElideMode(Qt.TextElideMode.ElideRight)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setAccessibleName("Shapes stored with the model")
        view.setToolTip("Click a shape to go on with it; double click to put it on the shelf.")
        view.clicked.connect(lambda index: self.taken.emit(index.row()))
        view.activated.connect(lambda index: self.taken.emit(index.row()))
        view.doubleClicked.connect(lambda index: self.capture_wanted.emit(index.row()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.about)
        layout.addWidget(view, 1)
        self.show_names(())

    def show_names(self, names: Sequence[str]) -> None:
        """Show the shapes of a model; it is gone where there are none."""
        self.model.show_names(names)
        self.about.setText(f"Stored with the model: {len(names):,} shapes")
        self.setVisible(bool(names))

    def is_seen(self, row: int) -> bool:
        """Whether a shape is in view."""
        place = self.list.visualRect(self.model.index(row))
        return self.isVisible() and place.intersects(self.list.viewport().rect())
