"""The gizmo: moves, turns and scales the cloud in the model's box; the completion follows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from occviewer.arrays import Float64Array
from occviewer.document import commands
from occviewer.document.source import Source
from occviewer.gui.tools.moving import AXES, Gizmo, moved_placement
from occviewer.gui.tools.overlay import HALO, draw_dot, draw_line
from occviewer.gui.tools.tool import Bench, Modifier, Tool
from occviewer.models.placing import turn
from occviewer.placement import Placement

_COLOURS = {"x": QColor("#e8453c"), "y": QColor("#43a047"), "z": QColor("#3f7fe8")}
_HELD = QColor("#ffc107")
_PLAIN = QColor("#f1f3f5")
_ENOUGH = 500_000  # points
_SQUARE = 6.0
_HEAD = 9.0


class Move(Tool):
    """Drags a cloud by handles; a drag is one step."""

    name = "move"

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._middle: tuple[tuple[object, ...], Float64Array] | None = None
        self._hovered = ""
        self._held: tuple[str, Float64Array, Gizmo, Placement] | None = None
        bench.options.turn_wanted.connect(self._quarter_turn)

    def end(self) -> None:
        """Let go, and forget the cloud."""
        self._held, self._middle, self._hovered = None, None, ""

    def refresh(self) -> None:
        """Draw the handles where the cloud is now."""
        self.bench.redraw()

    def press(self, at: Float64Array, modifiers: Modifier) -> bool:
        """Take hold of a handle."""
        gizmo, placement = self._gizmo(), self.bench.placement
        handle = "" if gizmo is None else gizmo.handle_at(at)
        if not handle or gizmo is None or placement is None:
            return False
        self._held = (handle, at, gizmo, placement)
        return True

    def drag(self, at: Float64Array, modifiers: Modifier) -> None:
        """Move the cloud."""
        if self._held is None:
            return
        handle, start, gizmo, before = self._held
        stepped = bool(modifiers & Modifier.ControlModifier)
        self._put(gizmo.dragged(handle, start, at, before, stepped=stepped), handle)

    def release(self, at: Float64Array, modifiers: Modifier) -> None:
        """Let go."""
        self.abort()

    def abort(self) -> None:
        """Let go."""
        self._held = None
        self.bench.redraw()

    def hover(self, at: Float64Array | None) -> None:
        """Light up the handle that would be taken."""
        gizmo = None if at is None else self._gizmo()
        found = "" if gizmo is None or at is None else gizmo.handle_at(at)
        if found != self._hovered:
            self._hovered = found
            self.bench.redraw()

    def paint(self, painter: QPainter) -> None:
        """Draw the handles, the one that is held in another colour."""
        gizmo = self._gizmo()
        if gizmo is None or not np.isfinite(gizmo.centre).all():
            return
        taken = self._hovered if self._held is None else self._held[0]
        lines = gizmo.lines()
        for axis in AXES:
            for name in (f"turn {axis}", f"move {axis}"):
                colour = _HELD if name == taken else _COLOURS[axis]
                draw_line(painter, lines[name], colour, 2.5 if name == taken else 2.0)
            _draw_head(painter, lines[f"move {axis}"], _HELD if name == taken else _COLOURS[axis])
        handle = gizmo.scale_handle
        draw_line(painter, np.stack([gizmo.centre, handle]), _PLAIN, 1.0, dashed=True)
        painter.setPen(QPen(HALO, 3))
        painter.setBrush(_HELD if taken == "scale" else _PLAIN)
        x, y = handle.tolist()
        painter.drawRect(QRectF(x - _SQUARE, y - _SQUARE, 2 * _SQUARE, 2 * _SQUARE))
        draw_dot(painter, gizmo.centre, 6.0, _HELD if taken == "free" else QColor("#868e96"))

    def _gizmo(self) -> Gizmo | None:
        source, placement = self.bench.source, self.bench.placement
        if source is None or placement is None:
            return None
        key = (source.cloud, source.kept, source.crop, source.crop_axes)
        if self._middle is None or not _same(self._middle[0], key):
            self._middle = (key, _middle(source))
        middle = placement.to_box(self._middle[1][None])[0]
        return Gizmo(self.bench.view(), middle.astype(np.float64))

    def _put(self, placement: Placement, handle: str) -> None:
        titles = {"turn": "Turn cloud", "scale": "Scale cloud"}
        title = titles.get(handle.partition(" ")[0], "Move cloud")
        self.bench.change(lambda document: commands.set_placement(document, placement, title))

    def _quarter_turn(self, axis: int) -> None:
        gizmo, placement = self._gizmo(), self.bench.placement
        if gizmo is not None and placement is not None:
            turned = moved_placement(placement, rotation=turn(axis, 90), about=gizmo.pivot)
            self._put(turned, "turn")


def _middle(source: Source) -> Float64Array:
    """Middle (3,) of the points that count, world units; of millions, of every so many."""
    step = 1 + len(source.cloud) // _ENOUGH
    points = source.cloud.points[::step]
    if source.kept is not None or source.crop is not None:
        counted = points[source.counted()[::step]]
        points = counted if len(counted) else points
    return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2)


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two sources have the same points: crop corners are compared, arrays are kept."""
    return all(a is b or (isinstance(a, tuple) and a == b) for a, b in zip(one, other, strict=True))


def _draw_head(painter: QPainter, line: Float64Array, colour: QColor) -> None:
    """Draw the head of an arrow, if the arrow is long enough to be seen as one."""
    if len(line) < 2:
        return
    way = line[-1] - line[0]
    length = float(np.linalg.norm(way))
    if length < 2 * _HEAD:
        return
    way /= length
    side = np.array([-way[1], way[0]])
    tip, foot = line[-1] + way * _HEAD, line[-1] - way * 2
    corners = [tip, foot + side * _HEAD / 2, foot - side * _HEAD / 2]
    painter.setPen(QPen(HALO, 1))
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(*corner.tolist()) for corner in corners]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
