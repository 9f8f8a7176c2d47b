"""A picture with something drawn over it, on which a box or strokes can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from occviewer.arrays import UInt8Array

Tool = Literal["", "box", "include", "exclude", "pick"]

_INCLUDE, _EXCLUDE = QColor(40, 200, 110, 130), QColor(240, 60, 60, 130)
_LEAST_BOX = 6.0  # pixels of the screen; a smaller drag is a slip of the hand
_MOST_ZOOM = 12.0

Point = tuple[float, float]


class PictureView(QWidget):
    """Shows a picture as large as there is room, or magnified.

    Places are pixels of the picture, whatever size it is shown in.
    """

    box_drawn = Signal(object)
    """With (left, top, right, bottom)."""
    stroke_moved = Signal(object, float)
    """With the points so far, and the brush's radius."""
    stroke_drawn = Signal(object, float)
    stroke_given_up = Signal()
    picked = Signal(float, float)
    brush_wanted = Signal(float)
    """A key asks for a brush so many times larger."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(180, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._pixels: UInt8Array | None = None
        self._over: UInt8Array | None = None
        self._image, self._overlay = QImage(), QImage()
        self._size: tuple[int, int] = (1, 1)
        self._labels: Sequence[tuple[str, float, float]] = ()
        self._words = ""
        self._box: tuple[float, float, float, float] | None = None
        self._tool: Tool = ""
        self._radius = 12.0
        self._zoom, self._middle = 1.0, QPointF(0.5, 0.5)
        self._pressed: QPointF | None = None
        self._panned: QPointF | None = None
        self._at: QPointF | None = None
        self._stroke: list[QPointF] = []
        self._cached: tuple[object, QPixmap] | None = None

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as a panel, and nearly as tall."""
        return QSize(260, 240)

    def show_picture(
        self, pixels: UInt8Array | None, size: tuple[int, int], words: str = ""
    ) -> None:
        """Show a picture; None for none.

        Parameters
        ----------
        pixels : (H, W, 3 or 4) uint8, optional
        size : (int, int)
            Width and height in the pixels that places are told in.
        words : str
            What stands there while there is no picture.
        """
        if size != self._size:
            self._zoom, self._middle = 1.0, QPointF(0.5, 0.5)
        if pixels is not self._pixels or pixels is None:
            self._pixels, self._image, self._cached = pixels, _qimage(pixels), None
        self._size, self._words = size, words
        self.update()

    def show_overlay(
        self, pixels: UInt8Array | None, labels: Sequence[tuple[str, float, float]] = ()
    ) -> None:
        """Draw something over the picture, with words at places of it; None for nothing."""
        if pixels is not self._over:
            self._over, self._overlay, self._cached = pixels, _qimage(pixels), None
        self._labels = labels
        self.update()

    def show_box(self, box: tuple[float, float, float, float] | None) -> None:
        """Draw a box; None for none."""
        self._box = box
        self.update()

    def set_tool(self, tool: Tool) -> None:
        """Choose what the left button does; nothing with an empty name."""
        self.give_up()
        self._tool = tool
        shapes = {"box": Qt.CursorShape.CrossCursor, "pick": Qt.CursorShape.PointingHandCursor}
        brush = Qt.CursorShape.BlankCursor if tool else Qt.CursorShape.ArrowCursor
        self.setCursor(shapes.get(tool, brush))
        self.update()

    def set_radius(self, radius: float) -> None:
        """Choose the radius of the brush, in pixels of the screen."""
        self._radius = radius
        self.update()

    def give_up(self) -> None:
        """Forget a drag that is not finished."""
        drawing = bool(self._stroke)
        self._pressed, self._panned, self._stroke = None, None, []
        if drawing:
            self.stroke_given_up.emit()
        self.update()

    @property
    def dragging(self) -> bool:
        """Whether something is being drawn."""
        return self._pressed is not None

    def place_of(self, at: QPointF) -> Point:
        """Pixel of the picture at a point of the widget."""
        frame = self._frame()
        return (
            (at.x() - frame.x()) / frame.width() * self._size[0],
            (at.y() - frame.y()) / frame.height() * self._size[1],
        )

    def point_of(self, place: Point) -> QPointF:
        """Point of the widget at a pixel of the picture."""
        frame = self._frame()
        return QPointF(
            frame.x() + place[0] / self._size[0] * frame.width(),
            frame.y() + place[1] / self._size[1] * frame.height(),
        )

    def _frame(self) -> QRectF:
        """Where the picture lies in the widget."""
        width, height = self._size
        scale = self._zoom * min(self.width() / width, self.height() / height)
        wide, tall = max(scale * width, 1.0), max(scale * height, 1.0)
        left, top = (
            _within(span / 2 - middle * side, span, side)
            for span, middle, side in (
                (self.width(), self._middle.x(), wide),
                (self.height(), self._middle.y(), tall),
            )
        )
        return QRectF(left, top, wide, tall)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin a box or a stroke, pick an object, or move a magnified picture."""
        if self._image.isNull():
            return
        if event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
            self._panned = event.position()
        elif event.button() == Qt.MouseButton.LeftButton and self._tool == "pick":
            self.picked.emit(*self.place_of(event.position()))
        elif event.button() == Qt.MouseButton.LeftButton and self._tool:
            self._pressed = self._at = event.position()
            if self._tool != "box":
                self._stroke = [event.position()]
                self._tell(self.stroke_moved)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go on with what was begun."""
        self._at = event.position()
        if self._panned is not None:
            frame, step = self._frame(), event.position() - self._panned
            self._panned = event.position()
            self._move_middle(-step.x() / frame.width(), -step.y() / frame.height())
        elif self._stroke:
            self._stroke.append(event.position())
            self._tell(self.stroke_moved)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End what was begun, and tell what was drawn."""
        if event.button() != Qt.MouseButton.LeftButton:
            self._panned = None
            return
        begun, stroke = self._pressed, self._stroke
        self._pressed, self._stroke = None, []
        if stroke:
            points = [self.place_of(point) for point in stroke]
            self.stroke_drawn.emit(points, self._radius / self._scale())
        elif begun is not None:
            dragged = QRectF(begun, event.position()).normalized() & self._frame()
            if min(dragged.width(), dragged.height()) >= _LEAST_BOX:
                corners = (self.place_of(dragged.topLeft()), self.place_of(dragged.bottomRight()))
                self.box_drawn.emit((*corners[0], *corners[1]))
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Magnify with Ctrl held; otherwise the wheel scrolls the panel."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier or self._image.isNull():
            event.ignore()
            return
        across, down = self.place_of(event.position())
        before = self._zoom
        self._zoom = min(max(before * 1.0015 ** event.angleDelta().y(), 1.0), _MOST_ZOOM)
        kept = 1 - before / self._zoom  # the pixel under the mouse stays there
        self._move_middle(
            (across / self._size[0] - self._middle.x()) * kept,
            (down / self._size[1] - self._middle.y()) * kept,
        )
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Give a drag up with Esc; change the brush with [ and ]; magnify with + and -."""
        match event.key():
            case Qt.Key.Key_Escape if self.dragging:
                self.give_up()
            case Qt.Key.Key_BracketLeft | Qt.Key.Key_BracketRight:
                larger = event.key() == Qt.Key.Key_BracketRight
                self.brush_wanted.emit(1.2 if larger else 1 / 1.2)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal | Qt.Key.Key_Minus:
                factor = 1 / 1.25 if event.key() == Qt.Key.Key_Minus else 1.25
                self._zoom = min(max(self._zoom * factor, 1.0), _MOST_ZOOM)
                self._move_middle(0.0, 0.0)
            case _:
                super().keyPressEvent(event)

    def leaveEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Draw no brush where no mouse is."""
        if not self.dragging:
            self._at = None
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the picture and what is over it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._image.isNull():
            painter.fillRect(self.rect(), self.palette().base())
            painter.setPen(self.palette().color(self.palette().ColorRole.PlaceholderText))
            area = self.rect().adjusted(12, 12, -12, -12)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, int(flags), self._words)
        else:
            self._paint_picture(painter)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight().color(), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_picture(self, painter: QPainter) -> None:
        frame = self._frame()
        if self._zoom > 1:
            # Of a magnified picture only a part is seen: nothing of it is kept.
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            self._compose(painter, frame)
        else:
            painter.drawPixmap(frame.topLeft(), self._composed(frame))
        for words, across, down in self._labels:
            self._paint_label(painter, words, self.point_of((across, down)))
        box = self._box
        if self._tool == "box" and self._pressed is not None and self._at is not None:
            self._paint_box(painter, QRectF(self._pressed, self._at).normalized() & frame)
        elif box is not None:
            corners = self.point_of((box[0], box[1])), self.point_of((box[2], box[3]))
            self._paint_box(painter, QRectF(*corners))
        if self._tool in ("include", "exclude"):
            self._paint_brush(painter)

    def _composed(self, frame: QRectF) -> QPixmap:
        """Picture and overlay in the size in which they are shown, kept until that changes."""
        dense = self.devicePixelRatioF()
        size = QSize(max(1, round(frame.width() * dense)), max(1, round(frame.height() * dense)))
        key = (size, dense)
        if self._cached is None or self._cached[0] != key:
            pixmap = QPixmap(size)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            self._compose(painter, QRectF(pixmap.rect()))
            painter.end()
            pixmap.setDevicePixelRatio(dense)
            self._cached = (key, pixmap)
        return self._cached[1]

    def _compose(self, painter: QPainter, area: QRectF) -> None:
        if self._image.hasAlphaChannel():
            painter.fillRect(area, QColor(255, 255, 255))
            painter.fillRect(area, QBrush(QColor(205, 205, 205), Qt.BrushStyle.Dense4Pattern))
        painter.drawImage(area, self._image)
        if not self._overlay.isNull():
            painter.drawImage(area, self._overlay)

    def _paint_box(self, painter: QPainter, box: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, style in (
            (QColor(0, 0, 0), Qt.PenStyle.SolidLine),
            (QColor(255, 255, 255), Qt.PenStyle.DashLine),
        ):
            painter.setPen(QPen(colour, 1.5, style))
            painter.drawRect(box)

    def _paint_brush(self, painter: QPainter) -> None:
        colour = _INCLUDE if self._tool == "include" else _EXCLUDE
        if self._stroke:
            pen = QPen(colour, 2 * self._radius)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            if len(self._stroke) == 1:
                painter.drawPoint(self._stroke[0])
            painter.drawPolyline(self._stroke)
        if self._at is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for tone, wide in ((QColor(0, 0, 0), 3.0), (colour.lighter(130), 1.5)):
                painter.setPen(QPen(tone, wide))
                painter.drawEllipse(self._at, self._radius, self._radius)

    def _paint_label(self, painter: QPainter, words: str, at: QPointF) -> None:
        disk = QRectF(at.x() - 11, at.y() - 11, 22, 22)
        painter.setPen(QPen(QColor(255, 255, 255), 1.5))
        painter.setBrush(QColor(20, 24, 30))
        painter.drawEllipse(disk)
        painter.drawText(disk, int(Qt.AlignmentFlag.AlignCenter), words)

    def _tell(self, signal: object) -> None:
        points = [self.place_of(point) for point in self._stroke]
        signal.emit(points, self._radius / self._scale())  # type: ignore[attr-defined]

    def _scale(self) -> float:
        """Pixels of the screen for one of the picture."""
        return self._frame().width() / self._size[0]

    def _move_middle(self, across: float, down: float) -> None:
        self._middle = QPointF(
            min(max(self._middle.x() + across, 0.0), 1.0),
            min(max(self._middle.y() + down, 0.0), 1.0),
        )
        self._cached = None
        self.update()


def _within(left: float, span: float, side: float) -> float:
    """Move a side so that it fills a span, or lies in its middle where it is shorter."""
    return (span - side) / 2 if side <= span else min(0.0, max(left, span - side))


def _qimage(pixels: UInt8Array | None) -> QImage:
    """Copy pixels (H, W, 3 or 4) into an image of Qt."""
    if pixels is None:
        return QImage()
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_RGBA8888 if channels == 4 else QImage.Format.Format_RGB888
    return QImage(pixels.tobytes(), width, height, channels * width, kind).copy()
