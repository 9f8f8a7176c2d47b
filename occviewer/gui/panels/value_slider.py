"""A slider for a real number, with a field for exact entry and a way back to its default."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget

_STEPS = 1000


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
    """A drag begins; until `released`, changes belong together."""
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
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 10)
        self.slider.setAccessibleName(name)
        self.number = QDoubleSpinBox(self)
        self.number.setDecimals(decimals)
        self.number.setRange(low, high)
        self.number.setSingleStep((high - low) / 100)
        self.number.setSuffix(suffix)
        self.number.setKeyboardTracking(False)
        self.number.setAccessibleName(f"{name}, exact")
        for widget in (self.slider, self.number):
            widget.setToolTip(f"{tip} Double click on the slider: {default:g}{suffix}.".strip())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.number)
        self.setFocusProxy(self.slider)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderPressed.connect(self.grabbed)
        self.slider.sliderReleased.connect(self.released)
        self.number.valueChanged.connect(self._typed)
        self.slider.installEventFilter(self)
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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Bring the default back on a double click."""
        if watched is self.slider and event.type() == QEvent.Type.MouseButtonDblClick:
            self.number.setValue(self._default)
            return True
        return super().eventFilter(watched, event)

    def _place(self, value: float) -> int:
        return round(_STEPS * (value - self._low) / max(self._high - self._low, 1e-12))

    def _slid(self, place: int) -> None:
        value = self._low + place / _STEPS * (self._high - self._low)
        with QSignalBlocker(self.number):
            self.number.setValue(value)
        self.changed.emit(value)

    def _typed(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._place(value))
        self.changed.emit(value)
