"""Where the shape comes from: the scan that was read, and how it stands in the box."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from occviewer.gui.panels.value_slider import ValueSlider

UP_AXES = ("y", "z", "x", "-y", "-z", "-x")


@dataclass(frozen=True)
class SourceFacts:
    """What is said of an observation.

    Attributes
    ----------
    name : str
    points, used : int
        Read, and given to the encoder.
    extent : (float, float, float)
        Sides of the bounding box in the units of the file.
    notes : tuple of str
        What was cleaned, and how it was placed.
    """

    name: str
    points: int
    used: int
    extent: tuple[float, float, float]
    notes: tuple[str, ...]


class SourcePanel(QWidget):
    """Opens a scan and says how it lies; a file may be dropped on it."""

    open_wanted = Signal()
    dropped = Signal(list)
    placement_chosen = Signal(str, object)
    """How to place it: ``auto``, ``none``, or an up axis with a yaw in degrees (or None)."""
    subsample_chosen = Signal(int)
    """Points to keep; 0 for all."""
    noise_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about.setAccessibleName("What was read")
        open_button = QPushButton("&Open scan…", self)
        open_button.setToolTip("Read a point cloud or a mesh; or drop a file anywhere.")
        open_button.clicked.connect(self.open_wanted)
        layout.addWidget(open_button)
        layout.addWidget(self.about)
        form = QFormLayout()
        layout.addLayout(form)
        self._make_placement(form)
        self._make_sampling(form)
        layout.addStretch(1)
        self.show_facts(None)

    def show_facts(self, facts: SourceFacts | None) -> None:
        """Say what was read; None for nothing."""
        for widget in self._needs_source:
            widget.setEnabled(facts is not None)
        if facts is None:
            self.about.setText("Drop a scan here: PLY, OBJ, STL, XYZ, PCD, NPZ, LAS, E57 …")
            return
        extent = " × ".join(f"{side:.4g}" for side in facts.extent)
        lines = [
            f"<b>{facts.name}</b>",
            f"{facts.points:,} points, {facts.used:,} used",
            f"Extent {extent} in its units",
            *facts.notes,
        ]
        self.about.setText("<br>".join(lines))

    def show_placement(self, align: str, up: str | None, yaw: float | None) -> None:
        """Show how the document places the scan: ``auto``, ``none`` or ``manual``."""
        axis = UP_AXES.index(up) + 1 if up in UP_AXES else 0
        with QSignalBlocker(self.up):
            self.up.setCurrentIndex(0 if align == "auto" and up is None else max(axis, 0))
            if align == "manual":
                self.up.setCurrentIndex(self.up.count() - 1)
        self.yaw.set_value(((yaw or 0.0) + 180) % 360 - 180)
        self.yaw.setEnabled(align != "manual")

    def show_sampling(self, subsample: int, noise: float) -> None:
        """Show how many points are kept and the noise that is added."""
        with QSignalBlocker(self.subsample):
            self.subsample.setValue(subsample)
        self.noise.set_value(noise)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell which files were dropped."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.dropped.emit([Path(file) for file in files])

    def _make_placement(self, form: QFormLayout) -> None:
        self.up = QComboBox(self)
        self.up.addItem("Automatic", None)
        for axis in UP_AXES:
            sign, name = ("−", axis[1:]) if axis.startswith("-") else ("+", axis)
            self.up.addItem(f"{sign}{name.upper()} is up", axis)
        self.up.addItem("Moved by hand", "manual")
        self.up.setAccessibleName("Placement")
        self.up.setToolTip("Which axis of the file points up; automatic tries them all.")
        self.up.activated.connect(lambda *_: self._choose_placement(with_yaw=False))
        self.yaw = ValueSlider(
            "Heading", -180, 180, 0, decimals=0, suffix="°",
            tip="Turn the scan about the vertical until it faces the front.",
        )  # fmt: skip
        self.yaw.changed.connect(lambda *_: self._choose_placement(with_yaw=True))
        form.addRow("&Up", self.up)
        form.addRow("&Heading", self.yaw)
        self._needs_source: list[QWidget] = [self.up, self.yaw]

    def _make_sampling(self, form: QFormLayout) -> None:
        self.subsample = QSpinBox(self)
        self.subsample.setRange(0, 10_000_000)
        self.subsample.setSingleStep(250)
        self.subsample.setSpecialValueText("all")
        self.subsample.setKeyboardTracking(False)
        self.subsample.setAccessibleName("Points kept")
        self.subsample.setToolTip("Keep only so many points, to see how the model copes.")
        self.subsample.valueChanged.connect(self.subsample_chosen)
        self.noise = ValueSlider(
            "Added noise", 0.0, 0.05, 0.0, decimals=3,
            tip="Gaussian noise added to the points, as a share of the shape's longest side.",
        )  # fmt: skip
        self.noise.changed.connect(self.noise_changed)
        form.addRow("&Keep", self.subsample)
        form.addRow("&Noise", self.noise)
        self._needs_source += [self.subsample, self.noise]

    def _choose_placement(self, *, with_yaw: bool) -> None:
        axis = self.up.currentData()
        if axis == "manual":
            return
        if axis is None and not with_yaw:
            self.placement_chosen.emit("auto", None)
        else:
            self.placement_chosen.emit(axis or "auto", self.yaw.value() if with_yaw else None)
