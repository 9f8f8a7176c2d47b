"""The square of the blend pad, with a handle that is moved by mouse or keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

_HANDLE = 8.0
_STEP, _LEAP = 0.02, 0.1
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Down: (0, -1),
    Qt.Key.Key_Up: (0, 1),
}
CORNERS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
"""Where the corners lie, as (u, v)."""


class BlendSquare(QWidget):
    """A square from (0, 0) at the bottom left to (1, 1) at the top right, and a point in it.

    Attributes
    ----------
    u, v : float
        Where the handle stands.
    """

    moved = Signal(float, float)
    """The person moved the handle; not told when the program does."""
    grabbed = Signal()
    """A drag begins, or an arrow key is held; until `released`, moves belong together."""
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.u, self.v = 0.5, 0.5
        self._weights: tuple[float, ...] = (0.0,) * len(CORNERS)
        self._held: str = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Blend of the four corners")
        self.setToolTip(
            "Drag the handle, or move it with the arrow keys (Shift for larger steps); a double "
            "click or Home takes it to the middle."
        )
        self._describe()

    @property
    def is_held(self) -> bool:
        """Whether the person moves the handle just now."""
        return bool(self._held)

    def show_position(self, u: float, v: float) -> None:
        """Put the handle somewhere without telling anybody; while it is held the hand wins."""
        if not self._held:
            self._put(u, v)

    def show_weights(self, weights: Sequence[float]) -> None:
        """Show how much each corner counts, in the order of `CORNERS`; 0 for an empty one."""
        if tuple(weights) != self._weights:
            self._weights = tuple(weights)
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for a square that one can aim in."""
        return QSize(144, 144)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Stay usable in a narrow panel."""
        return QSize(110, 110)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Stay a square."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Stay a square, but so small that the corners and a hint fit a small screen, too."""
        return min(width, 144)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take the handle to the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._hold("mouse")
            self._follow(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the mouse."""
        if self._held == "mouse":
            self._follow(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._let_go("mouse")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go to the middle."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._move(0.5, 0.5)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move by the arrow keys."""
        key = Qt.Key(event.key())
        if key not in _ARROWS and key != Qt.Key.Key_Home:
            super().keyPressEvent(event)
            return
        self._hold("key")
        if key == Qt.Key.Key_Home:
            self._move(0.5, 0.5)
            return
        step = _LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
        across, up = _ARROWS[key]
        self._move(self.u + across * step, self.v + up * step)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Let go when the key is."""
        if not event.isAutoRepeat():
            self._let_go("key")
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Let go: the release of the key will be told to somebody else."""
        self._let_go("key")
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Let go when there is nothing to blend any more."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self._let_go(self._held)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the field, how much each corner counts, and the handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, area = self.palette(), self._area()
        faint = palette.color(QPalette.ColorRole.PlaceholderText)
        faint.setAlpha(90)
        accent = palette.color(QPalette.ColorRole.Highlight)
        if not self.isEnabled():
            accent = palette.color(QPalette.ColorRole.PlaceholderText)
        focus = self.hasFocus()
        painter.setPen(QPen(accent if focus else faint, 2.0 if focus else 1.0))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(area.adjusted(-6, -6, 6, 6), 6, 6)
        painter.setPen(QPen(faint, 1.0))
        for share in (0.25, 0.5, 0.75):
            x, y = area.left() + share * area.width(), area.top() + share * area.height()
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        handle = self._point(self.u, self.v)
        for corner, weight in zip(CORNERS, self._weights, strict=True):
            if weight > 0:
                colour = QColor(accent)
                colour.setAlphaF(0.15 + 0.85 * min(weight, 1.0))
                painter.setPen(QPen(colour, 1.0 + 4.0 * weight))
                painter.drawLine(self._point(*corner), handle)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 2.0))
        painter.setBrush(accent)
        painter.drawEllipse(handle, _HANDLE, _HANDLE)

    def _area(self) -> QRectF:
        """Give the square in which the middle of the handle moves."""
        side = min(self.width(), self.height()) - 2 * (_HANDLE + 2)
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _point(self, u: float, v: float) -> QPointF:
        area = self._area()
        return QPointF(area.left() + u * area.width(), area.bottom() - v * area.height())

    def _follow(self, at: QPointF) -> None:
        area = self._area()
        side = max(area.width(), 1.0)
        self._move((at.x() - area.left()) / side, (area.bottom() - at.y()) / side)

    def _move(self, u: float, v: float) -> None:
        before = (self.u, self.v)
        self._put(round(min(max(u, 0.0), 1.0), 4), round(min(max(v, 0.0), 1.0), 4))
        if (self.u, self.v) != before:
            self.moved.emit(self.u, self.v)

    def _put(self, u: float, v: float) -> None:
        if (u, v) != (self.u, self.v):
            self.u, self.v = u, v
            self._describe()
            self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(f"{100 * self.u:.0f} % to the right, {100 * self.v:.0f} % up")

    def _hold(self, how: str) -> None:
        if not self._held:
            self._held = how
            self.grabbed.emit()

    def _let_go(self, how: str) -> None:
        if how and self._held == how:
            self._held = ""
            self.released.emit()
