"""Every control says what it is, can be reached by keyboard, and shows all of its text."""

import subprocess
import sys

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QScrollBar,
    QStyle,
    QTabBar,
    QTextEdit,
    QToolBar,
)

from occviewer import assets
from occviewer.gui.theme import apply_theme

from .tours import LONG, at_rest

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit,
    QTextEdit,
)  # fmt: skip


def is_part_of_another(widget):
    """Whether Qt made it as a part of a control, a title bar or a bar of actions."""
    name = widget.objectName()
    if name.startswith("qt_") or isinstance(widget, QScrollBar):
        return True
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QDialog):
        if isinstance(parent, (QComboBox, QAbstractSpinBox, QTabBar, QToolBar)):
            return True
        parent = parent.parentWidget()
    return False


def controls(place):
    found = [w for kind in CONTROLS for w in place.findChildren(kind)]
    found = [w for w in dict.fromkeys(found) if not is_part_of_another(w)]
    return [w for w in found if w.isVisibleTo(place) or not isinstance(place, QDialog)]


def described(widget):
    text = widget.text() if hasattr(widget, "text") and callable(widget.text) else ""
    return f"{type(widget).__name__} {widget.accessibleName() or text!r} in {widget.parent()}"


def bad_manners(place):
    """What is wrong with the controls of a window, in words."""
    wrong = []
    for widget in controls(place):
        in_box = isinstance(widget.parentWidget(), QDialogButtonBox)
        if not widget.toolTip() and not in_box:
            wrong.append(f"no tooltip: {described(widget)}")
        named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
        if not named:
            wrong.append(f"no accessible name: {described(widget)}")
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            wrong.append(f"not reached by keyboard: {described(widget)}")
    return wrong


def clipped(place):
    """Labels and buttons that are smaller than their text."""
    wrong = []
    for widget in [*place.findChildren(QLabel), *place.findChildren(QAbstractButton)]:
        if not widget.isVisible() or not widget.text() or is_part_of_another(widget):
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            needed = widget.heightForWidth(widget.width())
            is_clipped = widget.height() < needed
        else:
            is_clipped = widget.width() < widget.sizeHint().width()
        if is_clipped:
            wrong.append(f"{described(widget)}: {widget.size()} for {widget.sizeHint()}")
    return wrong


def raise_docks(window):
    """Show the panels one after another; those behind tabs have no size before."""
    for dock in window.findChildren(QDockWidget):
        dock.raise_()
        QApplication.processEvents()
        yield dock


@pytest.fixture
def chair(opened, qtbot):
    window, controller = opened
    window.resize(1280, 800)
    controller.import_file(assets.resources() / "samples" / "chair_scan.ply")
    qtbot.waitUntil(lambda: controller.display.result is not None, timeout=LONG)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    return window, controller


def dialogs(controller):
    """Open each dialog; the one before is closed."""
    openers = (
        controller.exports.open_mesh,
        controller.exports.open_picture,
        controller._show_preferences,
        controller._show_shortcuts,
        controller._show_about,
        controller.window.find_action,
    )
    for opener in openers:
        opener()
        QApplication.processEvents()
        dialog = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog), opener
        yield dialog
        dialog.reject()
        QApplication.processEvents()


def test_every_control_has_manners(chair):
    window, controller = chair
    messages = window.messages
    messages.show_message("error", "Something is wrong; do something else.", "details")
    messages.ask("Do you want this?", {"Yes": lambda: None})
    wrong = bad_manners(window)
    for dialog in dialogs(controller):
        wrong += bad_manners(dialog)
    assert not wrong, "\n".join(wrong)


def test_every_action_of_the_toolbar_has_a_tip_and_a_text(opened):
    window, _ = opened
    for bar in window.findChildren(QToolBar):
        for action in bar.actions():
            assert action.isSeparator() or (action.toolTip() and action.iconText())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_text_is_clipped(theme, chair, qapp):
    window, controller = chair
    apply_theme(qapp, theme)
    try:
        window.messages.show_message("warning", "A long sentence that says what to do. " * 5)
        window.show_progress("Writing chair_scan.glb, about 25 s left", 0.4)
        for dock in raise_docks(window):
            assert clipped(window) == [], dock.windowTitle()
        for dialog in dialogs(controller):
            assert clipped(dialog) == [], dialog.windowTitle()
    finally:
        apply_theme(qapp, "light")


def test_buttons_of_dialogs_have_words_and_no_icons_of_the_style(chair):
    """Fusion's are dark in a dark window."""
    _, controller = chair
    seen = 0
    for dialog in dialogs(controller):
        for foot in dialog.findChildren(QDialogButtonBox):
            for button in foot.buttons():
                assert button.text()
                assert button.icon().isNull(), (dialog.windowTitle(), button.text())
                seen += 1
    assert seen >= 5


def contrast(one, other):
    """Contrast of two colours as the Web Content Accessibility Guidelines measure it, from 1."""

    def luminance(colour):
        parts = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (colour.redF(), colour.greenF(), colour.blueF())
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def strongest(picture, ground):
    """The highest contrast that a picture of a control has with what lies around it."""
    image = picture.toImage()
    colours = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(contrast(colour, ground) for colour in colours if colour.alpha() > 200)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_empty_box_is_seen(theme, chair, qapp, qtbot):
    """3 to 1 is what the guidelines ask of controls."""
    window, _ = chair
    apply_theme(qapp, theme)
    try:
        dark = theme == "dark"
        qtbot.waitUntil(lambda: (window.palette().window().color().lightness() < 128) == dark)
        ground = window.palette().color(QPalette.ColorRole.Window)
        box = window.extraction.largest
        assert not box.isChecked()
        side = box.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth)
        middle = QRect(2, (box.height() - side) // 2, side - 2, side)
        assert strongest(box.grab(middle), ground) > (3 if dark else 1.5)
    finally:
        apply_theme(qapp, "light")


@pytest.mark.qt_keeps
def test_tab_goes_through_the_panels(opened):
    """By the chain that Tab follows: a bare X server has no window manager to give focus."""
    window, _ = opened
    chain, widget = [], window.extraction.resolution
    while widget not in chain:
        chain.append(widget)
        widget = widget.nextInFocusChain()
    missing = [described(w) for w in controls(window) if w not in chain]
    assert not missing


def test_what_takes_long_to_import_is_not_imported_before_the_window_is_there(tmp_path):
    code = f"""
import os, sys
from pathlib import Path
from PySide6.QtCore import QSettings
from occviewer.gui.application import open_window, prepare_application
from occviewer.gui.preferences import Preferences
prepare_application()
settings = QSettings({str(tmp_path / "p.ini")!r}, QSettings.Format.IniFormat)
window, controller = open_window(Preferences(settings), Path({str(tmp_path)!r}))
window.show()
print([m for m in ("torch", "scipy", "trimesh", "matplotlib.figure") if m in sys.modules])
sys.stdout.flush()
os._exit(0)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = "['torch']" if sys.platform == "win32" else "[]"
    assert found.stdout.strip() == expected


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process")
@pytest.mark.parametrize(
    ("module", "loader", "library"),
    [
        ("torch", "load_torch_library", "libtorch_python"),
        ("cv2", "load_opencv_library", "cv2.abi3"),
    ],
)
def test_the_largest_library_is_there_before_the_import_that_would_hold_the_window(
    module, loader, library
):
    code = (
        f"import sys; from occviewer.gui.deferred import {loader} as load; load(); "
        f"print({module!r} in sys.modules, {library!r} in open('/proc/self/maps').read())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True"]
