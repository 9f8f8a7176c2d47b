"""What is shown before there is a shape: samples to begin with, or a file of one's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from occviewer import assets
from occviewer.gui.panels.choices import choice, show_choices
from occviewer.models.shipped import shipped_models

_PATH = Qt.ItemDataRole.UserRole
_ICON = QSize(144, 120)


@dataclass(frozen=True)
class Sample:
    """A sample that ships with the program.

    Attributes
    ----------
    title : str
    path : Path
        The scan or the picture.
    about : str
        What it shows, and whose it is.
    icon : Path
        A picture of it.
    """

    title: str
    path: Path
    about: str
    icon: Path


def samples() -> list[Sample]:
    """List the samples that ship with the program: scans, and pictures."""
    return [*scans(), *pictures()]


def scans() -> list[Sample]:
    """List the sample scans."""
    folder = assets.resources() / "samples"
    return [_scan(folder, entry) for entry in _listed(folder / "samples.json")]


def pictures() -> list[Sample]:
    """List the sample pictures."""
    folder = assets.resources() / "samples"
    return [_picture(folder, entry) for entry in _listed(folder / "photographs.json")]


def _listed(path: Path) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def _scan(folder: Path, entry: dict[str, str]) -> Sample:
    path = folder / entry["scan"]
    about = f"{entry['shows']} ({entry['format']}, {entry['units']}). {_whose(entry)}"
    return Sample(entry["title"], path, about, path.parent / "pictures" / f"{path.stem}.png")


def _picture(folder: Path, entry: dict[str, str]) -> Sample:
    path = folder / entry["picture"]
    about = f"{entry['title']}: one picture, of which the model makes a shape. {_whose(entry)}"
    return Sample(f"Picture: {entry['name']}", path, about, path)


def _whose(entry: dict[str, str]) -> str:
    return f"{entry['creator']}, {entry['licence']}"


class Gallery(QWidget):
    """Pictures of the sample scans and pictures; one click opens one."""

    chosen = Signal(Path)
    open_wanted = Signal()
    model_chosen = Signal(str)
    """A shipped name, or a path."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Begin with a scan or a picture", self)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        title.setFont(font)
        hint = QLabel("Drop a scan or a picture anywhere, open a file, or try a sample:", self)
        open_button = QPushButton("Open file…", self)
        open_button.setToolTip("Read a scan, a model or a session of your own")
        open_button.clicked.connect(self.open_wanted)
        self.models = choice("Model", [], "The network that completes what is opened.")
        self.models.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.models.activated.connect(lambda *_: self.model_chosen.emit(self.models.currentData()))
        self.show_models([(name, name) for name in shipped_models()], "")
        model = QLabel("&Model", self)
        model.setBuddy(self.models)
        row = QHBoxLayout()
        row.addWidget(open_button)
        row.addSpacing(16)
        row.addWidget(model)
        row.addWidget(self.models)
        row.addStretch(1)
        self.list = QListWidget(self)
        self.list.setViewMode(QListWidget.ViewMode.IconMode)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setMovement(QListWidget.Movement.Static)
        self.list.setIconSize(_ICON)
        self.list.setGridSize(QSize(_ICON.width() + 6, _ICON.height() + 34))
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setAccessibleName("Samples")
        self.list.setToolTip("Click a sample to complete it.")
        for sample in samples():
            item = QListWidgetItem(QIcon(QPixmap(str(sample.icon))), sample.title, self.list)
            item.setToolTip(sample.about)
            item.setData(_PATH, sample.path)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 24, 32, 24)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(hint)
        layout.addLayout(row)
        layout.addWidget(self.list, 1)

    def show_models(self, models: Sequence[tuple[str, str]], current: str) -> None:
        """List models as (text, name or path), with the one in use chosen."""
        show_choices(self.models, models, current)

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_PATH))
