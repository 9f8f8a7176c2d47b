"""A slider that comes to where it is clicked, and shows where it rests."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget

_MARK = 12  # height in pixels; a little more than the groove's


class JumpSlider(QSlider):
    """A horizontal slider without pages: a press beside the handle begins a drag there.

    The wheel scrolls the panel instead of moving it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._mark: int | None = None
        self._jumped = False

    def set_mark(self, place: int | None) -> None:
        """Mark a place, the one to which a double click returns; None for no mark."""
        if place != self._mark:
            self._mark = place
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take the handle to the mouse."""
        at = event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton or self._part("Handle").contains(at):
            super().mousePressEvent(event)
            return
        self._jumped = True
        # Down before it moves: whoever hears of the move knows that it is a drag.
        self.setSliderDown(True)
        self.setSliderPosition(self._place_at(at.x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the mouse."""
        if self._jumped:
            self.setSliderPosition(self._place_at(event.position().toPoint().x()))
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End the drag."""
        if self._jumped and event.button() == Qt.MouseButton.LeftButton:
            self._jumped = False
            self.setSliderDown(False)
        else:
            super().mouseReleaseEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to the panel."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the mark below the slider."""
        if self._mark is not None:
            handle, groove = self._part("Handle"), self._part("Groove")
            span = groove.width() - handle.width()
            x = groove.left() + handle.width() // 2 + QStyle.sliderPositionFromValue(
                self.minimum(), self.maximum(), self._mark, span
            )  # fmt: skip
            painter = QPainter(self)
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            middle = groove.center().y()
            painter.drawLine(x, middle - _MARK // 2, x, middle + _MARK // 2)
            painter.end()
        super().paintEvent(event)

    def _part(self, name: str) -> QRect:
        """Where the style draws the handle or the groove."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        part = getattr(QStyle.SubControl, f"SC_Slider{name}")
        return self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)

    def _place_at(self, x: int) -> int:
        handle, groove = self._part("Handle"), self._part("Groove")
        span = groove.width() - handle.width()
        return QStyle.sliderValueFromPosition(
            self.minimum(), self.maximum(), x - groove.left() - handle.width() // 2, span
        )
