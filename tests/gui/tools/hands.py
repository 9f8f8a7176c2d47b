"""The mouse over the 3D view, as a person moves it."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from occviewer import assets

CHAIR = assets.resources() / "samples" / "chair_scan.ply"
ARMCHAIR = assets.resources() / "samples" / "armchair_scan.txt"
LONG = 60_000
LEFT, RIGHT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


class Hand:
    """The mouse over the 3D view of a window."""

    def __init__(self, window, controller, qtbot):
        self.window, self.controller, self.qtbot = window, controller, qtbot
        self.canvas = window.viewport.canvas

    def send(self, kind, at, button=LEFT, modifiers=PLAIN):
        moving, gone = kind == QEvent.Type.MouseMove, kind == QEvent.Type.MouseButtonRelease
        point = QPointF(*map(float, at))
        event = QMouseEvent(
            kind, point, self.canvas.mapToGlobal(point), NONE if moving else button,
            NONE if gone else button, modifiers,
        )  # fmt: skip
        QApplication.sendEvent(self.canvas, event)

    def press(self, at, **options):
        self.send(QEvent.Type.MouseButtonPress, at, **options)

    def move(self, at, **options):
        self.send(QEvent.Type.MouseMove, at, **options)

    def release(self, at, **options):
        self.send(QEvent.Type.MouseButtonRelease, at, **options)

    def drag(self, *places, steps=1, **options):
        self.press(places[0], **options)
        for start, end in zip(places, places[1:], strict=False):
            for share in np.linspace(0, 1, steps + 1)[1:]:
                self.move(np.array(start) * (1 - share) + np.array(end) * share, **options)
        self.release(places[-1], **options)

    def take(self, tool):
        self.window.actions_[f"tool.{tool}"].trigger()
        QApplication.processEvents()

    @property
    def source(self):
        return self.controller.document.shape.source

    @property
    def left(self):
        return set(self.source.working_indices().tolist())

    def pixels(self):
        """Pixels of all points by the code's placement, reckoned by VTK."""
        renderer = self.canvas.renderer
        placement = self.controller.display.cloud.placement
        world = self.source.cloud.points
        pixels = []
        for point in ((world - placement.centre) @ placement.rotation.T) * placement.scale:
            renderer.SetWorldPoint(*point, 1.0)
            renderer.WorldToDisplay()
            x, y, _ = renderer.GetDisplayPoint()
            pixels.append((x, self.canvas.height() - y))
        return np.array(pixels)

    def settle(self):
        self.qtbot.waitUntil(lambda: at_rest(self.controller), timeout=LONG)


def at_rest(controller):
    result = controller.display.result
    idle = controller.pipeline.settled and not controller.compute.busy()
    return idle and result is not None and not result.live


def hand_with(path, opened, qtbot):
    window, controller = opened
    controller.import_file(path)
    hand = Hand(window, controller, qtbot)
    qtbot.waitUntil(lambda: controller.document.shape.code is not None, timeout=LONG)
    hand.settle()
    window.viewport.look("front")
    window.viewport.picture()
    return hand


def rectangle(x, y):
    return [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1]), (x[0], y[0])]


def grip(hand, handle):
    gizmo = hand.controller.tools._tools["move"]._gizmo()
    line = gizmo.lines()[handle]
    return line[0] * 0.25 + line[-1] * 0.75
