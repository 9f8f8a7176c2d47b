"""Messages that stand above the viewport and interrupt nobody."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from occviewer.gui.theme import is_dark

Kind = Literal["note", "warning", "error"]

# Notes leave by themselves; what went wrong stays until it was read.
_NOTE_MILLISECONDS = 7000
_MOST = 4
_MOST_LOGGED = 20
# Of the ground and of the text, in a light and in a dark interface.
_COLOURS = {
    "note": (("#e7f1fd", "#0b3d78"), ("#1f3550", "#d3e5fb")),
    "warning": (("#fff3d6", "#6b4200"), ("#4a3b17", "#ffe6ae")),
    "error": (("#fde4e4", "#8b1a1a"), ("#542628", "#ffd3d3")),
}


@dataclass(frozen=True)
class LoggedMessage:
    """A warning or an error that was shown, for the diagnostics."""

    at: datetime
    kind: Kind
    sentence: str
    details: str


class Message(QFrame):
    """One message with its details to copy and a cross to close it."""

    leaves = Signal(object)
    """The message, which is about to be deleted."""

    def __init__(
        self,
        kind: Kind,
        sentence: str,
        details: str,
        parent: QWidget,
        answers: Mapping[str, Callable[[], object]] | None = None,
    ) -> None:
        super().__init__(parent)
        self.kind, self.sentence, self.details = kind, sentence, details
        self.setObjectName("message")
        self._dark: bool | None = None
        self._colour()
        label = QLabel(sentence, self)
        label.setTextFormat(Qt.TextFormat.PlainText)  # names of files may look like markup
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setAccessibleName(f"{kind}: {sentence}")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 6, 6)
        row.addWidget(label, 1)
        for text, function in (answers or {}).items():
            answer = QPushButton(text, self)
            answer.setObjectName("answer")
            answer.setAccessibleName(text)
            answer.setToolTip(f"{text}, and close this message")
            answer.clicked.connect(self.leave)
            answer.clicked.connect(lambda *_, f=function: f())
            row.addWidget(answer)
        copy = QPushButton("Copy details", self)
        copy.setFlat(True)
        copy.setAccessibleName("Copy details")
        copy.setToolTip("Copy this message, with all that helps to find its cause")
        copy.clicked.connect(self.copy)
        copy.setVisible(kind == "error" or (kind == "warning" and not answers))
        row.addWidget(copy)
        close = QToolButton(self)
        close.setText("✕")
        close.setAutoRaise(True)
        close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close.setToolTip("Close this message")
        close.setAccessibleName("Close this message")
        close.clicked.connect(self.leave)
        row.addWidget(close)
        if kind == "note":
            timer = QTimer(self)
            timer.setSingleShot(True)
            timer.timeout.connect(self.leave)
            timer.start(_NOTE_MILLISECONDS)

    def leave(self) -> None:
        """Close the message."""
        self.leaves.emit(self)
        self.deleteLater()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        dark = is_dark()
        if dark == self._dark:  # a style sheet changes the palette, too
            return
        self._dark = dark
        ground, text = _COLOURS[self.kind][dark]
        self.setStyleSheet(
            f"#message {{ background: {ground}; border-radius: 4px; }}"
            f"#message QLabel, #message QPushButton, #message QToolButton {{ color: {text}; }}"
            f"#message #answer {{ background: transparent; border: 1px solid {text}; "
            "border-radius: 4px; padding: 4px 14px; }"
            f"#message #answer:hover, #message #answer:focus {{ background: {text}; "
            f"color: {ground}; }}"
        )

    def copy(self) -> None:
        """Put the sentence and its details on the clipboard."""
        QGuiApplication.clipboard().setText(f"{self.sentence}\n{self.details}".strip())


class Messages(QWidget):
    """The messages that are shown, the newest below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        # Not asked of the layout: what it answers with are items of its own, and it deletes them
        # without Python's knowledge. Whatever came to lie there next was taken for one of them,
        # and the program crashed.
        self._shown: list[Message] = []
        # Also of messages that were closed: a report of a fault tells what came before.
        self.log: deque[LoggedMessage] = deque(maxlen=_MOST_LOGGED)

    def show_message(self, kind: Kind, sentence: str, details: str = "") -> None:
        """Show a message; one with the same words is not shown twice."""
        if kind != "note":
            self._log(kind, sentence, details)
        self._add(Message(kind, sentence, details, self))

    def ask(
        self,
        sentence: str,
        answers: Mapping[str, Callable[[], object]],
        kind: Kind = "warning",
        details: str = "",
    ) -> None:
        """Ask something that need not be answered; each answer has a button."""
        if kind == "error":
            self._log(kind, sentence, details)
        self._add(Message(kind, sentence, details, self, answers))

    def take_back(self, sentence: str) -> None:
        """Close a message, since what it says or asks is over; nothing happens if it is gone."""
        for message in self.shown():
            if message.sentence == sentence:
                message.leave()

    def _log(self, kind: Kind, sentence: str, details: str) -> None:
        self.log.append(LoggedMessage(datetime.now().astimezone(), kind, sentence, details))

    def _add(self, new: Message) -> None:
        self.take_back(new.sentence)
        for message in self._shown[: max(0, len(self._shown) + 1 - _MOST)]:
            message.leave()
        new.leaves.connect(self._remove)
        self._shown.append(new)
        self._layout.addWidget(new)

    def shown(self) -> list[Message]:
        """Messages on display, the oldest first."""
        return list(self._shown)

    def _remove(self, message: Message) -> None:
        if message in self._shown:
            self._shown.remove(message)
            self._layout.removeWidget(message)
