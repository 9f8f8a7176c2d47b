"""The pad that blends four shapes: a square with a shape at each corner."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from occviewer.gui.panels.blend_corner import BlendCorner
from occviewer.gui.panels.blend_square import BlendSquare
from occviewer.gui.panels.shelf import ShelfItem

PLACES = ("bottom left", "bottom right", "top left", "top right")
_HINT = "Put shapes of the shelf at the corners, by a drag or a click; the handle blends them."


class BlendPad(QWidget):
    """Blends the shapes at its corners where the handle stands.

    Attributes
    ----------
    square : BlendSquare
    corners : tuple of BlendCorner
        At the bottom left, bottom right, top left and top right.
    """

    moved = Signal(float, float)
    """To the right and upwards, 0 … 1."""
    grabbed = Signal()
    released = Signal()
    corner_chosen = Signal(int, str)
    """With a corner and the key of a shape of the shelf."""
    corner_emptied = Signal(int)
    current_wanted = Signal(int)
    """The shape at hand is to stand at a corner."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.square = BlendSquare(self)
        self.square.moved.connect(self.moved)
        self.square.grabbed.connect(self.grabbed)
        self.square.released.connect(self.released)
        self.corners = tuple(BlendCorner(place, self) for place in PLACES)
        for number, corner in enumerate(self.corners):
            corner.chosen.connect(partial(self.corner_chosen.emit, number))
            corner.emptied.connect(partial(self.corner_emptied.emit, number))
            corner.current_wanted.connect(partial(self.current_wanted.emit, number))
        self.hint = QLabel(_HINT, self)
        self.hint.setWordWrap(True)
        grid = QGridLayout()
        grid.setSpacing(4)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        grid.addWidget(self.corners[2], 0, 0, left)
        grid.addWidget(self.corners[3], 0, 1, right)
        grid.addWidget(self.square, 1, 0, 1, 2)
        grid.addWidget(self.corners[0], 2, 0, left)
        grid.addWidget(self.corners[1], 2, 1, right)
        layout = QVBoxLayout(self)
        layout.addLayout(grid)
        layout.addWidget(self.hint)
        layout.addStretch(1)
        # By the keyboard in the order in which one reads.
        order = (*self.corners[2:], self.square, *self.corners[:2])
        for first, second in zip(order, order[1:], strict=False):
            QWidget.setTabOrder(first, second)

    def show_corners(
        self, items: Sequence[ShelfItem | None], shelf: Sequence[ShelfItem], has_shape: bool
    ) -> None:
        """Show which shapes stand at the corners, and what may be put there."""
        for corner, item in zip(self.corners, items, strict=True):
            corner.show_item(item)
            corner.offer(shelf, has_shape)
        blends = any(item is not None and item.usable for item in items)
        self.square.setEnabled(blends)
        self.hint.setVisible(not blends)

    def show_position(self, u: float, v: float) -> None:
        """Put the handle somewhere without telling anybody."""
        self.square.show_position(u, v)
