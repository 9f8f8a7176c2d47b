"""The brush: points under it are deleted while it is drawn over them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from occviewer.arrays import BoolArray, Float32Array, Float64Array
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
        self._at, self._path, self._deleted = at, [at], 0
        # The camera stands still during a stroke, so they hold for all of it.
        self._pixels = self.bench.pixels() if self.bench.is_quick else None
        self._follow()
        return True

    def drag(self, at: Float64Array, modifiers: Modifier) -> None:
        """Draw on."""
        self._at = at
        if self._path:
            self._path.append(at)
            self._follow()

    def release(self, at: Float64Array, modifiers: Modifier) -> None:
        """End the stroke; of millions of points those under it are deleted when found."""
        self.drag(at, modifiers)
        path, radius = self._path, self.radius
        if self._pixels is None and path:
            self.bench.select(lambda pixels: near_path(pixels, path, radius), self._delete)
        self.abort()

    def abort(self) -> None:
        """End the stroke where it is."""
        self._path, self._pixels = [], None
        self.bench.mark(None)
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

    def _follow(self) -> None:
        """Delete what lies under the new part of the path, or show what will be deleted."""
        if self._pixels is None:
            _, pixels = self.bench.shown_pixels()
            self.bench.light_up(near_path(pixels, self._path, self.radius))
        else:
            under = near_path(self._pixels, self._path, self.radius)
            self._path = self._path[-1:]
            self._delete(under)
        self.bench.redraw()

    def _delete(self, under: BoolArray) -> None:
        source = self.bench.source
        assert source is not None
        under = under & source.counted()
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
