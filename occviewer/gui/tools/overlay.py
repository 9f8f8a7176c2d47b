"""A transparent sheet over the 3D view on which tools draw; the view need not be drawn for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from occviewer.arrays import Float64Array

HALO = QColor(0, 0, 0, 130)
DELETING = QColor("#e03131")
ACCENT = QColor("#2f7de1")

_DASH = 7.0  # pixels


class Overlay(QWidget):
    """Draws what a tool says, above its parent; the mouse does not notice it.

    Parameters
    ----------
    parent : QWidget
        The 3D view.
    paint : callable
        Called with the painter to draw.
    """

    def __init__(self, parent: QWidget, paint: Callable[[QPainter], None]) -> None:
        super().__init__(parent)
        self._under, self._paint = parent, paint
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def cover(self) -> None:
        """Lie over all of the parent."""
        self.setGeometry(self._under.rect())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Let the tool draw."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint(painter)
        painter.end()


def draw_line(
    painter: QPainter,
    points: Float64Array,
    colour: QColor,
    width: float = 2.0,
    *,
    dashed: bool = False,
) -> None:
    """Draw a line through pixels (K, 2), with a dark rim so that it is seen on everything."""
    if len(points) < 2:
        return
    line = QPolygonF([QPointF(x, y) for x, y in points.tolist()])
    for pen in (QPen(HALO, width + 2), QPen(colour, width)):
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if dashed:
            pen.setDashPattern([_DASH / pen.widthF()] * 2)
        painter.setPen(pen)
        painter.drawPolyline(line)


def draw_dot(painter: QPainter, at: Float64Array, radius: float, colour: QColor) -> None:
    """Draw a filled dot with a white rim around a pixel (2,)."""
    if not np.isfinite(at).all():
        return
    painter.setPen(QPen(HALO, 3.5))
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(*at.tolist()), radius, radius)
    painter.setPen(QPen(QColor("white"), 1.5))
    painter.drawEllipse(QPointF(*at.tolist()), radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
