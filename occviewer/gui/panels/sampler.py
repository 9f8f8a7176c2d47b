"""New shapes: a row of samples from the model's latent space."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from occviewer.document.settings import TEMPERATURES
from occviewer.gui.panels.thumbnails import ThumbnailRow, thumbnail

MOST_SAMPLES = 64
_SAMPLES = 8
_LARGEST_SHOWN_SEED = 2**31 - 1
_ICON = QSize(84, 70)
_HINT = "Press “New shapes” to draw shapes that the model makes up."


class Sampler(QWidget):
    """Thumbnails of samples; a click takes one, a double click puts it on the shelf."""

    new_wanted = Signal()
    seed_chosen = Signal(int)
    temperature_chosen = Signal(float)
    count_chosen = Signal(int)
    taken = Signal(int)
    """Number of the sample, from 0."""
    capture_wanted = Signal(list)
    """Numbers of the samples, from 0."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.new = QPushButton("&New shapes", self)
        self.new.setToolTip("Draw other shapes: the seed moves on by one.")
        self.new.setAccessibleName("New shapes")
        self.seed = QSpinBox(self)
        self.seed.setRange(0, _LARGEST_SHOWN_SEED)
        self.seed.setToolTip("The same seed draws the same shapes.")
        self.temperature = QDoubleSpinBox(self)
        self.temperature.setRange(*TEMPERATURES)
        self.temperature.setSingleStep(0.1)
        self.temperature.setToolTip(
            "1 draws as the training shapes are spread, less stays nearer to what is typical."
        )
        self.count = QSpinBox(self)
        self.count.setRange(1, MOST_SAMPLES)
        self.count.setValue(_SAMPLES)
        self.count.setToolTip("How many shapes are drawn.")
        self.list = ThumbnailRow(_ICON, "New shapes", self)
        self.list.setToolTip(
            "Click a shape to go on with it; double click to put it on the shelf as well."
        )
        self.list.set_hint(_HINT)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        for text, spin in (
            ("&Seed", self.seed),
            ("&Temperature", self.temperature),
            ("N&umber", self.count),
        ):
            spin.setAccessibleName(text.replace("&", ""))
            spin.setKeyboardTracking(False)
            spin.setMinimumWidth(64)
            spin.setMaximumWidth(80)
            label = QLabel(text, self)
            label.setBuddy(spin)
            label.setMinimumWidth(label.sizeHint().width() + 4)
            form.addRow(label, spin)
        column = QVBoxLayout()
        column.addWidget(self.new)
        column.addLayout(form)
        column.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(column)
        layout.addWidget(self.list, 1)
        self._connect()

    def _connect(self) -> None:
        self.new.clicked.connect(lambda *_: self.new_wanted.emit())
        self.seed.valueChanged.connect(self.seed_chosen)
        self.temperature.valueChanged.connect(self.temperature_chosen)
        self.count.valueChanged.connect(self.count_chosen)
        self.list.itemClicked.connect(lambda item: self.taken.emit(self.list.row(item)))
        self.list.itemActivated.connect(lambda item: self.taken.emit(self.list.row(item)))
        self.list.itemDoubleClicked.connect(
            lambda item: self.capture_wanted.emit([self.list.row(item)])
        )
        self.list.customContextMenuRequested.connect(self._menu)

    def show_settings(self, seed: int, temperature: float) -> None:
        """Show the document's settings without telling anybody."""
        with QSignalBlocker(self.seed), QSignalBlocker(self.temperature):
            self.seed.setValue(min(seed, _LARGEST_SHOWN_SEED))
            self.temperature.setValue(temperature)

    def show_waiting(self, count: int) -> None:
        """Show so many places where shapes will appear; 0 empties the row."""
        self.list.clear()
        for _ in range(count):
            item = QListWidgetItem(thumbnail(b"", _ICON), "…", self.list)
            item.setFlags(Qt.ItemFlag.NoItemFlags)

    def show_sample(self, number: int, png: bytes) -> None:
        """Show the picture of a sample (from 0)."""
        item = self.list.item(number)
        item.setIcon(thumbnail(png, _ICON))
        item.setText(f"{number + 1}")
        item.setToolTip("")
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)

    def show_failed(self, number: int, why: str) -> None:
        """Say that a sample (from 0) has no surface to be shown."""
        item = self.list.item(number)
        item.setIcon(thumbnail(b"", _ICON))
        item.setText("no surface")
        item.setToolTip(why)
        item.setFlags(Qt.ItemFlag.NoItemFlags)

    def shorten(self, count: int) -> None:
        """Keep the first places only."""
        while self.list.count() > count:
            self.list.takeItem(self.list.count() - 1)

    def show_reason(self, why_none: str) -> None:
        """Say why the model draws no shapes; empty where it does."""
        self.list.set_hint(why_none or _HINT)
        for widget in (self.new, self.seed, self.temperature, self.count):
            widget.setEnabled(not why_none)

    def _menu(self, at: QPoint) -> None:
        rows = self.list.rows()
        if not rows:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("&Take", lambda: self.taken.emit(rows[0]))
        menu.addAction("&Capture on the shelf", lambda: self.capture_wanted.emit(rows))
        menu.popup(self.list.viewport().mapToGlobal(at))
