"""Where a shape comes from that was made of a picture: the picture, its mask, its camera."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from occviewer.gui.dropping import dropped_files, welcome_files
from occviewer.gui.panels.camera_fields import CameraFields
from occviewer.gui.panels.mask_tools import BRUSH, MaskTools
from occviewer.gui.panels.picture_view import PictureView, Tool

Tab = Literal["picture", "mask", "input", "silhouette"]
TABS: tuple[tuple[Tab, str, str], ...] = (
    ("picture", "Picture", "The picture as it was read"),
    ("mask", "Mask", "Which pixels are the object, and tools to correct that"),
    ("input", "Input", "Network input: what the network really gets"),
    ("silhouette", "Silhouette", "The shape's silhouette over the picture"),
)
ROUNDS = 60
"""Rounds of a refinement, unless others are asked for."""


@dataclass(frozen=True)
class PictureFacts:
    """What is said of a picture.

    Attributes
    ----------
    name : str
    size : (int, int)
        Width and height in pixels.
    notes : tuple of str
    """

    name: str
    size: tuple[int, int]
    notes: tuple[str, ...]


class PicturePage(QWidget):
    """Shows a picture in four ways, and corrects what was found in it.

    Attributes
    ----------
    view : PictureView
        Shows what the tab at hand is about.
    masking : MaskTools
    camera : CameraFields
    """

    open_wanted = Signal()
    dropped = Signal(list)
    tab_chosen = Signal(str)
    refine_wanted = Signal(int)
    stop_wanted = Signal()
    textured_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._picking = False
        layout = QVBoxLayout(self)
        self.open = QPushButton("&Open picture…", self)
        self.open.setToolTip("Read a picture or a scan; or drop a file anywhere, or paste one.")
        self.open.clicked.connect(self.open_wanted)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about.setAccessibleName("What was read")
        self.tabs = QTabBar(self)
        self.tabs.setExpanding(True)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setDrawBase(False)
        self.tabs.setAccessibleName("What is shown of the picture")
        for row, (_, text, tip) in enumerate(TABS):
            self.tabs.addTab(text)
            self.tabs.setTabToolTip(row, tip)
            self.tabs.setAccessibleTabName(row, tip)
        self.tabs.currentChanged.connect(lambda row: self._choose_tab(TABS[row][0]))
        self.view = PictureView(self)
        self.view.setToolTip("Ctrl and the wheel magnify; the right mouse button moves.")
        self.caption = QLabel(self)
        self.caption.setWordWrap(True)
        self.caption.setTextFormat(Qt.TextFormat.RichText)
        self.caption.setAccessibleName("About what is shown")
        self.masking = MaskTools(self)
        self.masking.tool_chosen.connect(lambda *_: self._take_tool())
        self.masking.radius_changed.connect(self.view.set_radius)
        self.view.brush_wanted.connect(self._scale_brush)
        self.view.set_radius(BRUSH)
        layout.addWidget(self.open)
        layout.addWidget(self.about)
        layout.addWidget(self.tabs)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.caption)
        layout.addWidget(self.masking)
        self._make_fit(layout)
        self._choose_tab("picture")

    @property
    def tab(self) -> Tab:
        """Which tab is at hand."""
        return TABS[self.tabs.currentIndex()][0]

    def show_tab(self, tab: Tab) -> None:
        """Bring a tab to the front."""
        self.tabs.setCurrentIndex([name for name, *_ in TABS].index(tab))

    def show_facts(self, facts: PictureFacts) -> None:
        """Say what was read."""
        lines = [
            f"<b>{escape(facts.name)}</b> &nbsp; {facts.size[0]:,} × {facts.size[1]:,}",
            *(escape(note[:1].upper() + note[1:]) for note in facts.notes),
        ]
        self.about.setText("<br>".join(lines))
        self.view.setAccessibleName(f"Picture {facts.name}")

    def show_caption(self, words: str) -> None:
        """Say what the tab shows, as a little HTML."""
        self.caption.setText(words)
        self.caption.setVisible(bool(words))

    def show_fit(self, words: str, *, running: bool, enabled: bool) -> None:
        """Say how well the silhouette fits, and whether it can be made to fit better."""
        self.fit.setText(words)
        self.fit.setVisible(bool(words))
        self.refine.setText("&Stop" if running else "&Refine")
        self.refine.setToolTip(
            "Stop here and keep what was reached."
            if running
            else "Change the shape and the camera until the silhouette is that of the mask."
        )
        self.refine.setEnabled(running or enabled)
        self.rounds.setEnabled(enabled and not running)
        self._running = running

    def show_textured(self, textured: bool, *, enabled: bool) -> None:
        """Show whether the mesh has the picture's colours."""
        with QSignalBlocker(self.textured):
            self.textured.setChecked(textured)
        self.textured.setEnabled(enabled)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        welcome_files(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell which files were dropped."""
        if files := dropped_files(event):
            self.dropped.emit(files)

    def _make_fit(self, layout: QVBoxLayout) -> None:
        self._running = False
        self.textured = QCheckBox("&Colours of the picture", self)
        self.textured.setToolTip(
            "Project the picture onto the mesh; the hidden side takes the mirror image's colours, "
            "or is filled smoothly. Exports carry the colours."
        )
        self.textured.toggled.connect(self.textured_chosen)
        self.refine: QPushButton = QPushButton("&Refine", self)
        self.refine.clicked.connect(self._press_refine)
        self.rounds: QSpinBox = QSpinBox(self)
        self.rounds.setRange(1, 1000)
        self.rounds.setValue(ROUNDS)
        self.rounds.setSuffix(" rounds")
        self.rounds.setAccessibleName("Rounds of refinement")
        self.rounds.setToolTip("How many steps the refinement takes at most.")
        self.fit: QLabel = QLabel(self)
        self.fit.setWordWrap(True)
        self.fit.setAccessibleName("How well the silhouette fits")
        row = QHBoxLayout()
        row.addWidget(self.refine, 1)
        row.addWidget(self.rounds, 1)
        layout.addWidget(self.textured)
        layout.addLayout(row)
        layout.addWidget(self.fit)
        self.camera = CameraFields(self)
        group = QGroupBox("Camera", self)
        inside = QVBoxLayout(group)
        inside.addWidget(self.camera)
        layout.addWidget(group)
        self.show_fit("", running=False, enabled=False)
        self.show_textured(False, enabled=False)

    def _press_refine(self) -> None:
        if self._running:
            self.stop_wanted.emit()
        else:
            self.refine_wanted.emit(self.rounds.value())

    def _choose_tab(self, tab: Tab) -> None:
        self.masking.setVisible(tab == "mask")
        self._take_tool()
        self.tab_chosen.emit(tab)

    def set_picking(self, picking: bool) -> None:
        """Let a click on the mask's tab pick an object, where nothing is to be drawn."""
        if picking != self._picking:
            self._picking = picking
            self._take_tool()

    def _take_tool(self) -> None:
        tool: Tool = self.masking.tool or ("pick" if self._picking else "")
        self.view.set_tool(tool if self.tab == "mask" else "")

    def _scale_brush(self, factor: float) -> None:
        radius = self.masking.radius
        radius.number.setValue(max(radius.value() * factor, radius.value() + (factor > 1)))
