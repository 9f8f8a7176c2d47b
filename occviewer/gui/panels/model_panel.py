"""Which network completes the shape, what it accepts, and where it computes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from occviewer.gui.panels.choices import show_choices
from occviewer.gui.panels.model_settings import ModelSettings

_CARD_AFTER = 1000  # ms: a long one takes 30 to lay out, not beside all else that a new model needs
_CARD_AFTER_SEEN = 50  # ms: the panel first


class ModelPanel(QWidget):
    """Chooses model and device, and shows the model's conventions and its card.

    Attributes
    ----------
    settings : ModelSettings
        Of a model that does not say all about itself.
    """

    model_chosen = Signal(str)
    """A shipped name, or a path."""
    open_wanted = Signal()
    device_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models = QComboBox(self)
        self.models.setAccessibleName("Model")
        self.models.setToolTip("Models that ship with the program, and those of your own.")
        self.models.activated.connect(lambda *_: self.model_chosen.emit(self.models.currentData()))
        open_button = QPushButton("Open &file…", self)
        open_button.setToolTip("Open a checkpoint of your own.")
        open_button.clicked.connect(self.open_wanted)
        self.devices = QComboBox(self)
        self.devices.setAccessibleName("Device")
        self.devices.setToolTip("Where the network computes.")
        self.devices.activated.connect(
            lambda *_: self.device_chosen.emit(self.devices.currentData())
        )
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.settings = ModelSettings(self)
        self._card = self._laid_out = ""
        self._seen = False
        self._laying_out = QTimer(self, singleShot=True)
        self._laying_out.timeout.connect(self._lay_card_out)
        self.card = QTextBrowser(self)
        self.card.setOpenExternalLinks(True)
        self.card.setAccessibleName("The model's card")
        self.card.setToolTip("What the model was trained on, how good it is, and its limits.")
        layout = QVBoxLayout(self)
        form = QFormLayout()
        form.addRow("&Model", self.models)
        form.addRow("", open_button)
        form.addRow("&Device", self.devices)
        layout.addLayout(form)
        layout.addWidget(self.about)
        layout.addWidget(self.settings)
        layout.addWidget(self.card, 1)
        layout.addStretch(0)

    def show_models(self, models: Sequence[tuple[str, str]], current: str) -> None:
        """List models as (text, name or path), with the one in use chosen."""
        show_choices(self.models, models, current)

    def show_devices(self, devices: Sequence[tuple[str, str]], current: str) -> None:
        """List devices as (text, name), with the one in use chosen."""
        show_choices(self.devices, devices, current)

    def show_about(self, about: str, card: str) -> None:
        """Show what the model is (rich text), and its card (Markdown)."""
        self.about.setText(about)
        self._card = card
        self.card.setVisible(bool(card))
        self._laying_out.start(_CARD_AFTER)

    def set_seen(self, seen: bool) -> None:
        """Say whether a person sees the panel: a card is laid out only for somebody.

        Panels that lie behind others are visible to Qt.
        """
        self._seen = seen
        if seen and not self._laying_out.isActive():
            self._laying_out.start(_CARD_AFTER_SEEN)

    def _lay_card_out(self) -> None:
        if self._seen and self._card != self._laid_out:
            self._laid_out = self._card
            self.card.setMarkdown(self._card)
