"""The window: Qt and the viewport, imported by nothing but the entry points."""

from occviewer.gui.deferred import import_later

# PyVista imports it for charts and colour maps, and it takes longer than PyVista itself.
import_later("matplotlib.pyplot")

from occviewer.gui.application import main  # noqa: E402 - after what it must not wait for

__all__ = ["main"]
