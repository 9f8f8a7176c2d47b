"""Small windows: preferences, the shortcut sheet, and what this program is."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QSpinBox,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from occviewer import __version__
from occviewer.gui.actions import Actions
from occviewer.gui.buttons import without_icons
from occviewer.gui.canvas import KEYS
from occviewer.gui.panels.choices import choice
from occviewer.gui.preferences import Preferences

_MOUSE = (
    ("Drag", "Turn the view"),
    ("Shift + drag, or middle button", "Move the view"),
    ("Wheel, or right button", "Come nearer or go away"),
    ("Double click on a slider", "Back to its default"),
)


class PreferencesDialog(QDialog):
    """What the program remembers; changes count at once.

    Parameters
    ----------
    preferences : Preferences
    devices : iterable of (str, str)
        Text and name of each device of this machine.
    models : iterable of str
        Names of the models that ship.
    changed : callable
        Called with the name of a preference after it was changed.
    """

    def __init__(
        self,
        preferences: Preferences,
        devices: Iterable[tuple[str, str]],
        models: Iterable[str],
        changed: Callable[[str], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._preferences, self._changed = preferences, changed
        themes = [("As the system", "system"), ("Light", "light"), ("Dark", "dark")]
        self.theme = choice("Theme", themes, "Colours of the interface.", preferences.theme)
        self.device = choice(
            "Device",
            [("Fastest", "auto"), *devices],
            "Where networks compute, from the next start of the program on.",
            preferences.device,
        )
        self.model = choice(
            "Model",
            [(name, name) for name in models],
            "With which a new session begins.",
            preferences.model,
        )
        self.resolution = _number(16, 512, preferences.resolution, "Resolution")
        self.resolution.setToolTip("Cells along the box with which a new session begins.")
        self.threads = _number(0, 256, preferences.threads, "Threads")
        self.threads.setSpecialValueText("as many as there are cores")
        self.threads.setToolTip("Threads of the processor, from the next start of the program on.")
        for widget, name in (
            (self.theme, "theme"),
            (self.device, "device"),
            (self.model, "model"),
        ):
            widget.activated.connect(lambda *_, w=widget, n=name: self._set(n, w.currentData()))
        for spin, name in ((self.resolution, "resolution"), (self.threads, "threads")):
            spin.valueChanged.connect(lambda value, n=name: self._set(n, value))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        without_icons(buttons)
        form = QFormLayout(self)
        form.addRow("&Theme", self.theme)
        form.addRow("&Device", self.device)
        form.addRow("&Model", self.model)
        form.addRow("&Resolution", self.resolution)
        form.addRow("T&hreads", self.threads)
        form.addRow(buttons)

    def _set(self, name: str, value: object) -> None:
        setattr(self._preferences, name, value)
        self._changed(name)


class TextDialog(QDialog):
    """A page to read."""

    def __init__(self, title: str, page: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QTextBrowser(self)
        self.text.setOpenExternalLinks(True)
        self.text.setHtml(page)
        self.text.setAccessibleName(title)
        self.text.setToolTip("To read; text can be marked and copied.")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        without_icons(buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
        self.resize(540, min(_height(page) + 90, 600))


def _height(page: str) -> int:
    """Height of a page (HTML) that is so wide as a dialog shows it."""
    document = QTextDocument()
    document.setHtml(page)
    document.setTextWidth(500)
    return round(document.size().height())


def shortcut_page(actions: Actions) -> str:
    """List all keys, by the menus in which their actions stand (HTML)."""
    native = QKeySequence.SequenceFormat.NativeText
    parts: dict[str, list[str]] = {}
    for spec, action in actions:
        keys = [key.toString(native) for key in action.shortcuts()]
        if keys:
            title = spec.menu.replace("&", "").replace("/", " › ")
            row = f"<tr><td><b>{html.escape(' or '.join(keys))}</b>&nbsp;&nbsp;</td>"
            parts.setdefault(title, []).append(f"{row}<td>{html.escape(spec.tip)}</td></tr>")
    parts["In the 3D view"] = _rows(KEYS)
    parts["Mouse"] = _rows(_MOUSE)
    return "".join(f"<h3>{t}</h3><table>{''.join(rows)}</table>" for t, rows in parts.items())


def _rows(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"<tr><td><b>{a}</b>&nbsp;&nbsp;</td><td>{b}</td></tr>" for a, b in pairs]


def about_page() -> str:
    """Say what this program is (HTML)."""
    return (
        f"<h2>OccViewer {html.escape(__version__)}</h2>"
        "<p>Completes partial scans with occupancy networks.</p>"
        "<p>MIT licence. Built on Qt for Python (LGPL), VTK and PyVista, PyTorch, NumPy and "
        "PyMCubes. The samples and the data of the models keep the licences of their creators: "
        "see the samples' README and each model's card.</p>"
    )


def _number(low: int, high: int, value: int, name: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setAccessibleName(name)
    spin.setRange(low, high)
    spin.setValue(value)
    spin.setKeyboardTracking(False)
    return spin
