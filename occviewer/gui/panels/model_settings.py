"""What the file of a published network does not say, and fields to change it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from occviewer.models.file_settings import InForce, Origin

_ORIGINS: dict[Origin, str] = {
    "default": "published default of this family",
    "files": "told by the file",
    "set": "changed by you",
}
_YES = ("no", "yes")


class ModelSettings(QGroupBox):
    """A row for each setting: its value, where it comes from, and what it means.

    Attributes
    ----------
    fields : dict of str to QWidget
        Line edits and combo boxes by the names of the settings.
    """

    changed = Signal(str, object)
    """Name and value of a setting; None brings the default back."""
    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Conventions of the network", parent)
        self.fields: dict[str, QLineEdit | QComboBox] = {}
        self._shown: tuple[InForce, ...] = ()
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self._form = QFormLayout()
        self.reset = QPushButton("Published &defaults", self)
        self.reset.setToolTip("Take back everything that was changed here.")
        self.reset.clicked.connect(self.reset_wanted)
        layout = QVBoxLayout(self)
        layout.addWidget(self.about)
        layout.addLayout(self._form)
        layout.addWidget(self.reset)
        self.hide()

    def show_settings(self, settings: Sequence[InForce]) -> None:
        """Show what is in force; hidden where nothing can be set."""
        settings = tuple(settings)
        self.setVisible(bool(settings))
        names = [setting.name for setting in settings]
        if names != [setting.name for setting in self._shown]:
            self._make_rows(settings)
        self._shown = settings
        for setting in settings:
            self._show(setting)
        origins = {setting.origin for setting in settings}
        self.reset.setEnabled("set" in origins)
        self.about.setText(
            "What the file does not say is as this family published it"
            + ("; bold is what you changed." if "set" in origins else ".")
        )

    def _make_rows(self, settings: Sequence[InForce]) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields = {}
        for setting in settings:
            field = _field(setting)
            name = setting.name.replace("_", " ")
            field.setAccessibleName(f"{name} of the network")
            if isinstance(field, QComboBox):
                field.activated.connect(lambda *_, key=setting.name: self._chosen(key))
            else:
                field.editingFinished.connect(lambda key=setting.name: self._chosen(key))
            self._form.addRow(name[:1].upper() + name[1:], field)
            self.fields[setting.name] = field

    def _show(self, setting: InForce) -> None:
        field = self.fields[setting.name]
        with QSignalBlocker(field):
            if isinstance(field, QComboBox):
                field.setCurrentText(_text(setting.value))
            else:
                field.setText(_text(setting.value))
        origin = _ORIGINS[setting.origin]
        field.setToolTip(f"{setting.meaning[:1].upper()}{setting.meaning[1:]} ({origin}).")
        field.setAccessibleDescription(origin)
        label = self._form.labelForField(field)
        if isinstance(label, QLabel):
            font = label.font()
            font.setBold(setting.origin == "set")
            label.setFont(font)
            label.setToolTip(field.toolTip())

    def _chosen(self, name: str) -> None:
        field = self.fields[name]
        setting = next(each for each in self._shown if each.name == name)
        text = field.currentText() if isinstance(field, QComboBox) else field.text().strip()
        if text == _text(setting.value):
            return
        self.changed.emit(name, _value(text, setting) if text else None)


def _field(setting: InForce) -> QLineEdit | QComboBox:
    choices = _YES if isinstance(setting.value, bool) else setting.choices
    if not choices:
        return QLineEdit()
    box = QComboBox()
    box.addItems(list(choices))
    return box


def _text(value: Any) -> str:  # noqa: ANN401 - of any type
    if isinstance(value, bool):
        return _YES[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(text: str, setting: InForce) -> Any:  # noqa: ANN401 - of any type
    if isinstance(setting.value, bool):
        return text == _YES[1]
    if setting.choices:
        return text
    try:
        value = json.loads(text.replace(",", "."))
    except ValueError:
        return text
    return value if isinstance(value, int | float) else text
