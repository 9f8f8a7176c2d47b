"""The lasso: an outline drawn by hand; what it goes around is deleted, or collected first."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from occviewer.arrays import BoolArray, Float64Array
from occviewer.document import commands
from occviewer.gui.tools.overlay import ACCENT, DELETING, draw_line
from occviewer.gui.tools.selecting import in_polygon
from occviewer.gui.tools.tool import Bench, Modifier, Tool

_FINEST = 2.0  # pixels between two corners of the outline


class Lasso(Tool):
    """Deletes what is drawn around; with Shift it collects, with Alt or Ctrl it takes out.

    Ctrl does the same as Alt, which some desktops keep for moving windows.
    """

    name, cursor, trims = "lasso", Qt.CursorShape.CrossCursor, True

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._outline: list[Float64Array] = []
        self._how = "delete"
        self._collected: BoolArray | None = None
        options = bench.options
        options.delete_wanted.connect(self._delete_collected)
        options.keep_wanted.connect(self._keep_collected)

    def end(self) -> None:
        """Forget the outline and what was collected."""
        self.abort()
        self._collect(None)

    def refresh(self) -> None:
        """Collect no points that are gone."""
        source = self.bench.source
        if self._collected is None:
            return
        fits = source is not None and len(source.cloud) == len(self._collected)
        self._collect(self._collected & source.counted() if fits and source else None)

    def press(self, at: Float64Array, modifiers: Modifier) -> bool:
        """Begin an outline."""
        self._outline = [at]
        self._how = "delete"
        if modifiers & Modifier.ShiftModifier:
            self._how = "collect"
        elif modifiers & (Modifier.AltModifier | Modifier.ControlModifier):
            self._how = "take out"
        return True

    def drag(self, at: Float64Array, modifiers: Modifier) -> None:
        """Draw on; the points that it would take light up."""
        if not self._outline or np.linalg.norm(at - self._outline[-1]) < _FINEST:
            return
        self._outline.append(at)
        drawn, pixels = self.bench.shown_pixels()
        before = None if self._collected is None else self._collected[drawn]
        self.bench.light_up(_joined(before, in_polygon(pixels, self._outline), self._how))
        self.bench.redraw()

    def release(self, at: Float64Array, modifiers: Modifier) -> None:
        """Take all points inside: also those that are not drawn."""
        self.drag(at, modifiers)
        outline, self._outline = self._outline, []
        self.bench.redraw()
        if len(outline) < 3:
            self.bench.mark(self._collected)
            return
        how = self._how

        def found(inside: BoolArray) -> None:
            source = self.bench.source
            assert source is not None
            joined = _joined(self._collected, inside & source.counted(), how)
            if how != "delete":
                self._collect(joined)
            else:
                self._delete(joined)

        self.bench.select(lambda pixels: in_polygon(pixels, outline), found)

    def abort(self) -> None:
        """Forget the outline."""
        self._outline = []
        self.bench.mark(self._collected)
        self.bench.redraw()

    def key(self, key: int) -> bool:
        """Delete what was collected."""
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._delete_collected()
            return True
        return False

    def paint(self, painter: QPainter) -> None:
        """Draw the outline, and where it would close."""
        if len(self._outline) < 2:
            return
        colour = DELETING if self._how == "delete" else ACCENT
        outline = np.array(self._outline)
        draw_line(painter, outline, colour)
        draw_line(painter, outline[[-1, 0]], colour, 1.0, dashed=True)

    def _delete(self, points: BoolArray) -> None:
        if not points.any():
            self._collect(None)
        elif self.bench.change(
            lambda document: commands.in_place(document, commands.delete_points, points)
        ):
            self._collect(None)
        else:
            self.bench.mark(self._collected)

    def _delete_collected(self) -> None:
        if self._collected is not None:
            self._delete(self._collected)

    def _keep_collected(self) -> None:
        if self._collected is not None:
            self._delete(~self._collected)

    def _collect(self, points: BoolArray | None) -> None:
        self._collected = points if points is not None and points.any() else None
        self.bench.mark(self._collected)
        count = 0 if self._collected is None else int(np.count_nonzero(self._collected))
        self.bench.options.show_collected(count)


def _joined(before: BoolArray | None, inside: BoolArray, how: str) -> BoolArray:
    """Add what was drawn around to what was collected before, or take it out."""
    collected = np.zeros_like(inside) if before is None else before
    return collected & ~inside if how == "take out" else collected | inside
