"""Gives the tool at hand the mouse and its keys, and the camera what is left of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from occviewer.gui.tools.overlay import Overlay
from occviewer.gui.tools.tool import Tool, pixel

if TYPE_CHECKING:
    from occviewer.gui.tools.control import ToolControl
    from occviewer.gui.viewport import Viewport

_Event = QEvent.Type


class ToolMouse(QObject):
    """Stands between the canvas and the tool at hand.

    Parameters
    ----------
    control : ToolControl
    viewport : Viewport
        Whose canvas is watched.
    overlay : Overlay
        Kept as large as the canvas.
    """

    def __init__(self, control: ToolControl, viewport: Viewport, overlay: Overlay) -> None:
        super().__init__(control)
        self._control, self._canvas, self._overlay = control, viewport.canvas, overlay
        self._space = False
        self._canvas.installEventFilter(self)

    def close(self) -> None:
        """Watch no longer."""
        self._canvas.removeEventFilter(self)

    def forget_keys(self) -> None:
        """Take it that no key is held."""
        self._space = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Give the tool the mouse and its keys."""
        if event.type() == _Event.Resize:
            self._overlay.cover()
        tool = self._control.at_hand
        if tool is None or watched is not self._canvas:
            return False
        if isinstance(event, QMouseEvent):
            return self._mouse(tool, event)
        if isinstance(event, QWheelEvent):
            return self._wheel(tool, event)
        if isinstance(event, QKeyEvent):
            return self._key(tool, event)
        if event.type() == _Event.Leave:
            tool.hover(None)
        elif event.type() == _Event.FocusOut:
            self._hold_space(False)
        return False

    def _mouse(self, tool: Tool, event: QMouseEvent) -> bool:
        at = pixel(event.position().x(), event.position().y())
        left = event.button() == Qt.MouseButton.LeftButton
        if event.type() in (_Event.MouseButtonPress, _Event.MouseButtonDblClick):
            if self._control.dragging:
                return True
            if event.button() == Qt.MouseButton.RightButton:
                self._turn_view(event)
                return True
            return left and not self._space and self._control.press(at, event.modifiers())
        if event.type() == _Event.MouseMove:
            if self._control.dragging:
                tool.drag(at, event.modifiers())
            elif event.buttons() == Qt.MouseButton.NoButton:
                tool.hover(at)
            return self._control.dragging
        if event.type() == _Event.MouseButtonRelease and self._control.dragging:
            if left:
                tool.release(at, event.modifiers())
                self._control.end_drag()
                tool.hover(at)
            return True
        return False

    def _turn_view(self, event: QMouseEvent) -> None:
        """Turn the camera as the left button does without a tool; the release is VTK's."""
        left = Qt.MouseButton.LeftButton
        plain = QMouseEvent(
            _Event.MouseButtonPress, event.position(), event.globalPosition(),
            left, left, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        self._canvas.mousePressEvent(plain)  # type: ignore[no-untyped-call]

    def _wheel(self, tool: Tool, event: QWheelEvent) -> bool:
        if self._control.dragging:
            return True  # the picture must not move under the drawing
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            tool.wheel(event.angleDelta().y() / 120)
            return True
        return False

    def _key(self, tool: Tool, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat() and event.type() != _Event.ShortcutOverride:
                self._hold_space(event.type() == _Event.KeyPress)
            return True
        if event.type() != _Event.KeyPress:
            return False
        if event.key() == Qt.Key.Key_Escape:
            self._control.leave()
            return True
        return tool.key(event.key())

    def _hold_space(self, held: bool) -> None:
        self._space, tool = held, self._control.at_hand
        if tool is not None:
            self._canvas.setCursor(Qt.CursorShape.OpenHandCursor if held else tool.cursor)
