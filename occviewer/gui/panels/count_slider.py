"""A slider for how many: each step is a share, since 300 of a million are few, not none."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QSlider, QSpinBox, QWidget

from occviewer.gui.panels.pairs import stand_beside

_STEPS = 1000


class CountSlider(QWidget):
    """Slider (logarithmic) and number field for a number of things; the far end is all of them.

    Parameters
    ----------
    name : str
        What it is, for people who do not see it.
    fewest : int
        The least that may be chosen.
    tip : str
        A sentence of what it does.
    """

    changed = Signal(int)
    """The person chose a number; 0 for all."""
    grabbed = Signal()
    """A drag begins; until `released`, changes belong together."""
    released = Signal()

    def __init__(self, name: str, fewest: int, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fewest, self._most = fewest, fewest + 1
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 10)
        self.slider.setSingleStep(_STEPS // 100)
        self.slider.setAccessibleName(name)
        self.number = _Count(self)
        self.number.setKeyboardTracking(False)
        self.number.setGroupSeparatorShown(True)
        self.number.setStepType(QSpinBox.StepType.AdaptiveDecimalStepType)
        self.number.setAccessibleName(f"{name}, exact")
        for widget in (self.slider, self.number):
            widget.setToolTip(tip)
        stand_beside(self, self.slider, self.number, self.grabbed, self.released)
        self.slider.valueChanged.connect(self._slid)
        self.number.valueChanged.connect(self._typed)
        self.set_value(0, self._most)

    def value(self) -> int:
        """Return the number that is shown; 0 for all."""
        return self._told(self.number.value())

    def set_value(self, value: int, most: int) -> None:
        """Show a number (0 for all) of so many, without telling anybody."""
        if self.slider.isSliderDown():
            return
        self._most = max(most, self._fewest + 1)
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.number.setRange(self._fewest, self._most)
            self.number.setValue(value or self._most)
            self.slider.setValue(self._place(value))

    def _told(self, number: int) -> int:
        return 0 if number >= self._most else number

    def _place(self, value: int) -> int:
        if not 0 < value < self._most:
            return _STEPS
        return round(_STEPS * math.log(value / self._fewest) / math.log(self._most / self._fewest))

    def _slid(self, place: int) -> None:
        number = round(self._fewest * (self._most / self._fewest) ** (place / _STEPS))
        number = self._most if place == _STEPS else number
        with QSignalBlocker(self.number):
            self.number.setValue(number)
        self.changed.emit(self._told(number))

    def _typed(self, number: int) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._place(number))
        self.changed.emit(self._told(number))


class _Count(QSpinBox):
    """A number field whose largest number reads "all"."""

    def textFromValue(self, value: int) -> str:  # noqa: N802 - Qt's name
        """Write a number, or all."""
        return "all" if value >= self.maximum() else super().textFromValue(value)

    def valueFromText(self, text: str) -> int:  # noqa: N802 - Qt's name
        """Read a number, or all."""
        digits = "".join(sign for sign in text if sign.isdigit())
        return min(int(digits), self.maximum()) if digits else self.maximum()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Accept digits, and what begins like "all"."""
        written = text.strip().lower()
        if written and "all".startswith(written):
            complete = written == "all"
            state = QValidator.State.Acceptable if complete else QValidator.State.Intermediate
            return state, text, position
        state, text, position = super().validate(text, position)
        return state, text, position
