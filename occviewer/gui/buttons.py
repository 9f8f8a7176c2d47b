"""Buttons at the foot of dialogs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMessageBox, QPushButton


def without_icons(foot: QDialogButtonBox | QMessageBox) -> None:
    """Take the style's icons from buttons whose words say it all; they are dark in the dark."""
    for button in foot.buttons():
        button.setIcon(QIcon())


def foot(
    dialog: QDialog, text: str, tip: str, finish: Callable[[], object]
) -> tuple[QDialogButtonBox, QPushButton]:
    """Make a button that goes on, which Return presses, and one that gives up.

    Parameters
    ----------
    dialog : QDialog
        It is closed by Cancel; `finish` closes it otherwise.
    text, tip : str
        Of the button that goes on.
    finish : callable
        Called when it is pressed.

    Returns
    -------
    QDialogButtonBox
        To be put at the foot.
    QPushButton
        The one that goes on.
    """
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, dialog)
    cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
    cancel.setToolTip("Write nothing.")
    go_on = buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
    go_on.setToolTip(tip)
    go_on.setDefault(True)
    without_icons(buttons)
    for button in (cancel, go_on):
        button.setAccessibleName(button.text().replace("&", ""))
    buttons.accepted.connect(finish)
    buttons.rejected.connect(dialog.reject)
    return buttons, go_on
