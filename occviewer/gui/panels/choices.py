"""A combo box that is made in one line, with a name for people who do not see it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox


def choice(
    name: str, choices: Iterable[tuple[str, object]], tip: str = "", current: object = None
) -> QComboBox:
    """Make a combo box.

    Parameters
    ----------
    name : str
        What is chosen.
    choices : iterable of (str, object)
        Text and value of each.
    tip : str
        A sentence of what it does; by default its name says enough.
    current : object
        Value of the one that is chosen; the first where there is none such.
    """
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip or f"{name}.")
    for row, (text, value) in enumerate(choices):
        box.addItem(text, value)
        if value == current:
            box.setCurrentIndex(row)
    return box


def show_choices(box: QComboBox, choices: Iterable[tuple[str, object]], current: object) -> None:
    """Offer other choices (text and value) with one of them chosen, without telling anybody."""
    with QSignalBlocker(box):
        box.clear()
        for text, value in choices:
            box.addItem(text, value)
        box.setCurrentIndex(max(box.findData(current), 0))
