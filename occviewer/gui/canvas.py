"""What the 3D view is drawn on: the interactor without its own ideas of keys and files."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from pyvistaqt import QtInteractor

from occviewer.gui.dropping import dropped_files, welcome_files


class Canvas(QtInteractor):
    """The interactor without its own idea of dropped files (it would load anything)."""

    dropped = Signal(list)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        welcome_files(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell which files."""
        if files := dropped_files(event):
            self.dropped.emit(files)

    def take_keys_away(self) -> None:
        """Take away the keys of VTK, of which one closes the view without asking."""
        self.iren.interactor.RemoveObservers("CharEvent")
        self.reset_key_events()
        self.iren.interactor.RemoveObservers("KeyPressEvent")
