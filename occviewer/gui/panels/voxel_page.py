"""Where a shape comes from that was made of voxels: what was read, threshold, and axes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from occviewer.gui.dropping import dropped_files, welcome_files
from occviewer.gui.panels.source_panel import UP_AXES
from occviewer.gui.panels.value_slider import ValueSlider

_NOTHING = "Drop voxels here: .binvox, NPY, NPZ, NRRD, NIfTI, MHA."


@dataclass(frozen=True)
class VoxelFacts:
    """What is said of voxels.

    Attributes
    ----------
    name : str
    shape : (int, int, int)
        Cells along the axes.
    occupied : int
    spacing : (float, float, float)
        Sides of a cell, in the file's units.
    notes : tuple of str
    extent : (float, float)
        Lowest and highest value.
    threshold, default : float
        Above it cells are occupied; that of the document, and that of the file.
    has_values : bool
        Whether a threshold matters.
    up : str
    yaw : float
    """

    name: str
    shape: tuple[int, int, int]
    occupied: int
    spacing: tuple[float, float, float]
    notes: tuple[str, ...]
    extent: tuple[float, float]
    threshold: float
    default: float
    has_values: bool
    up: str
    yaw: float


class VoxelPage(QWidget):
    """Opens voxels and says how they stand; a file may be dropped on it."""

    open_wanted = Signal()
    dropped = Signal(list)
    threshold_changed = Signal(float)
    turned = Signal(str, float)
    """Which axis points up, and the heading in degrees."""
    grabbed = Signal(str)
    """A slider is dragged: its name; until `released`."""
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._range: tuple[float, float, float] | None = None
        self.open = QPushButton("&Open voxels…", self)
        self.open.setToolTip("Read a volume; or drop a file anywhere.")
        self.open.clicked.connect(self.open_wanted)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about.setAccessibleName("What was read")
        self.threshold = ValueSlider(
            "Voxel threshold", 0.0, 1.0, 0.5, decimals=3,
            tip="Voxels with a larger value are occupied.",
        )  # fmt: skip
        self.threshold.changed.connect(self.threshold_changed)
        self.up = QComboBox(self)
        for axis in UP_AXES:
            sign, letter = ("−", axis[1:]) if axis.startswith("-") else ("+", axis)
            self.up.addItem(f"{sign}{letter.upper()} is up", axis)
        self.up.setAccessibleName("Up axis of the voxels")
        self.up.setToolTip("Which axis of the file points up; of medical volumes it is z.")
        self.up.activated.connect(lambda *_: self._turn())
        self.yaw = ValueSlider(
            "Heading of the voxels", -180, 180, 0, decimals=0, suffix="°",
            tip="Turn the voxels about the vertical until the shape faces the front.",
        )  # fmt: skip
        self.yaw.changed.connect(lambda *_: self._turn())
        for name, slider in (("voxel threshold", self.threshold), ("voxel heading", self.yaw)):
            slider.grabbed.connect(lambda name=name: self.grabbed.emit(name))
            slider.released.connect(self.released)
        form = QFormLayout()
        form.addRow("&Above", self.threshold)
        form.addRow("&Up", self.up)
        form.addRow("&Heading", self.yaw)
        layout = QVBoxLayout(self)
        layout.addWidget(self.open)
        layout.addWidget(self.about)
        layout.addLayout(form)
        layout.addStretch(1)
        self.show_facts(None)

    def show_facts(self, facts: VoxelFacts | None) -> None:
        """Say what was read; None for nothing."""
        for widget in (self.threshold, self.up, self.yaw):
            widget.setEnabled(facts is not None)
        if facts is None:
            self.about.setText(_NOTHING)
            return
        self.threshold.setEnabled(facts.has_values)
        wanted = (*facts.extent, facts.default)
        if wanted != self._range:
            self._range = wanted
            self.threshold.set_range(*wanted)
        self.threshold.set_value(facts.threshold)
        with QSignalBlocker(self.up):
            self.up.setCurrentIndex(UP_AXES.index(facts.up))
        self.yaw.set_value(facts.yaw)
        sides = " × ".join(f"{side:.4g}" for side in facts.spacing)
        lines = [
            f"<b>{escape(facts.name)}</b>",
            f"{' × '.join(f'{cells:,}' for cells in facts.shape)} voxels, "
            f"{facts.occupied:,} occupied",
            f"Voxels of {sides}, in the file's units; exports keep them",
            *(escape(note[:1].upper() + note[1:]) for note in facts.notes),
        ]
        self.about.setText("<br>".join(lines))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        welcome_files(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell which files were dropped."""
        if files := dropped_files(event):
            self.dropped.emit(files)

    def _turn(self) -> None:
        self.turned.emit(self.up.currentData(), self.yaw.value())
