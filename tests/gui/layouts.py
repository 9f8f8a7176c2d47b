"""What Python knows of layouts."""

from PySide6.QtWidgets import QLayout, QWidgetItem
from shiboken6 import getAllValidWrappers, getCppPointer


def forgotten(window):
    """Items of layouts that Qt deleted, while Python still takes them for alive.

    Python takes whatever comes to lie at the same address for them, and crashes some day.
    """
    known = {getCppPointer(w)[0] for w in getAllValidWrappers() if type(w) is QWidgetItem}
    layouts = window.findChildren(QLayout)
    items = [layout.itemAt(i) for layout in layouts for i in range(layout.count())]
    return known - {getCppPointer(item)[0] for item in items}
