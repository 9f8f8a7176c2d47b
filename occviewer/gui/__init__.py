"""The window: Qt and the viewport, imported by nothing but the entry points."""

from occviewer.gui.application import main

__all__ = ["main"]
