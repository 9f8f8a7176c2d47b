"""From where a picture was taken: azimuth, elevation and distance, to be corrected by hand."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QPushButton, QWidget

from occviewer.gui.panels.value_slider import ValueSlider


class CameraFields(QWidget):
    """Shows a camera, and lets it be changed."""

    changed = Signal(float, float, float)
    """Azimuth and elevation in degrees, and distance in box units."""
    grabbed = Signal()
    released = Signal()
    match_wanted = Signal()
    look_wanted = Signal()
    found_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        self.azimuth = ValueSlider(
            "Azimuth", -180, 180, 0, decimals=1, suffix="°",
            tip="From which side the picture was taken: 0° is the front, 90° the right.",
        )  # fmt: skip
        self.elevation = ValueSlider(
            "Elevation", -30, 80, 0, decimals=1, suffix="°",
            tip="From how high the picture was taken: 0° is level, 80° nearly from above.",
        )  # fmt: skip
        self.distance = ValueSlider(
            "Distance", 1.2, 20, 3, decimals=2,
            tip="From how far the picture was taken, in lengths of the shape's longest side.",
        )  # fmt: skip
        for text, slider in (
            ("&Azimuth", self.azimuth),
            ("E&levation", self.elevation),
            ("&Distance", self.distance),
        ):
            form.addRow(text, slider)
            slider.changed.connect(self._tell)
            slider.grabbed.connect(self.grabbed)
            slider.released.connect(self.released)
        self.match = _button(
            "Match this &view",
            "Take the camera of the 3D view: turn the shape there until it looks as in the "
            "picture, then press this.",
        )
        self.match.clicked.connect(self.match_wanted)
        self.look = _button(
            "Look thro&ugh it", "Look at the shape in the 3D view as the picture's camera does."
        )
        self.look.clicked.connect(self.look_wanted)
        self.found = _button("As &found", "Go back to the camera that was found with the shape.")
        self.found.clicked.connect(self.found_wanted)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.match, 1)
        row.addWidget(self.look, 1)
        form.addRow(row)
        form.addRow("", self.found)
        self.show_camera(None, by_hand=False, enabled=False)

    def show_camera(
        self, camera: tuple[float, float, float] | None, *, by_hand: bool, enabled: bool
    ) -> None:
        """Show azimuth, elevation and distance; None while they are not known."""
        if camera is not None:
            azimuth, elevation, distance = camera
            self.azimuth.set_value((azimuth + 180) % 360 - 180)
            self.elevation.set_value(elevation)
            self.distance.set_value(distance)
        known = camera is not None and enabled
        for widget in (self.azimuth, self.elevation, self.distance, self.match, self.look):
            widget.setEnabled(known)
        self.found.setEnabled(known and by_hand)

    def _tell(self) -> None:
        self.changed.emit(self.azimuth.value(), self.elevation.value(), self.distance.value())


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setMinimumWidth(10)
    return button
