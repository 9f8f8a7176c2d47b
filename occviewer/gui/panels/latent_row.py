"""One axis of the latent space: its slider, the exact number, and a lock."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from occviewer.gui.panels.value_slider import ValueSlider

# Sliders end a little beyond what was seen, and at round numbers.
_ROOM = 0.05
_ROUND = 10


class LatentRow(QWidget):
    """Moves a shape along one axis, as far as the training shapes reach.

    Parameters
    ----------
    axis : int
        From 0; people count from 1.
    """

    moved = Signal(int, float)
    """With the axis and the offset in units of σ; 0 brings the shape back."""
    grabbed = Signal(int)
    """A drag of this axis begins; until `released`, its moves belong together."""
    released = Signal()
    lock_toggled = Signal(int, bool)

    def __init__(self, axis: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axis = axis
        self._name = f"Axis {axis + 1}"
        self._reach = (-1.0, 1.0)
        self._about = ""
        self._shown: tuple[float, bool] = (0.0, False)
        self.label = QLabel(self._name, self)
        self.label.setMinimumWidth(self.label.fontMetrics().horizontalAdvance("Axis 88"))
        self.value = ValueSlider(self._name, -1.0, 1.0, 0.0, suffix=" σ", parent=self)
        self.value.number.setSingleStep(0.05)
        self.value.changed.connect(lambda value: self.moved.emit(self.axis, value))
        self.value.grabbed.connect(lambda: self.grabbed.emit(self.axis))
        self.value.released.connect(self._release)
        self.lock = QToolButton(self)
        self.lock.setCheckable(True)
        self.lock.setAutoRaise(True)
        self.lock.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lock.setAccessibleName(f"Lock axis {axis + 1}")
        self.lock.toggled.connect(self._toggle_lock)
        self.label.setBuddy(self.value.slider)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.label)
        layout.addWidget(self.value, 1)
        layout.addWidget(self.lock)
        self._show_lock(False)

    def show_axis(
        self,
        share: float,
        position: float,
        seen: tuple[float, float],
        reach: tuple[float, float],
        among: str = "training shapes",
    ) -> None:
        """Say what the axis means for another code.

        Parameters
        ----------
        share : float
            Of the variance of the shapes that the axes are of; 0 for a random direction.
        position : float
            Where the code lies, in σ from the mean.
        seen : (float, float)
            How far these shapes reach, in σ from the mean.
        reach : (float, float)
            The same in σ from the code.
        among : str
            What these shapes are.
        """
        self._reach = (
            math.floor((reach[0] - _ROOM) * _ROUND) / _ROUND,
            math.ceil((reach[1] + _ROOM) * _ROUND) / _ROUND,
        )
        self._about = (
            f"Explains {percent(share)} of how the {among} differ. They lie between "
            f"{seen[0]:.1f} and {seen[1]:.1f} σ, this one at {position:.1f} σ; the number is how "
            "far it was moved from there."
        )
        if not share:
            self._about = "A random direction; the number is how far the shape was moved along it."
        self.label.setToolTip(self._about)
        self._show()

    def show_offset(self, offset: float, *, locked: bool) -> None:
        """Show how far the shape was moved, without telling anybody.

        A session may have moved it further than the slider goes by itself.
        """
        if (offset, locked) != self._shown:
            self._shown = (offset, locked)
            self._show()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the lock in the text's colour, also when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "lock"):
            self._draw_lock()

    def _show(self) -> None:
        offset, locked = self._shown
        if not self.value.slider.isSliderDown():
            low, high = min(self._reach[0], offset), max(self._reach[1], offset)
            self.value.set_range(low, high, 0.0)
            self.value.set_tip(self._about)
            self.value.set_value(offset)
        if locked != self.lock.isChecked():
            with QSignalBlocker(self.lock):
                self.lock.setChecked(locked)
            self._show_lock(locked)

    def _release(self) -> None:
        self.released.emit()
        self._show()  # an undo during the drag was not shown, for the hand won

    def _toggle_lock(self, locked: bool) -> None:
        self._show_lock(locked)
        self.lock_toggled.emit(self.axis, locked)

    def _show_lock(self, locked: bool) -> None:
        self.value.setEnabled(not locked)
        self.lock.setToolTip(
            f"Let axis {self.axis + 1} move again."
            if locked
            else f"Keep axis {self.axis + 1} where it is, also when all are reset or randomised."
        )
        self._draw_lock()

    def _draw_lock(self) -> None:
        import qtawesome

        locked = self.lock.isChecked()
        role = QPalette.ColorRole.ButtonText if locked else QPalette.ColorRole.PlaceholderText
        name = "mdi6.lock" if locked else "mdi6.lock-open-variant-outline"
        self.lock.setIcon(qtawesome.icon(name, color=self.palette().color(role).name()))


def percent(share: float) -> str:
    """Write a share so that a small one is not nothing."""
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"
