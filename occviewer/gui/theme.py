"""Colours of the program: Qt's Fusion style, light or dark as the system or the person wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

Theme = Literal["system", "light", "dark"]


@dataclass(frozen=True)
class ViewportColours:
    """Colours (hex) of what the viewport draws, chosen to be told apart on their background."""

    top: str
    bottom: str
    mesh: str
    points: str
    lines: str
    text: str


LIGHT = ViewportColours("#f7f8fa", "#d9dde3", "#c9ccd2", "#d9480f", "#9aa2ad", "#22262b")
DARK = ViewportColours("#3a3f47", "#1b1d21", "#b9bec7", "#ffa94d", "#5c646f", "#e9ecef")

_ACCENT = "#2f7de1"


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Use a theme; ``system`` follows the desktop, also when it changes."""
    application.setStyle("Fusion")
    schemes = {
        "system": Qt.ColorScheme.Unknown,
        "light": Qt.ColorScheme.Light,
        "dark": Qt.ColorScheme.Dark,
    }
    QGuiApplication.styleHints().setColorScheme(schemes[theme])
    palette = application.palette()
    palette.setColor(QPalette.ColorRole.Highlight, QColor(_ACCENT))
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor("white"))
    palette.setColor(QPalette.ColorRole.Accent, QColor(_ACCENT))
    application.setPalette(palette)


def is_dark() -> bool:
    """Whether the interface is dark now."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return window.lightness() < 128
