"""The list of actions that is searched by typing (Ctrl+K)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSortFilterProxyModel, Qt
from PySide6.QtGui import QAction, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QDialog, QLineEdit, QListView, QVBoxLayout, QWidget

from occviewer.gui.actions import Actions

_ACTION = Qt.ItemDataRole.UserRole + 1
_SEARCHED = Qt.ItemDataRole.UserRole + 2


class _Filter(QSortFilterProxyModel):
    """Keeps rows that contain every word that was typed."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._words: list[str] = []

    def search(self, text: str) -> None:
        self.beginResetModel()
        self._words = text.lower().split()
        self.endResetModel()

    def filterAcceptsRow(self, row: int, parent: object) -> bool:  # noqa: N802 - Qt's name
        text = self.sourceModel().index(row, 0).data(_SEARCHED)
        return all(word in text for word in self._words)


class ActionPalette(QDialog):
    """Find an action by any words of its name or its tip, and do it with Enter."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setWindowTitle("Find action")
        self.setMinimumWidth(440)
        self._model = QStandardItemModel(self)
        for spec, action in actions:
            item = QStandardItem(self._line(action, spec.plain, spec.menu))
            item.setEditable(False)
            item.setEnabled(action.isEnabled())
            item.setToolTip(spec.tip)
            item.setData(action, _ACTION)
            item.setData(f"{spec.plain} {spec.menu} {spec.tip}".lower(), _SEARCHED)
            self._model.appendRow(item)
        self._filter = _Filter(self)
        self._filter.setSourceModel(self._model)
        self._text = QLineEdit(self)
        self._text.setPlaceholderText("Type what you want to do")
        self._text.setAccessibleName("Find action")
        self._text.setToolTip("Any words of what the action is called or does, in any order.")
        self._text.setClearButtonEnabled(True)
        self._list = QListView(self)
        self._list.setModel(self._filter)
        self._list.setAccessibleName("Actions found")
        self._list.setToolTip("Enter, or a click, does what is chosen.")
        layout = QVBoxLayout(self)
        layout.addWidget(self._text)
        layout.addWidget(self._list)
        self._text.textChanged.connect(self._search)
        self._text.returnPressed.connect(self._do)
        self._list.activated.connect(lambda *_: self._do())
        self._list.clicked.connect(lambda *_: self._do())
        self._text.installEventFilter(self)
        self._search("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let the arrow keys move in the list while one types."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._move(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
        return super().eventFilter(watched, event)

    def found(self) -> list[str]:
        """Lines that are listed now."""
        rows = range(self._filter.rowCount())
        return [str(self._filter.index(row, 0).data()) for row in rows]

    def _line(self, action: QAction, text: str, menu: str) -> str:
        keys = action.shortcut().toString()
        where = f"{menu.replace('&', '').replace('/', ' › ')} › " if menu else ""
        return f"{where}{text}" + (f"    {keys}" if keys else "")

    def _search(self, text: str) -> None:
        self._filter.search(text)
        self._list.setCurrentIndex(self._filter.index(0, 0))

    def _move(self, step: int) -> None:
        rows = self._filter.rowCount()
        if rows:
            row = (self._list.currentIndex().row() + step) % rows
            self._list.setCurrentIndex(self._filter.index(row, 0))

    def _do(self) -> None:
        action = self._list.currentIndex().data(_ACTION)
        if action is None or not action.isEnabled():
            return
        self.accept()
        action.trigger()
