"""Bars above panels: their buttons are seen, work, and are reached by keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QToolButton

from occviewer.gui.theme import apply_theme

from .test_manners import strongest


def panel(window, title):
    return next(dock for dock in window.findChildren(QDockWidget) if dock.windowTitle() == title)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_buttons_of_panels_are_seen(theme, opened, qapp, qtbot):
    window, _ = opened
    window.resize(1280, 800)
    apply_theme(qapp, theme)
    try:
        dark = theme == "dark"
        qtbot.waitUntil(lambda: (window.palette().window().color().lightness() < 128) == dark)
        ground = window.palette().color(QPalette.ColorRole.Window)
        QApplication.processEvents()
        buttons = [
            button
            for dock in window.findChildren(QDockWidget)
            for button in dock.findChildren(QToolButton)
            if button.isVisible() and "panel" in button.accessibleName()
        ]
        assert len(buttons) >= 8, "two of each panel in front"
        for button in buttons:
            picture = button.icon().pixmap(button.iconSize())
            assert strongest(picture, ground) > 3, button.accessibleName()
    finally:
        apply_theme(qapp, "light")


def test_a_panel_is_taken_out_put_back_and_closed_by_keyboard(opened):
    window, _ = opened
    window.resize(1280, 800)
    dock = panel(window, "History")
    taking, closing = dock.findChildren(QToolButton)[:2]
    assert taking.accessibleName() == "Take out the panel History"
    QTest.keyClick(taking, Qt.Key.Key_Space)
    assert dock.isFloating()
    assert window.history.isVisible()
    assert taking.accessibleName() == "Put back the panel History"
    QTest.keyClick(taking, Qt.Key.Key_Space)
    assert not dock.isFloating()
    QTest.keyClick(closing, Qt.Key.Key_Space)
    assert dock.isHidden()
    dock.toggleViewAction().trigger()
    assert dock.isVisible()


def test_a_double_click_on_the_bar_takes_the_panel_out(opened, qtbot):
    window, _ = opened
    window.resize(1280, 800)
    dock = panel(window, "History")
    bar = dock.titleBarWidget()
    QTest.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=bar.rect().center())
    qtbot.waitUntil(dock.isFloating)
    dock.setFloating(False)
