"""What the program remembers between two starts."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from occviewer.gui.theme import Theme

_MOST_RECENT = 10


class Preferences:
    """Settings of the person, kept where the system keeps such things.

    Parameters
    ----------
    settings : QSettings, optional
        Where they are kept; the program's own by default.
    """

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings("OccViewer", "OccViewer")

    @property
    def theme(self) -> Theme:
        """``system``, ``light`` or ``dark``."""
        theme = str(self._settings.value("theme", "system"))
        return theme if theme in ("light", "dark") else "system"  # type: ignore[return-value]

    @theme.setter
    def theme(self, theme: Theme) -> None:
        self._settings.setValue("theme", theme)

    @property
    def device(self) -> str:
        """Where networks compute: ``auto``, ``cpu``, ``cuda`` or ``mps``."""
        return str(self._settings.value("device", "auto"))

    @device.setter
    def device(self, device: str) -> None:
        self._settings.setValue("device", device)

    @property
    def resolution(self) -> int:
        """Cells a side with which a new session begins, 16 to 512."""
        return self._whole("resolution", 128, 16, 512)

    @resolution.setter
    def resolution(self, cells: int) -> None:
        self._settings.setValue("resolution", cells)

    @property
    def threads(self) -> int:
        """Threads of the processor that compute; 0 for as many as there are cores."""
        return self._whole("threads", 0, 0, 256)

    @threads.setter
    def threads(self, threads: int) -> None:
        self._settings.setValue("threads", threads)

    @property
    def model(self) -> str:
        """Name of the shipped model with which a new session begins."""
        return str(self._settings.value("model", "furniture"))

    @model.setter
    def model(self, name: str) -> None:
        self._settings.setValue("model", name)

    @property
    def window_layout(self) -> bytes:
        """Where the panels stood; empty at the first start."""
        return self._bytes("window/layout")

    @window_layout.setter
    def window_layout(self, layout: bytes) -> None:
        self._settings.setValue("window/layout", QByteArray(layout))

    @property
    def mask_network(self) -> Path | None:
        """The file of the network that found the object of a picture last."""
        value = self._settings.value("mask_network", "")
        return Path(value) if isinstance(value, str) and value else None

    @mask_network.setter
    def mask_network(self, path: Path) -> None:
        self._settings.setValue("mask_network", str(path))

    @property
    def window_place(self) -> bytes:
        """Where on the screen the window stood, and how large it was; empty at the first start."""
        return self._bytes("window/place")

    @window_place.setter
    def window_place(self, place: bytes) -> None:
        self._settings.setValue("window/place", QByteArray(place))

    @property
    def recent(self) -> list[Path]:
        """Files opened lately that are still there, the latest first."""
        value = self._settings.value("recent", [])
        # Of a place that may not be looked at, os.path.exists says that it is not there, where
        # Path.exists raises. One text comes back as a text, several as a list.
        texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [path for path in map(Path, texts) if os.path.exists(path)]

    def add_recent(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        path = path.absolute()
        others = [other for other in self.recent if other != path]
        kept = [str(other) for other in [path, *others][:_MOST_RECENT]]
        self._settings.setValue("recent", kept)

    def _bytes(self, name: str) -> bytes:
        value = self._settings.value(name, QByteArray())
        return bytes(value.data()) if isinstance(value, QByteArray) else b""

    def _whole(self, name: str, default: int, low: int, high: int) -> int:
        """Read a whole number; what somebody wrote into the file by hand may be anything."""
        try:
            value = int(str(self._settings.value(name, default)))
        except ValueError:
            value = default
        return min(max(value, low), high)
