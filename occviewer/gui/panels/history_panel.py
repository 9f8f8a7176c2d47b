"""The list of changes that can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget


class HistoryPanel(QWidget):
    """All steps in order; a click goes back or forth to one."""

    step_chosen = Signal(int)
    """Number of the step, 0 for the first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setAccessibleName("History")
        self.list.setToolTip("Click a step to go back, or forth, to it.")
        self.list.itemClicked.connect(lambda item: self.step_chosen.emit(self.list.row(item)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)

    def show_steps(self, done: Sequence[str], undone: Sequence[str]) -> None:
        """Show the titles of the steps that are done, and of those that can be redone."""
        with QSignalBlocker(self.list):
            self.list.clear()
            for number, title in enumerate([*done, *undone]):
                item = QListWidgetItem(title, self.list)
                if number >= len(done):
                    item.setForeground(Qt.GlobalColor.gray)
            self.list.setCurrentRow(len(done) - 1)
        self.list.scrollToItem(self.list.currentItem())
