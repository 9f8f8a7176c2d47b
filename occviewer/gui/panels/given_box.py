"""What the network really got of the source, below the source's page."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QSizePolicy, QVBoxLayout, QWidget


class GivenBox(QWidget):
    """Says what was given to the network, and shows it.

    Attributes
    ----------
    shown : QCheckBox
        Whether it is drawn in the view.
    """

    toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = QCheckBox("Show what the &network got", self)
        self.shown.setToolTip("Draw the points or the cells that were really given to the network.")
        self.shown.toggled.connect(self.toggled)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setAccessibleName("What the network got")
        layout = QVBoxLayout(self)
        for widget in (self.about, self.shown):
            layout.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.show_facts("")

    def show_facts(self, text: str) -> None:
        """Say what was given; empty for nothing, and then the box is gone."""
        self.about.setText(f"The network got {text}." if text else "")
        self.setVisible(bool(text))

    def show_checked(self, checked: bool) -> None:
        """Show whether it is drawn, without telling anybody."""
        with QSignalBlocker(self.shown):
            self.shown.setChecked(checked)
