"""The brush: points under it are deleted while it is drawn over them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from occviewer.arrays import Float32Array, Float64Array
from occviewer.document import commands
from occviewer.document.commands import Change
from occviewer.document.commands.change import counted
from occviewer.document.state import Document
from occviewer.gui.tools.overlay import DELETING, HALO
from occviewer.gui.tools.selecting import near_path
from occviewer.gui.tools.tool import Bench, Modifier, Tool

_GROWTH = 1.15


class Brush(Tool):
    """Deletes what it is drawn over; a stroke is one step."""

    name, cursor, trims = "brush", Qt.CursorShape.BlankCursor, True

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._at: Float64Array | None = None
        self._path: list[Float64Array] = []
        self._pixels: Float32Array | None = None
        self._stroke = 0
        self._deleted = 0
        bench.options.size_changed.connect(lambda *_: bench.redraw())

    @property
    def radius(self) -> float:
        """Of the brush, pixels."""
        return float(self.bench.options.radius.value())

    def end(self) -> None:
        """End the stroke."""
        self.abort()
        self._at = None

    def press(self, at: Float64Array, modifiers: Modifier) -> bool:
        """Begin a stroke."""
        self._at, self._path, self._pixels, self._deleted = at, [at], None, 0
        self._stroke += 1
        stroke = self._stroke

        def found(pixels: Float32Array) -> None:
            # The camera stands still during a stroke, so they hold for all of it.
            if stroke == self._stroke:
                self._pixels = pixels
                self._delete()

        self.bench.project(found)
        self.bench.redraw()
        return True

    def drag(self, at: Float64Array, modifiers: Modifier) -> None:
        """Draw on."""
        self._at = at
        if self._path:
            self._path.append(at)
            self._delete()
        self.bench.redraw()

    def release(self, at: Float64Array, modifiers: Modifier) -> None:
        """End the stroke; where the points are still looked for, they are deleted when found."""
        self.drag(at, modifiers)
        if self._pixels is not None:
            self.abort()

    def abort(self) -> None:
        """End the stroke where it is."""
        self._path, self._pixels = [], None
        self._stroke += 1
        self.bench.redraw()

    def hover(self, at: Float64Array | None) -> None:
        """Show the brush."""
        self._at = at
        self.bench.redraw()

    def key(self, key: int) -> bool:
        """Change the size."""
        if key in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight):
            self.wheel(-1.0 if key == Qt.Key.Key_BracketLeft else 1.0)
            return True
        return False

    def wheel(self, steps: float) -> None:
        """Change the size."""
        self.bench.options.radius.set_value(self.radius * _GROWTH**steps)
        self.bench.redraw()

    def paint(self, painter: QPainter) -> None:
        """Draw the circle."""
        if self._at is None:
            return
        middle = QPointF(*self._at.tolist())
        for pen in (QPen(HALO, 3.5), QPen(DELETING, 1.5)):
            painter.setPen(pen)
            painter.drawEllipse(middle, self.radius, self.radius)

    def _delete(self) -> None:
        """Delete what lies under the part of the path that is new."""
        source = self.bench.source
        if self._pixels is None or source is None or len(source.cloud) != len(self._pixels):
            return
        under = near_path(self._pixels, self._path, self.radius)
        self._path = self._path[-1:]
        under &= source.counted()
        if not under.any():
            return
        total = self._deleted + int(np.count_nonzero(under))

        def delete(document: Document) -> Change:
            change = commands.in_place(document, commands.delete_points, under)
            # The step is the whole stroke, not its last piece.
            return Change(f"Brush: delete {counted(total, 'point')}", change.document)

        if self.bench.change(delete):
            self._deleted = total
        else:
            self.abort()
