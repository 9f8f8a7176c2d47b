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
_DARK = 128  # of 255: the lightness below which a window is dark
_BOXES = {
    QPalette.ColorGroup.Active: "#868b93",
    QPalette.ColorGroup.Inactive: "#868b93",
    QPalette.ColorGroup.Disabled: "#4d5158",
}


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Use a theme; ``system`` follows the desktop, also when it changes."""
    application.setStyle("Fusion")
    hints = QGuiApplication.styleHints()
    wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(theme)
    hints.setColorScheme(wanted or Qt.ColorScheme.Unknown)
    palette = QPalette(application.style().standardPalette())
    # Desktops without a colour scheme of their own ignore the wish.
    if wanted is not None and hints.colorScheme() != wanted and theme == "dark":
        palette = _dark_palette()
    palette.setColor(QPalette.ColorRole.Highlight, QColor(_ACCENT))
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor("white"))
    palette.setColor(QPalette.ColorRole.Accent, QColor(_ACCENT))
    application.setPalette(palette)
    boxes = QPalette(palette)
    if palette.color(QPalette.ColorRole.Window).lightness() < _DARK:
        # Fusion draws outlines darker than the window: an empty box would hardly be seen.
        for group, colour in _BOXES.items():
            boxes.setColor(group, QPalette.ColorRole.Base, QColor(colour))
    application.setPalette(boxes, "QCheckBox")  # type: ignore[arg-type]  # stubs want bytes


def _dark_palette() -> QPalette:
    """Make the colours of Fusion for a dark interface."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette(QColor("#484c53"), QColor("#35383d"))
    text = QColor("#eceef1")
    for name in (role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText):
        palette.setColor(name, text)
        palette.setColor(group.Disabled, name, QColor("#878c94"))
    palette.setColor(role.Base, QColor("#1c1e21"))
    palette.setColor(role.AlternateBase, QColor("#25272b"))
    palette.setColor(role.ToolTipBase, QColor("#3a3d42"))
    palette.setColor(role.PlaceholderText, QColor("#8b9099"))
    palette.setColor(role.Link, QColor("#6ea8fe"))
    return palette


def is_dark() -> bool:
    """Whether the interface is dark now."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return window.lightness() < _DARK
