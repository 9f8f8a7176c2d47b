"""What all tools have in common, and what they work with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from occviewer.arrays import BoolArray, Float32Array, Float64Array, IntArray
from occviewer.gui.tools.projecting import View
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.document.commands import Change
    from occviewer.document.source import Source
    from occviewer.document.state import Document
    from occviewer.gui.panels.tool_options import ToolOptions

Modifier = Qt.KeyboardModifier
_Found = TypeVar("_Found")


class Bench(Protocol):
    """What a tool works with; `ToolControl` is one."""

    @property
    def source(self) -> Source | None:
        """The document's source."""

    @property
    def placement(self) -> Placement | None:
        """Where the cloud is shown; None while it is not."""

    @property
    def options(self) -> ToolOptions:
        """The strip in the source panel."""

    def view(self) -> View:
        """Tell what the camera sees now."""

    def change(self, command: Callable[[Document], Change]) -> bool:
        """Do a command; between a press and its release all are one step."""

    @property
    def is_quick(self) -> bool:
        """Whether all points can be looked through while the window waits."""

    def pixels(self) -> Float32Array:
        """Find the pixels (N, 2) of all points of the cloud, which must be few."""

    def select(
        self, choose: Callable[[Float32Array], BoolArray], then: Callable[[BoolArray], None]
    ) -> None:
        """Choose points by their pixels (N, 2): `then` gets the mask, of millions later."""

    def reckon(self, work: Callable[[], _Found], then: Callable[[_Found], None]) -> None:
        """Do something with all points; with millions of them later, in the compute thread."""

    def shown_pixels(self) -> tuple[IntArray, Float32Array]:
        """Give indices (K,) of the points that are drawn, and their pixels (K, 2)."""

    def light_up(self, drawn: BoolArray) -> None:
        """Draw some of the points that are drawn (K,) in another colour, until `mark`."""

    def mark(self, marked: BoolArray | None) -> None:
        """Draw points of the cloud (N,) bool in another colour."""

    def redraw(self) -> None:
        """Draw the overlay again."""


class Tool:
    """One way to use the left mouse button in the 3D view."""

    name = ""
    cursor = Qt.CursorShape.ArrowCursor
    trims = False
    """Whether it is used on the points, so that they should be seen through the mesh."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def begin(self) -> None:
        """Take the tool up."""

    def end(self) -> None:
        """Lay the tool aside; nothing of it may remain."""

    def refresh(self) -> None:
        """Follow the document, whatever changed it."""

    def press(self, at: Float64Array, modifiers: Modifier) -> bool:
        """Begin a drag at a pixel (2,); False where the camera may have the mouse."""
        return False

    def drag(self, at: Float64Array, modifiers: Modifier) -> None:
        """Go on with it."""

    def release(self, at: Float64Array, modifiers: Modifier) -> None:
        """End it."""

    def abort(self) -> None:
        """Give the drag up."""

    def hover(self, at: Float64Array | None) -> None:
        """Follow the mouse without a button; None when it leaves."""

    def key(self, key: int) -> bool:
        """Take a key; whether it was one of the tool's."""
        return False

    def wheel(self, steps: float) -> None:
        """Follow the wheel, turned with Ctrl held."""

    def paint(self, painter: QPainter) -> None:
        """Draw on the overlay."""


def pixel(x: float, y: float) -> Float64Array:
    """Place (2,) on the screen."""
    return np.array([x, y], np.float64)
