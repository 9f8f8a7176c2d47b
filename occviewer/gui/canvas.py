"""What the 3D view is drawn on: the interactor without its own ideas of keys and files."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from pyvistaqt import QtInteractor

from occviewer.gui.dropping import dropped_files, welcome_files

KEYS = (
    ("Arrows", "Turn the view"),
    ("Shift+arrows", "Move the view"),
    ("+ or −", "Go nearer or farther"),
)
"""What the keys do that count in the 3D view only, for the page of shortcuts."""

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_NEARER = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}


class Canvas(QtInteractor):
    """The interactor without its own idea of dropped files (it would load anything)."""

    dropped = Signal(list)
    turned = Signal(int, int)
    """By arrow keys: steps to the right and up."""
    moved = Signal(int, int)
    """The same with Shift."""
    zoomed = Signal(int)
    """By + and −: steps nearer."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        welcome_files(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell which files."""
        if files := dropped_files(event):
            self.dropped.emit(files)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Tell what the keys say about the camera."""
        key = Qt.Key(event.key())
        if key in _ARROWS:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.moved if shift else self.turned).emit(*_ARROWS[key])
        elif key in _NEARER:
            self.zoomed.emit(_NEARER[key])
        else:
            super().keyPressEvent(event)  # type: ignore[no-untyped-call]

    def take_keys_away(self) -> None:
        """Take away the keys of VTK, of which one closes the view without asking."""
        self.iren.interactor.RemoveObservers("CharEvent")
        self.reset_key_events()
        self.iren.interactor.RemoveObservers("KeyPressEvent")
