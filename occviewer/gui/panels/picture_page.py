"""Where a shape comes from that was made of a picture: the picture, its mask, its camera."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget


@dataclass(frozen=True)
class PictureFacts:
    """What is said of a picture.

    Attributes
    ----------
    name : str
    size : (int, int)
        Width and height in pixels.
    mask : str
        How the object was found; empty while it is not.
    notes : tuple of str
    """

    name: str
    size: tuple[int, int]
    mask: str
    notes: tuple[str, ...]


class PicturePage(QWidget):
    """Says what was read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about.setAccessibleName("What was read")
        layout = QVBoxLayout(self)
        layout.addWidget(self.about)
        layout.addStretch(1)

    def show_facts(self, facts: PictureFacts) -> None:
        """Say what was read."""
        lines = [
            f"<b>{escape(facts.name)}</b>",
            f"{facts.size[0]:,} × {facts.size[1]:,} pixels",
            f"Object by {escape(facts.mask)}" if facts.mask else "",
            *(escape(note[:1].upper() + note[1:]) for note in facts.notes),
        ]
        self.about.setText("<br>".join(line for line in lines if line))
