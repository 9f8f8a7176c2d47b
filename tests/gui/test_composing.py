"""While a shape moves, a window that takes long to compose is composed only so often."""

import time

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from occviewer.gui.composing import BETWEEN, CalmUpdates


class Painted(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget):
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802 - Qt's name
        self.count += event.type() == QEvent.Type.Paint
        return False


def slid(qtbot, calm):
    """Paintings of a slider that makes 40 steps, and the seconds they take."""
    window = QWidget()
    slider = QSlider(window)
    QVBoxLayout(window).addWidget(slider)
    CalmUpdates(window, lambda: calm)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    qtbot.wait(100)
    painted, began = Painted(slider), time.perf_counter()
    for value in range(40):
        slider.setValue(2 * value + 1)
        qtbot.wait(5)
    seconds = time.perf_counter() - began
    count = painted.count
    slider.setValue(0)
    qtbot.waitUntil(lambda: painted.count > count)  # what was asked for last is drawn, too
    return count, seconds


def test_steps_of_a_slider_are_painted_together(qtbot):
    count, seconds = slid(qtbot, calm=True)
    assert 2 <= count <= seconds / BETWEEN + 2


def test_at_rest_every_step_is_painted_at_once(qtbot):
    count, _ = slid(qtbot, calm=False)
    assert count >= 30


def test_a_window_may_close_with_a_picture_due(qtbot):
    window = QWidget()
    CalmUpdates(window, lambda: True)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.update()
    qtbot.wait(1)
    window.update()
    qtbot.wait(1)
    window.close()  # whether a timer is left is looked at after every test
