"""A slider for a real number, with a field for exact entry and a way back to its default."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from occviewer.gui.panels.jump_slider import JumpSlider
from occviewer.gui.panels.pairs import stand_beside

_STEPS = 1000
_KEYS = frozenset(
    getattr(Qt.Key, f"Key_{name}")
    for name in ("Left", "Right", "Up", "Down", "PageUp", "PageDown", "Home", "End")
)


class ValueSlider(QWidget):
    """Slider and number field that show one value.

    Parameters
    ----------
    name : str
        What it is, for people who do not see it.
    low, high, default : float
        Range and the value that a double click on the slider brings back.
    decimals : int
        Of the number field.
    tip : str
        A sentence of what it does.
    suffix : str
        Unit after the number.
    """

    changed = Signal(float)
    """The person moved it; not told when the program sets it."""
    grabbed = Signal()
    """A drag begins, or a key is held; until `released`, changes belong together."""
    released = Signal()

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        default: float,
        *,
        decimals: int = 2,
        tip: str = "",
        suffix: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._low, self._high, self._default = low, high, default
        self._tip, self._suffix, self._holding = tip, suffix, False
        self.slider = JumpSlider(self)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 10)
        self.slider.setAccessibleName(name)
        self.number = QDoubleSpinBox(self)
        self.number.setDecimals(decimals)
        self.number.setRange(low, high)
        self.number.setSingleStep((high - low) / 100)
        self.number.setSuffix(suffix)
        self.number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.number.setKeyboardTracking(False)
        self.number.setAccessibleName(f"{name}, exact")
        stand_beside(self, self.slider, self.number, self.grabbed, self.released)
        self.slider.valueChanged.connect(self._slid)
        self.number.valueChanged.connect(self._typed)
        self.slider.installEventFilter(self)
        self.number.installEventFilter(self)
        self.set_range(low, high, default)
        self.set_value(default)

    def value(self) -> float:
        """Return the value that is shown."""
        return self.number.value()

    def set_value(self, value: float) -> None:
        """Show a value without telling anybody; while it is dragged the hand wins."""
        if self.slider.isSliderDown():
            return
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.number.setValue(value)
            self.slider.setValue(self._place(value))

    def set_range(self, low: float, high: float, default: float) -> None:
        """Change what is possible; the value is kept where it still is."""
        value = self.value()
        self._low, self._high, self._default = low, high, default
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.number.setRange(low, high)
            self.number.setValue(min(max(value, low), high))
            self.slider.setValue(self._place(self.number.value()))
        # A key moves by no less than the number shows, or it would move nothing.
        shown = 10.0 ** -self.number.decimals() / max(high - low, 1e-12)
        self.slider.setSingleStep(max(_STEPS // 100, math.ceil(_STEPS * shown)))
        self.slider.set_mark(self._place(default))
        self.set_tip(self._tip)

    def set_tip(self, tip: str) -> None:
        """Say in a sentence what it does."""
        self._tip = tip
        way_back = f"Double click on the slider: {self._default:g}{self._suffix}."
        for widget in (self.slider, self.number):
            widget.setToolTip(f"{tip} {way_back}".strip())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Bring the default back on a double click; hold together what one key does."""
        if watched is self.slider:
            if event.type() == QEvent.Type.MouseButtonDblClick:
                self.number.setValue(self._default)
                return True
            self._watch_keys(event)
        elif event.type() == QEvent.Type.Wheel and not self.number.hasFocus():
            event.ignore()  # the wheel scrolls the panel
            return True
        return super().eventFilter(watched, event)

    def _watch_keys(self, event: QEvent) -> None:
        kind, began, ended = event.type(), False, event.type() == QEvent.Type.FocusOut
        if isinstance(event, QKeyEvent) and event.key() in _KEYS:
            began = kind == QEvent.Type.KeyPress
            ended = kind == QEvent.Type.KeyRelease and not event.isAutoRepeat()
        if began and not self._holding:
            self._holding = True
            self.grabbed.emit()
        if ended and self._holding:
            self._holding = False
            self.released.emit()

    def _place(self, value: float) -> int:
        return round(_STEPS * (value - self._low) / max(self._high - self._low, 1e-12))

    def _slid(self, place: int) -> None:
        value = self._low + place / _STEPS * (self._high - self._low)
        # What is told is what is shown; adding 0 makes -0 a plain 0.
        value = round(value, self.number.decimals()) + 0.0
        with QSignalBlocker(self.number):
            self.number.setValue(value)
        self.changed.emit(value)

    def _typed(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._place(value))
        self.changed.emit(value)
