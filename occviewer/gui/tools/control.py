"""Takes tools up and lays them aside, and gives them the mouse."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QPainter
from PySide6.QtWidgets import QDockWidget

from occviewer.arrays import BoolArray, Float32Array, Float64Array, IntArray
from occviewer.document.commands import Change
from occviewer.document.source import Source
from occviewer.document.state import Document
from occviewer.errors import OccviewerError
from occviewer.gui.panels.tool_options import ToolOptions
from occviewer.gui.tools.brush import Brush
from occviewer.gui.tools.crop import Crop
from occviewer.gui.tools.finding import PointFinder
from occviewer.gui.tools.lasso import Lasso
from occviewer.gui.tools.mouse import ToolMouse
from occviewer.gui.tools.move import Move
from occviewer.gui.tools.overlay import Overlay
from occviewer.gui.tools.projecting import View, box_points
from occviewer.gui.tools.tool import Modifier, Tool
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller

_CAMERA = "tool.camera"
_SEEN_THROUGH = 0.45

_Found = TypeVar("_Found")


class ToolControl(QObject):
    """The tools of a window, of which at most one is at hand.

    Without one the mouse moves the camera. While one is at hand, the left button is the
    tool's, unless Space is held; the right one turns the view, the middle one moves it.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._window = controller, controller.window
        self._canvas = controller.window.viewport.canvas
        self._tool: Tool | None = None
        self._dragging = self._refused = False
        self._known: Source | None = None
        self._seen: View | None = None
        self._observer: int | None = None
        self._finder = PointFinder(controller.compute, controller.failed)
        self._overlay = Overlay(self._canvas, self._paint)
        self._tools: dict[str, Tool] = {
            tool.name: tool for tool in (Move(self), Crop(self), Lasso(self), Brush(self))
        }
        actions = self._window.actions_
        actions.on(_CAMERA, self.leave)
        for name in self._tools:
            actions.on(f"tool.{name}", partial(self.take, name))
        actions[_CAMERA].setChecked(True)
        self._camera_keys = actions[_CAMERA].shortcuts()
        self._stop_keys = actions["shape.cancel"].shortcuts()
        self._mouse = ToolMouse(self, self._window.viewport, self._overlay)
        controller.history.add_listener(self._document_changed)
        self._document_changed()

    @property
    def tool(self) -> str:
        """Name of the tool at hand; empty for the camera."""
        return "" if self._tool is None else self._tool.name

    @property
    def source(self) -> Source | None:
        """The document's source."""
        return self._controller.document.shape.scan

    @property
    def placement(self) -> Placement | None:
        """Where the cloud is shown; None while it is not."""
        source = self.source
        return None if source is None else self._controller.display.cloud.placement_of(source)

    @property
    def options(self) -> ToolOptions:
        """The strip in the source panel."""
        return self._window.source.tools

    def take(self, name: str) -> None:
        """Take a tool up: ``move``, ``crop``, ``lasso`` or ``brush``."""
        self._lay_aside()
        if self.source is None:
            self.leave()
            return
        self._tool = tool = self._tools[name]
        actions = self._window.actions_
        actions[f"tool.{name}"].setChecked(True)
        actions["show.points"].setChecked(True)
        # Esc leaves the tool, and stops the computer only when there is none.
        actions["shape.cancel"].setShortcuts([])
        actions[_CAMERA].setShortcuts([*self._camera_keys, QKeySequence(Qt.Key.Key_Escape)])
        self._window.viewport.set_mesh_opacity(_SEEN_THROUGH if tool.trims else 1.0)
        self._canvas.setCursor(tool.cursor)
        self._canvas.setMouseTracking(True)
        self._canvas.setFocus()
        self._observer = self._canvas.renderer.AddObserver("EndEvent", self._drawn)
        self._overlay.cover()
        self._overlay.show()
        self._show_options(name)
        tool.begin()
        self.redraw()

    def leave(self) -> None:
        """Go back to the camera; what was being drawn is given up."""
        self._lay_aside()
        actions = self._window.actions_
        actions[_CAMERA].setChecked(True)
        actions[_CAMERA].setShortcuts(self._camera_keys)
        actions["shape.cancel"].setShortcuts(self._stop_keys)
        self._window.viewport.set_mesh_opacity(1.0)
        self._canvas.unsetCursor()
        self._overlay.hide()
        self._show_options("")

    def close(self) -> None:
        """Let go of the window, in the middle of a drag, too."""
        self._lay_aside()
        self._controller.history.remove_listener(self._document_changed)
        self._mouse.close()
        self._overlay.hide()

    def view(self) -> View:
        """Tell what the camera sees now."""
        canvas, camera = self._canvas, self._canvas.camera
        width, height = max(canvas.width(), 1), max(canvas.height(), 1)
        transform = camera.GetCompositeProjectionTransformMatrix(width / height, -1, 1)
        matrix = np.array([[transform.GetElement(i, j) for j in range(4)] for i in range(4)])
        eye, forward = np.array(camera.position), np.array(camera.GetDirectionOfProjection())
        return View(matrix, eye, forward, float(width), float(height))

    def change(self, command: Callable[[Document], Change]) -> bool:
        """Do a command; all of one drag are one step. Whether it could be done.

        What cannot be done is said once in a drag.
        """
        try:
            title, document = command(self._controller.document)
        except OccviewerError as error:
            if not self._refused:
                self._window.messages.show_message("warning", str(error))
            self._refused = self._dragging
            return False
        self._known = document.shape.scan
        self._controller.history.do(title, document, merge="tool" if self._dragging else None)
        return True

    @property
    def is_quick(self) -> bool:
        """Whether all points can be looked through while the window waits."""
        return self._finder.is_quick(self.source)

    def pixels(self) -> Float32Array:
        """Find the pixels (N, 2) of all points of the cloud."""
        source, placement = self.source, self.placement
        if source is None or placement is None:
            return np.zeros((0, 2), np.float32)
        return self._finder.pixels(source, placement, self.view())

    def select(
        self, choose: Callable[[Float32Array], BoolArray], then: Callable[[BoolArray], None]
    ) -> None:
        """Choose points by their pixels; those of millions come later."""
        source, placement = self.source, self.placement
        if source is not None and placement is not None:
            found = partial(self._found, source, then)
            self._finder.select(source, placement, self.view(), choose, found)

    def reckon(self, work: Callable[[], _Found], then: Callable[[_Found], None]) -> None:
        """Do something with all points; with millions of them later."""
        source = self.source
        if source is not None:
            self._finder.reckon(source, work, partial(self._found, source, then))

    def _found(self, source: Source, then: Callable[[_Found], None], found: _Found) -> None:
        if self.source is not None and self.source.cloud is source.cloud:
            then(found)

    def shown_pixels(self) -> tuple[IntArray, Float32Array]:
        """Give indices (K,) of the points that are drawn, and their pixels (K, 2)."""
        source, placement = self.source, self.placement
        if source is None or placement is None:
            return np.zeros(0, np.int64), np.zeros((0, 2), np.float32)
        shown = self._controller.display.cloud.shown
        return shown, self.view().project(box_points(source.cloud.points[shown], placement))

    def light_up(self, drawn: BoolArray) -> None:
        """Draw some of the points that are drawn (K,) in another colour, until `mark`."""
        self._controller.display.cloud.light_up(drawn)

    def mark(self, marked: BoolArray | None) -> None:
        """Draw points of the cloud in another colour."""
        self._controller.display.cloud.mark(marked)

    def redraw(self) -> None:
        """Draw the overlay again."""
        self._overlay.update()

    @property
    def at_hand(self) -> Tool | None:
        """The tool at hand; None for the camera."""
        return self._tool

    @property
    def dragging(self) -> bool:
        """Whether the tool is being dragged."""
        return self._dragging

    def press(self, at: Float64Array, modifiers: Modifier) -> bool:
        """Begin a drag of the tool; False where the camera may have the mouse."""
        if self._tool is None or self.placement is None:
            return False
        self._controller.grab("tool")
        self._dragging, self._refused = True, False
        self._known = self.source
        if self._tool.press(at, modifiers):
            return True
        self.end_drag()
        return False

    def end_drag(self) -> None:
        """End a drag, if there is one: what comes now is another step."""
        if self._dragging:
            self._dragging = self._refused = False
            self._controller.history.end_merge()
            self._controller.release()

    def _lay_aside(self) -> None:
        tool, self._tool = self._tool, None
        if self._observer is not None:
            self._canvas.renderer.RemoveObserver(self._observer)
            self._observer = None
        if tool is not None:
            tool.end()
        self._finder.forget()
        self.end_drag()
        self._mouse.forget_keys()

    def _show_options(self, name: str) -> None:
        self.options.show_tool(name)
        if name:
            widget = self._window.source.parentWidget()
            while widget is not None and not isinstance(widget, QDockWidget):
                widget = widget.parentWidget()
            if widget is not None:
                widget.raise_()

    def _document_changed(self) -> None:
        source = self.source
        actions = self._window.actions_
        for name in self._tools:
            actions[f"tool.{name}"].setEnabled(source is not None)
        actions["source.restore"].setEnabled(
            source is not None and (source.kept is not None or source.crop is not None)
        )
        if self._tool is None:
            return
        if source is None:
            self.leave()
            return
        if self._dragging and source is not self._known:
            # Undo, or another scan, in the middle of a drag: the drag is over.
            self._tool.abort()
            self.end_drag()
        self._tool.refresh()

    def _drawn(self, *_: object) -> None:
        """After the view was drawn: the overlay follows the camera."""
        view = self.view()
        if not view.same_as(self._seen):
            self._seen = view
            self.redraw()

    def _paint(self, painter: QPainter) -> None:
        if self._tool is not None and self.source is not None:
            self._tool.paint(painter)
