"""Options of the tool at hand: a strip in the source panel that is there while one is used."""

from __future__ import annotations

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from occviewer.gui.panels.value_slider import ValueSlider

BRUSH = 24.0
"""Radius of the brush at first, pixels."""

_TITLES = {"crop": "Crop box", "lasso": "Lasso", "brush": "Brush", "move": "Move cloud"}
_HINTS = {
    "crop": "Drag the dots on the faces; what lies outside does not count.",
    "lasso": "Draw around points to delete them, through the whole depth. Shift collects areas "
    "first, Alt or Ctrl takes an area out again.",
    "brush": "Draw over points to delete them, through the whole depth.",
    "move": "Arrows move, rings turn (Ctrl: by 15°), the square scales, the dot moves freely.",
}
_CAMERA = "The right mouse button turns the view, or the left with Space held; Esc leaves."


class ToolOptions(QGroupBox):
    """What can be set for a tool, and how it is used."""

    apply_wanted = Signal()
    remove_wanted = Signal()
    delete_wanted = Signal()
    keep_wanted = Signal()
    turn_wanted = Signal(int)
    """A quarter turn about the box's axis 0, 1 or 2."""
    size_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = QLabel(self)
        self._hint.setWordWrap(True)
        self._parts: dict[str, QWidget] = {}
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self._hint)
        self.apply, self.remove = self._pair(
            "crop",
            ("Apply crop", "Delete what lies outside, and remove the box.", self.apply_wanted),
            ("Remove", "Take the box away; everything counts again.", self.remove_wanted),
        )
        self.delete, self.keep = self._pair(
            "lasso",
            ("Delete", "Delete the collected points (Delete).", self.delete_wanted),
            ("Keep only", "Delete all but the collected points.", self.keep_wanted),
        )
        self.radius = ValueSlider(
            "Brush size", 4, 150, BRUSH, decimals=0, suffix=" px",
            tip="Radius of the brush; also [ and ], or Ctrl and the wheel.",
        )  # fmt: skip
        self.radius.changed.connect(self.size_changed)
        self._add("brush", QLabel("Size", self), self.radius)
        turns = [_button(name, f"Turn the cloud by 90° about {name}") for name in "XYZ"]
        for axis, button in enumerate(turns):
            button.setAccessibleName(f"Turn by 90° about {'XYZ'[axis]}")
            button.setMinimumWidth(36)
            button.clicked.connect(lambda *_, axis=axis: self.turn_wanted.emit(axis))
        self._add("move", QLabel("Turn by 90°", self), *turns)
        self.show_tool("")
        self.show_crop(False)
        self.show_collected(0)

    def show_tool(self, name: str) -> None:
        """Show the options of ``crop``, ``lasso``, ``brush`` or ``move``; none for the camera."""
        self.setVisible(name in _TITLES)
        self.setTitle(_TITLES.get(name, ""))
        self._hint.setText(f"{_HINTS.get(name, '')} {_CAMERA}")
        for each, part in self._parts.items():
            part.setVisible(each == name)

    def show_crop(self, there: bool) -> None:
        """Say whether there is a crop box to be applied or removed."""
        self.apply.setEnabled(there)
        self.remove.setEnabled(there)

    def show_collected(self, count: int) -> None:
        """Say how many points the lasso has collected."""
        self.delete.setText(f"Delete {count:,}" if count else "Delete")
        self.delete.setEnabled(count > 0)
        self.keep.setEnabled(count > 0)

    def _pair(self, tool: str, *buttons: tuple[str, str, SignalInstance]) -> list[QPushButton]:
        made = []
        for text, tip, signal in buttons:
            button = _button(text, tip)
            button.clicked.connect(signal)
            made.append(button)
        self._add(tool, *made)
        return made

    def _add(self, tool: str, *widgets: QWidget) -> None:
        part = QWidget(self)
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in widgets:
            row.addWidget(widget, 0 if isinstance(widget, QLabel) else 1)
        self._parts[tool] = part
        self._layout.addWidget(part)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button
