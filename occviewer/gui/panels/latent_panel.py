"""Sliders through the latent space, the most important axis first."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from occviewer.document.shape import LatentEdit
from occviewer.gui.latent_studio import LatentFacts
from occviewer.gui.panels.latent_row import LatentRow, percent
from occviewer.gui.panels.value_slider import ValueSlider

FEW, MANY = 8, 32
"""Axes shown at first, and at most."""

EMPTY = (
    "No shape yet. Open a scan, or begin with a sample from the gallery; its sliders appear here."
)
WAITING = "The sliders appear when the scan is completed."


class LatentPanel(QWidget):
    """A slider for each axis, one for the detail, and what moves all of them.

    Attributes
    ----------
    rows : list of LatentRow
        Of the axes that were shown so far; made once and used again for other shapes.
    detail : ValueSlider
    reset, randomise, more : QPushButton
    note : QLabel
        Above the sliders: what they follow, where that is not the model's own axes.
    message : QLabel
        Shown in place of the sliders where there are none, and says why.
    """

    moved = Signal(int, float)
    """With an axis and its offset in units of σ."""
    grabbed = Signal(str)
    """What is dragged from now on: until `released`, its changes belong together."""
    released = Signal()
    lock_toggled = Signal(int, bool)
    detail_changed = Signal(float)
    reset_wanted = Signal()
    randomise_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts, self._edit = LatentFacts(), LatentEdit()
        self._all = False
        self.rows: list[LatentRow] = []
        self.message = QLabel(EMPTY, self)
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.message.setAccessibleName("Why there are no sliders")
        self.sliders = QWidget(self)
        self._axes = QVBoxLayout()
        self._axes.setSpacing(2)
        self._make_controls()
        layout = QVBoxLayout(self)
        layout.addWidget(self.message)
        layout.addWidget(self.sliders)
        layout.addStretch(1)
        # As wide as its sliders from the start, so that nothing moves when they appear.
        self._show_rows(FEW)
        self.setMinimumWidth(self.minimumSizeHint().width())
        self.show_message(EMPTY)

    def show_message(self, text: str) -> None:
        """Say why there are no sliders, in their place."""
        self.message.setText(text)
        self.message.show()
        self.sliders.hide()

    def show_facts(self, facts: LatentFacts) -> None:
        """Show the axes for a code, or why there are none."""
        if facts.why_none:
            self.show_message(facts.why_none)
            return
        self._facts = facts
        self.note.setText(facts.note)
        self.note.setVisible(bool(facts.note))
        self._detail.setVisible(facts.has_detail)
        self._show_rows(self._count())
        self.message.hide()
        self.sliders.show()

    def show_edit(self, edit: LatentEdit) -> None:
        """Show how the sliders stand, without telling anybody."""
        if edit != self._edit:
            self._edit = edit
            self._show_offsets()

    def set_usable(self, usable: bool) -> None:
        """Let the sliders move, or not while their shape is being made."""
        self.sliders.setEnabled(usable)

    def _make_controls(self) -> None:
        self.more = QPushButton(self)
        self.more.setFlat(True)
        self.more.setToolTip("Less important axes change a shape less and less.")
        self.more.clicked.connect(self._toggle_more)
        self.detail = ValueSlider(
            "Detail",
            0.0,
            1.0,
            1.0,
            tip="How much is shown of what the scan says beyond the axes: 0 shows the shape that "
            "the axes alone describe.",
            parent=self,
        )
        self.detail.changed.connect(self.detail_changed)
        self.detail.grabbed.connect(lambda: self.grabbed.emit("detail"))
        self.detail.released.connect(self.released)
        self.reset = QPushButton("Reset all", self)
        self.reset.setToolTip("Bring all axes back to the shape's own place; locked ones stay.")
        self.reset.clicked.connect(self.reset_wanted)
        self.randomise = QPushButton("Randomise around here", self)
        self.randomise.setToolTip(
            "Move all axes that are not locked a little at random; press again for another shape."
        )
        self.randomise.clicked.connect(self.randomise_wanted)
        line = QFrame(self)
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Sunken)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setAccessibleName("What the axes are")
        self.note.hide()
        self._detail = QWidget(self)
        detail = QHBoxLayout(self._detail)
        detail.setContentsMargins(0, 0, 0, 0)
        name = QLabel("&Detail", self)
        name.setMinimumWidth(name.fontMetrics().horizontalAdvance("Axis 88"))
        name.setBuddy(self.detail.slider)
        detail.setSpacing(4)
        detail.addWidget(name)
        detail.addWidget(self.detail, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset)
        buttons.addWidget(self.randomise, 1)
        layout = QVBoxLayout(self.sliders)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.note)
        layout.addLayout(self._axes)
        layout.addWidget(self.more)
        layout.addWidget(line)
        layout.addWidget(self._detail)
        layout.addLayout(buttons)

    def _count(self) -> int:
        """How many axes to show."""
        return min(len(self._facts.position), MANY if self._all else FEW)

    def _toggle_more(self) -> None:
        self._all = not self._all
        self._show_rows(self._count())

    def _show_rows(self, count: int) -> None:
        while len(self.rows) < count:
            self._add_row()
        facts = self._facts
        known = min(count, len(facts.position))
        among = "training shapes" if facts.directions is None else "shapes on the shelf"
        for row, share, position, seen, reach in zip(
            self.rows[:known], facts.shares, facts.position, facts.ranges, facts.reach, strict=False
        ):
            row.show_axis(share, position, seen, reach, among)
        for row in self.rows:
            row.setVisible(row.axis < count)
        self._show_offsets()

    def _add_row(self) -> None:
        row = LatentRow(len(self.rows), self)
        row.moved.connect(self.moved)
        row.grabbed.connect(lambda axis: self.grabbed.emit(f"axis {axis}"))
        row.released.connect(self.released)
        row.lock_toggled.connect(self.lock_toggled)
        self.rows.append(row)
        self._axes.addWidget(row)

    def _show_offsets(self) -> None:
        edit = self._edit
        for row in self.rows:
            row.show_offset(edit.offset(row.axis), locked=row.axis in edit.locked)
        self.detail.set_value(edit.detail)
        self._show_more()

    def _show_more(self) -> None:
        """Offer the axes that are not shown, and say what of them is away from its rest."""
        total = len(self._facts.position)
        hidden = min(total, MANY) - FEW
        self.more.setVisible(hidden > 0)
        if self._all:
            self.more.setText(f"Show the first {FEW} axes only")
            return
        moved = sum(1 for offset in self._edit.offsets[FEW:] if offset)
        rest = sum(self._facts.shares[FEW:MANY])
        noted = f", {moved} moved" if moved else f" ({percent(rest)})" if rest else ""
        self.more.setText(f"Show {hidden} more axes{noted}")
