"""Asks for the camera matrix of a depth picture: four numbers, typed or out of a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from occviewer.errors import ObservationError
from occviewer.gui.buttons import foot
from occviewer.observations.depth_camera import DepthCamera, Intrinsics

_FIRST_PIXEL = 0.5  # camera matrices count from its middle, `Intrinsics` from its corner
_ROWS = (
    ("fx", "Focal length &across", 0.01),
    ("fy", "Focal length &down", 0.01),
    ("cx", "Principal point &x", -1e5),
    ("cy", "Principal point &y", -1e5),
)


class MatrixDialog(QDialog):
    """The numbers of a camera matrix, beginning with those that are in use.

    Parameters
    ----------
    camera : DepthCamera
    parent : QWidget
    """

    chosen = Signal(object)
    """With the `Intrinsics`."""

    def __init__(self, camera: DepthCamera, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Camera matrix")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        width, height = camera.size
        about = QLabel(
            f"In pixels of the depth picture, which is {width:,} × {height:,}, from the middle of "
            "its first pixel.",
            self,
        )
        about.setWordWrap(True)
        form = QFormLayout()
        self.numbers = {key: self._number(form, key, text, least) for key, text, least in _ROWS}
        self.from_file = QPushButton("From a &file…", self)
        self.from_file.setToolTip("Nine numbers as text, or JSON with fx, fy, cx and cy.")
        self.from_file.clicked.connect(self._ask)
        form.addRow("", self.from_file)
        self.trouble = QLabel(self)
        self.trouble.setWordWrap(True)
        self.trouble.setAccessibleName("What is wrong with the file")
        self.trouble.hide()
        buttons, _ = foot(self, "Use", "Take the picture as seen by this camera.", self._finish)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setToolTip("Keep the camera.")
        layout = QVBoxLayout(self)
        layout.addWidget(about)
        layout.addLayout(form)
        layout.addWidget(self.trouble)
        layout.addWidget(buttons)
        self.setMinimumWidth(340)
        self._show(camera.intrinsics)

    def read(self, path: Path) -> None:
        """Take the numbers of a file, or say what is wrong with it."""
        self.trouble.hide()
        try:
            self._show(Intrinsics.load(path))
        except ObservationError as error:
            self.trouble.setText(str(error))
            self.trouble.show()

    def _number(self, form: QFormLayout, key: str, text: str, least: float) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setDecimals(3)
        box.setRange(least, 1e5)
        box.setSuffix(" px")
        box.setAccessibleName(f"{text.replace('&', '')} ({key})")
        box.setToolTip(f"{key} of the camera matrix.")
        form.addRow(f"{text} ({key})", box)
        return box

    def _show(self, intrinsics: Intrinsics) -> None:
        centre = (place - _FIRST_PIXEL for place in intrinsics.centre)
        for box, value in zip(self.numbers.values(), (*intrinsics.focal, *centre), strict=True):
            box.setValue(value)

    def _ask(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Open camera matrix", "", "Camera matrices (*.txt *.json *.csv);;All files (*)"
        )
        if name:
            self.read(Path(name))

    def _finish(self) -> None:
        fx, fy, cx, cy = (box.value() for box in self.numbers.values())
        self.accept()
        self.chosen.emit(Intrinsics((fx, fy), (cx + _FIRST_PIXEL, cy + _FIRST_PIXEL)))
