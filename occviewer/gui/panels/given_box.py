"""What the network really got of the source, below the source's page."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QCheckBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from occviewer.arrays import UInt8Array

_LARGEST = 160  # pixels of the interface


class GivenBox(QWidget):
    """Says what was given to the network, and shows it.

    Attributes
    ----------
    shown : QCheckBox
        Whether it is drawn in the view, or here where it is a picture.
    """

    toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = QCheckBox("Show what the &network got", self)
        self.shown.setToolTip(
            "Draw the points, the cells or the picture that were really given to the network."
        )
        self.shown.toggled.connect(self.toggled)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setAccessibleName("What the network got")
        self.picture = QLabel(self)
        self.picture.setAccessibleName("The picture that the network got")
        self.picture.hide()
        layout = QVBoxLayout(self)
        for widget in (self.about, self.shown, self.picture):
            layout.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.show_facts("")

    def show_facts(self, text: str) -> None:
        """Say what was given; empty for nothing, and then the box is gone."""
        self.about.setText(f"The network got {text}." if text else "")
        self.setVisible(bool(text))

    def show_checked(self, checked: bool) -> None:
        """Show whether it is drawn, without telling anybody."""
        with QSignalBlocker(self.shown):
            self.shown.setChecked(checked)

    def show_picture(self, pixels: UInt8Array | None) -> None:
        """Show a picture (S, S, 3); None for none."""
        self.picture.setVisible(pixels is not None)
        if pixels is None:
            self.picture.clear()
            return
        height, width = pixels.shape[:2]
        image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        dense = self.devicePixelRatioF()
        side = round(min(_LARGEST, max(width, 64)) * dense)
        scaled = QPixmap.fromImage(image).scaled(
            side,
            side,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        scaled.setDevicePixelRatio(dense)
        self.picture.setPixmap(scaled)
