"""What the 3D view is drawn on: the interactor without its own ideas of keys and files."""

from __future__ import annotations

import time

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


_SLOW = 0.006  # seconds of a drawing: on a graphics card it takes one or two thousandths
_WATCHED = 3  # drawings: the first ones of a kind take longer


class Canvas(QtInteractor):
    """The interactor without its own idea of dropped files (it would load anything)."""

    dropped = Signal(list)
    turned = Signal(int, int)
    """By arrow keys: steps to the right and up."""
    moved = Signal(int, int)
    """The same with Shift."""
    zoomed = Signal(int)
    """By + and −: steps nearer."""

    in_motion = False
    """Whether what is drawn now is one of many, and drawing takes long."""

    _samples = 0
    _seconds: tuple[float, ...] = ()  # of the last drawings with all samples

    def draw_moving(self, moving: bool) -> None:
        """Draw with a single sample a pixel while the shape moves, where more take long.

        Without a graphics card four samples take three times as long as one, and Python's
        lock is held meanwhile, so that the next update waits.
        """
        window = self.render_window
        samples = window.GetMultiSamples()
        self._samples = max(samples, self._samples)
        self.in_motion = moving and self.is_slow
        wanted = 0 if self.in_motion else self._samples
        if wanted != samples:
            window.SetMultiSamples(wanted)

    @property
    def is_slow(self) -> bool:
        """Whether drawing with all samples takes long on this machine."""
        return len(self._seconds) == _WATCHED and min(self._seconds) > _SLOW

    def paintGL(self) -> None:  # noqa: N802 - Qt's name
        """Draw, and note how long it takes."""
        began = time.perf_counter()
        super().paintGL()  # type: ignore[no-untyped-call]
        if self.render_window is not None and self.render_window.GetMultiSamples():
            taken = time.perf_counter() - began
            self._seconds = (*self._seconds, taken)[-_WATCHED:]

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
