"""Asks how large a picture of the view is to be, and whether the background is in it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from occviewer.gui.buttons import foot
from occviewer.gui.panels.choices import choice

FACTORS = (1, 2, 3, 4)


class PictureDialog(QDialog):
    """Choices for one picture.

    Parameters
    ----------
    size : QSize
        Of the view in pixels of the screen.
    factor : int
        Chosen at first.
    transparent : bool
        Chosen at first.
    parent : QWidget
    """

    chosen = Signal(int, bool)
    """With the factor and whether the background is left out."""

    def __init__(self, size: QSize, factor: int, transparent: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save picture")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._size = size
        sizes = [(f"{n} × the view" if n > 1 else "As the view", n) for n in FACTORS]
        self.factor = choice("Size", sizes, "Larger than on the screen, for prints.")
        self.factor.setCurrentIndex(max(self.factor.findData(factor), 0))
        self.transparent = QCheckBox("&Transparent background", self)
        self.transparent.setChecked(transparent)
        self.transparent.setAccessibleName("Transparent background")
        self.transparent.setToolTip("Leave the background out, to lay the shape over others.")
        self.pixels = QLabel(self)
        self.pixels.setAccessibleName("Size in pixels")
        self.factor.currentIndexChanged.connect(lambda *_: self._show())
        buttons, self.go_on = foot(self, "Save…", "Choose the file and write it.", self._finish)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&Size", self.factor)
        form.addRow("", self.pixels)
        form.addRow("", self.transparent)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self.setMinimumWidth(320)
        self._show()

    def _show(self) -> None:
        size = self._size * int(self.factor.currentData())
        self.pixels.setText(f"{size.width()} × {size.height()} pixels")

    def _finish(self) -> None:
        self.accept()
        self.chosen.emit(int(self.factor.currentData()), self.transparent.isChecked())
