"""How the field becomes a mesh, and what came out."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QWidget,
)

from occviewer.gui.panels.value_slider import ValueSlider

RESOLUTIONS = (16, 32, 64, 128, 256, 512)


@dataclass(frozen=True)
class MeshFacts:
    """What is said of a mesh.

    Attributes
    ----------
    triangles : int
    watertight : bool
    volume : float
        World units³.
    size : (float, float, float)
        Sides of the bounding box, world units.
    resolution : int
        Cells a side with which it was made.
    seconds : dict of str to float
        Time of each stage.
    """

    triangles: int
    watertight: bool
    volume: float
    size: tuple[float, float, float]
    resolution: int
    seconds: dict[str, float]


class ExtractionPanel(QWidget):
    """Resolution, threshold and clean-up of the mesh, and its figures."""

    resolution_chosen = Signal(int)
    threshold_changed = Signal(float)
    threshold_grabbed = Signal()
    threshold_released = Signal()
    largest_only_chosen = Signal(bool)
    smoothing_chosen = Signal(int)
    face_target_chosen = Signal(int)
    """0 for no target."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.resolution = QComboBox(self)
        self.resolution.setEditable(True)
        self.resolution.addItems([str(cells) for cells in RESOLUTIONS])
        self.resolution.setAccessibleName("Resolution")
        self.resolution.setToolTip(
            "Cells along the longest side of the model's box, 16 to 512; any whole number may be "
            "typed. While something moves, the mesh is coarser."
        )
        self.resolution.activated.connect(lambda *_: self._choose_resolution())
        edit = self.resolution.lineEdit()
        assert edit is not None
        edit.setAcceptDrops(False)  # a file that is dropped here is to be opened
        edit.editingFinished.connect(self._choose_resolution)
        self._chosen_resolution = 128

        self.threshold = ValueSlider(
            "Threshold",
            0.02,
            0.98,
            0.5,
            tip="Probability at which the surface lies: lower makes the shape thicker.",
        )
        self.threshold.changed.connect(self.threshold_changed)
        self.threshold.grabbed.connect(self.threshold_grabbed)
        self.threshold.released.connect(self.threshold_released)

        self.largest = QCheckBox("Largest part only", self)
        self.largest.setToolTip("Leave out everything that is not connected with the largest part.")
        self.largest.toggled.connect(self.largest_only_chosen)

        self.smoothing = _spin(0, 100, "Smoothing", "Rounds of smoothing of the displayed and "
                               "exported mesh (Taubin, keeps the volume); 0 for none.")  # fmt: skip
        self.smoothing.setSpecialValueText("none")
        self.smoothing.valueChanged.connect(self.smoothing_chosen)
        self.faces = _spin(0, 2_000_000, "Triangle target", "Reduce the mesh to about so many "
                           "triangles; 0 keeps all.")  # fmt: skip
        self.faces.setSingleStep(5000)
        self.faces.setSpecialValueText("all")
        self.faces.valueChanged.connect(self.face_target_chosen)

        self.facts = QLabel("No shape yet", self)
        self.facts.setWordWrap(True)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts.setAccessibleName("Figures of the mesh")

        form = QFormLayout(self)
        form.addRow("&Resolution", self.resolution)
        form.addRow("&Threshold", self.threshold)
        form.addRow("", self.largest)
        form.addRow("&Smoothing", self.smoothing)
        form.addRow("T&riangles", self.faces)
        form.addRow(self.facts)

    def show_settings(
        self, *, resolution: int, threshold: float, largest_only: bool, smoothing: int, faces: int
    ) -> None:
        """Show the document's settings without telling anybody."""
        self._chosen_resolution = resolution
        widgets = (self.resolution, self.largest, self.smoothing, self.faces)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self.resolution.setCurrentText(str(resolution))
        self.largest.setChecked(largest_only)
        self.smoothing.setValue(smoothing)
        self.faces.setValue(faces)
        del blockers
        self.threshold.set_value(threshold)

    def show_default_threshold(self, threshold: float) -> None:
        """Let a double click bring back the threshold of the model's card."""
        self.threshold.set_range(0.02, 0.98, threshold)

    def show_facts(self, facts: MeshFacts | None) -> None:
        """Say what the mesh on display is like."""
        if facts is None:
            self.facts.setText("No shape yet")
            return
        size = " × ".join(f"{side:.4g}" for side in facts.size)
        times = ", ".join(
            f"{name} {1000 * value:.0f}\u00a0ms" for name, value in facts.seconds.items()
        )
        closed = "watertight" if facts.watertight else "<b>not watertight</b>"
        self.facts.setText(
            f"{facts.triangles:,} triangles at {facts.resolution}³, {closed}<br>"
            f"Size {size}<br>Volume {facts.volume:.4g}<br>{times}"
        )

    def _choose_resolution(self) -> None:
        """Tell the resolution once it is a possible one; else go back to the last."""
        text = self.resolution.currentText().strip()
        low, high = RESOLUTIONS[0], RESOLUTIONS[-1]
        cells = int(text) if text.isdecimal() else self._chosen_resolution
        cells = min(max(cells, low), high)
        with QSignalBlocker(self.resolution):
            self.resolution.setCurrentText(str(cells))
        if cells != self._chosen_resolution:
            self._chosen_resolution = cells
            self.resolution_chosen.emit(cells)


def _spin(low: int, high: int, name: str, tip: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(low, high)
    spin.setKeyboardTracking(False)
    spin.setAccessibleName(name)
    spin.setToolTip(tip)
    return spin
