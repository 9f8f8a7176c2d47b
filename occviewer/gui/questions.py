"""Questions that must be answered before something is written or given up."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from occviewer.gui.buttons import without_icons

Button = QMessageBox.StandardButton


def ask(
    parent: QWidget,
    title: str,
    text: str,
    answers: dict[Button, Callable[[], object]],
    default: Button = Button.Cancel,
) -> None:
    """Ask something without stopping the rest; with "Cancel" nothing happens.

    Parameters
    ----------
    parent : QWidget
    title, text : str
    answers : dict
        What each button does.
    default : QMessageBox.StandardButton
        That which Enter presses.
    """
    buttons = Button.Cancel
    for button in answers:
        buttons |= button
    question = QMessageBox(QMessageBox.Icon.Question, title, text, buttons, parent)
    question.setTextFormat(Qt.TextFormat.PlainText)  # names of files may look like markup
    question.setDefaultButton(default)
    without_icons(question)
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def answered(result: int) -> None:
        for button, function in answers.items():
            if result == button:
                function()

    question.finished.connect(answered)
    question.open()


def ask_choice(
    parent: QWidget, title: str, text: str, choices: Sequence[str], then: Callable[[str], object]
) -> None:
    """Ask for one of several words without stopping the rest; with "Cancel" nothing happens."""
    question = QInputDialog(parent)
    question.setWindowTitle(title)
    question.setLabelText(text)
    question.setComboBoxItems(list(choices))
    question.setComboBoxEditable(False)
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    question.textValueSelected.connect(then)
    question.open()


def ask_path(parent: QWidget, title: str, proposal: str, kind: str, suffix: str) -> Path | None:
    """Ask where to write; never gives a file that is there unless its overwriting was agreed to.

    Parameters
    ----------
    parent : QWidget
    title : str
    proposal : str
        Name that stands there at first.
    kind : str
        What is written, in words, such as ``Codes``.
    suffix : str
        Is added where the name has another, such as ``.npz``; empty for a folder.

    Returns
    -------
    Path or None
        None if nothing is to be written.
    """
    pattern = f"{kind} (*{suffix})"
    while True:
        name, _ = QFileDialog.getSaveFileName(parent, title, proposal, pattern)
        if not name:
            return None
        path = Path(name)
        if path.suffix.lower() == suffix or not suffix:
            return path
        # The dialog has asked about the name that was typed, not about this one.
        path = path.with_name(path.name + suffix)
        if not os.path.exists(path) or _may_overwrite(parent, path):
            return path
        proposal = str(path)


def _may_overwrite(parent: QWidget, path: Path) -> bool:
    text = f"{path.name} is there already. Do you want to replace it?"
    question = QMessageBox(
        QMessageBox.Icon.Question, "Replace the file", text, Button.Yes | Button.No, parent
    )
    question.setTextFormat(Qt.TextFormat.PlainText)
    without_icons(question)
    return question.exec() == Button.Yes
