"""Where the shape comes from: the scan that was read, and how it stands in the box."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from occviewer.document.source import FIELDS_OF_VIEW
from occviewer.gui.dropping import dropped_files, welcome_files
from occviewer.gui.panels.count_slider import CountSlider
from occviewer.gui.panels.tool_options import ToolOptions
from occviewer.gui.panels.value_slider import ValueSlider
from occviewer.observations import FEWEST_POINTS
from occviewer.observations.depth_camera import FIELD_OF_VIEW

_HINT = (
    "Drop a scan here (PLY, OBJ, STL, XYZ, PCD, NPZ, LAS, E57 …), or a picture (PNG, JPEG, WebP, "
    "HEIC, TIFF, BMP)."
)
UP_AXES = ("y", "z", "x", "-y", "-z", "-x")


@dataclass(frozen=True)
class SourceFacts:
    """What is said of an observation.

    Attributes
    ----------
    name : str
    points : int
        Read from the file.
    used : int or None
        Given to the encoder; None while that is not known yet.
    left_out : tuple of str
        Points that do not count, and why.
    extent : (float, float, float)
        Sides of the bounding box in the units of the file.
    notes : tuple of str
        What was cleaned, and how it was placed.
    held : bool
        Whether the cloud has a given place, so that the model does not search for one.
    can_restore : bool
        Whether points were deleted or cropped.
    is_drawn : bool
        Whether chance decides which points are used, or where.
    """

    name: str
    points: int
    used: int | None
    left_out: tuple[str, ...]
    extent: tuple[float, float, float]
    notes: tuple[str, ...]
    held: bool
    can_restore: bool
    is_drawn: bool


class SourcePanel(QWidget):
    """Opens a scan and says how it lies; a file may be dropped on it.

    Attributes
    ----------
    tools : ToolOptions
        Options of the tool at hand.
    """

    open_wanted = Signal()
    dropped = Signal(list)
    placement_chosen = Signal(str, object)
    """How to place it: ``auto``, ``none``, or an up axis with a yaw in degrees (or None)."""
    subsample_chosen = Signal(int)
    """Points to keep; 0 for all."""
    noise_changed = Signal(float)
    grabbed = Signal(str)
    """A slider is dragged: its name; until `released`."""
    released = Signal()
    place_again_wanted = Signal()
    restore_wanted = Signal()
    draw_again_wanted = Signal()
    field_of_view_changed = Signal(float)
    matrix_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._hint, self._empty = _HINT, True
        layout = QVBoxLayout(self)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about.setAccessibleName("What was read")
        self.open = _button(
            "&Open file…", "Read a scan, a mesh or a picture; or drop a file anywhere."
        )
        self.open.clicked.connect(self.open_wanted)
        self.tools = ToolOptions(self)
        layout.addWidget(self.open)
        layout.addWidget(self.about)
        layout.addWidget(self.tools)
        form = QFormLayout()
        layout.addLayout(form)
        self._needs_source: list[QWidget] = []
        self._make_depth(form)
        self._make_placement(form)
        self._make_sampling(form)
        layout.addStretch(1)
        self._found_up: str | None = None
        self.show_facts(None)

    def set_hint(self, hint: str) -> None:
        """Say what to do while there is nothing; empty for what is said mostly."""
        self._hint = hint or _HINT
        if self._empty:
            self.about.setText(self._hint)

    def show_facts(self, facts: SourceFacts | None) -> None:
        """Say what was read; None for nothing."""
        self._empty = facts is None
        for widget in self._needs_source:
            widget.setEnabled(facts is not None)
        self.place_again.setEnabled(facts is not None and facts.held)
        self.restore.setEnabled(facts is not None and facts.can_restore)
        self.draw_again.setEnabled(facts is not None and facts.is_drawn)
        if facts is None:
            self.about.setText(self._hint)
            self.show_field_of_view(None)
            return
        extent = " × ".join(f"{side:.4g}" for side in facts.extent)
        used = "" if facts.used is None else f", {facts.used:,} used"
        lines = [
            f"<b>{escape(facts.name)}</b>",
            f"{facts.points:,} points{used}",
            *facts.left_out,
            f"Extent {extent}, in the file's units; exports keep them",
            *(escape(note[:1].upper() + note[1:]) for note in facts.notes),
        ]
        if facts.held:
            lines.append("Held in place; “Place again” lets the model search anew")
        self.about.setText("<br>".join(lines))

    def show_placement(
        self, align: str, up: str | None, yaw: float | None, *, found_up: str | None = None
    ) -> None:
        """Show how the document places the scan.

        Parameters
        ----------
        align : str
            ``auto``, ``none``, or ``manual`` where a place is given.
        up : str, optional
            The axis that points up.
        yaw : float, optional
            Degrees, given or found.
        found_up : str, optional
            The axis that the model found; the heading is about it.
        """
        self._found_up = up or found_up
        axis = UP_AXES.index(up) + 1 if up in UP_AXES else 0
        if align == "none" and axis == 0:
            axis = 1  # as the axes come, +Y is up
        with QSignalBlocker(self.up):
            self.up.setCurrentIndex(self.up.count() - 1 if align == "manual" else axis)
        self.yaw.set_value(((yaw or 0.0) + 180) % 360 - 180)
        self.yaw.setEnabled(align != "manual")

    def show_field_of_view(self, degrees: float | None, *, has_camera: bool = False) -> None:
        """Show how wide a depth camera sees; None where there is none.

        Parameters
        ----------
        degrees : float, optional
        has_camera : bool
            Whether its matrix can be given.
        """
        self._form.setRowVisible(self.field_of_view, degrees is not None)
        self._form.setRowVisible(self.matrix, degrees is not None and has_camera)
        if degrees is not None:
            self.field_of_view.set_value(degrees)

    def show_sampling(self, subsample: int, noise: float, points: int) -> None:
        """Show how many of the points are kept (0 for all), and the noise that is added."""
        self.subsample.set_value(subsample, points)
        self.noise.set_value(noise)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        welcome_files(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell which files were dropped."""
        if files := dropped_files(event):
            self.dropped.emit(files)

    def _make_depth(self, form: QFormLayout) -> None:
        self._form = form
        self.field_of_view: ValueSlider = ValueSlider(
            "Field of view", *FIELDS_OF_VIEW, FIELD_OF_VIEW, decimals=0, suffix="°",
            tip="How many degrees the depth camera sees along the picture’s longer side. Where it "
            "is wrong, the shape is too wide or too deep.",
        )  # fmt: skip
        self.field_of_view.changed.connect(self.field_of_view_changed)
        form.addRow("&Field of view", self.field_of_view)
        self._hold("field of view", self.field_of_view)
        self.matrix = _button(
            "Camera &matrix…",
            "Give the depth camera’s focal lengths and principal point, as numbers or in a file; "
            "the field of view is a guess.",
        )
        self.matrix.clicked.connect(self.matrix_wanted)
        form.addRow("", self.matrix)
        self.show_field_of_view(None)

    def _make_placement(self, form: QFormLayout) -> None:
        self.up = QComboBox(self)
        self.up.addItem("Automatic", None)
        for axis in UP_AXES:
            sign, name = ("−", axis[1:]) if axis.startswith("-") else ("+", axis)
            self.up.addItem(f"{sign}{name.upper()} is up", axis)
        self.up.addItem("Held in place", "manual")
        self.up.setAccessibleName("Placement")
        self.up.setToolTip(
            "Which axis of the file points up; automatic tries them all. A cloud that was moved, "
            "or of which points were deleted, is held in its place."
        )
        self.up.activated.connect(lambda *_: self._choose_placement(with_yaw=False))
        self.yaw = ValueSlider(
            "Heading", -180, 180, 0, decimals=0, suffix="°",
            tip="Turn the scan about the vertical until it faces the front.",
        )  # fmt: skip
        self.yaw.changed.connect(lambda *_: self._choose_placement(with_yaw=True))
        self.place_again = _button(
            "&Place again",
            "Let the model search the cloud's place anew, with the points that are left.",
        )
        self.place_again.clicked.connect(self.place_again_wanted)
        self.restore = _button("Re&store points", "Take back all deleted points and the crop box.")
        self.restore.clicked.connect(self.restore_wanted)
        row = QHBoxLayout()
        row.addWidget(self.place_again)
        row.addWidget(self.restore)
        form.addRow("&Up", self.up)
        form.addRow("&Heading", self.yaw)
        form.addRow(row)
        self._hold("yaw", self.yaw)
        self._needs_source += [self.up, self.yaw]

    def _make_sampling(self, form: QFormLayout) -> None:
        self.subsample = CountSlider(
            "Points kept", FEWEST_POINTS,
            "Use only so many points, drawn at random, to see how the model copes; the far right "
            "is all.",
        )  # fmt: skip
        self.subsample.changed.connect(self.subsample_chosen)
        self.noise = ValueSlider(
            "Added noise", 0.0, 0.05, 0.0, decimals=3,
            tip="Gaussian noise added to the points, as a share of the shape's longest side.",
        )  # fmt: skip
        self.noise.changed.connect(self.noise_changed)
        self.draw_again = _button(
            "&Draw again", "Draw other points and other noise, of the same amount."
        )
        self.draw_again.clicked.connect(self.draw_again_wanted)
        form.addRow("&Keep", self.subsample)
        form.addRow("&Noise", self.noise)
        form.addRow("", self.draw_again)
        self._hold("subsample", self.subsample)
        self._hold("noise", self.noise)
        self._needs_source += [self.subsample, self.noise]

    def _hold(self, name: str, slider: ValueSlider | CountSlider) -> None:
        slider.grabbed.connect(lambda: self.grabbed.emit(name))
        slider.released.connect(self.released)

    def _choose_placement(self, *, with_yaw: bool) -> None:
        axis = self.up.currentData()
        if axis == "manual":
            return
        if not with_yaw:
            self.placement_chosen.emit(axis or "auto", None)
        else:
            self.placement_chosen.emit(axis or self._found_up or "y", self.yaw.value())


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button
