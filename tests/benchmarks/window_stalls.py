"""Measures how long the window's thread stands still while a person works.

Run at the top of the repository, on a display or under ``xvfb-run``::

    python -m tests.benchmarks.window_stalls --points 2000000 --resolution 128

A timer beats every 5 ms in the window's thread. The longest time between two beats, less what
was spent on drawing the window between them, is printed for each thing that is done, and how much
of it that thread was computing itself: the rest it waited for Python's lock, or for a processor
that others used. The longest time with drawing is printed beside it. The view draws nothing
meanwhile, but for the picture.
"""

import argparse
import tempfile
import time
from itertools import chain
from pathlib import Path

import torch  # noqa: F401 - before Qt, which Windows wants
from PySide6.QtCore import QEvent, QObject, QSettings, QTimer
from PySide6.QtWidgets import QAbstractSlider

from occviewer.assets import resources
from occviewer.gui import viewport
from occviewer.gui.application import open_window, prepare_application
from occviewer.gui.garbage import GarbageWatch
from occviewer.gui.main_window import MainWindow
from occviewer.gui.preferences import Preferences

from ..gui.tours import at_rest, coloured_scan, tour, tour_of_shapes

BEAT = 5
GOAL = 50
SCAN, PHOTOGRAPH = Path("chair_scan.ply"), Path("photographs/chair.jpg")


class Drawing(QObject):
    """How long drawing a window took.

    Not by `QApplication.notify`, which Python would slow down for each event of every object.

    Attributes
    ----------
    drawn, computed : float
        Seconds in which it was drawn, and seconds for which its thread computed for that.
    """

    def __init__(self):
        super().__init__()
        self.drawn = self.computed = 0.0
        self._within = False

    def watch(self, kind):
        """Time the drawing of windows of a kind, which are still to be made."""
        deliver = kind.event

        def event(window, event):
            if event.type() == QEvent.Type.UpdateRequest:
                return self.timing(deliver)(window, event)
            return deliver(window, event)

        kind.event = event

    def eventFilter(self, window, event):
        """Time how the system's window is drawn when it comes into sight."""
        if event.type() != QEvent.Type.Expose or self._within:
            return False
        self.timing(window.event)(event)
        return True

    def timing(self, draw):
        """Give a function that draws, with its time counted."""

        def timed(*args, **kwargs):
            if self._within:
                return draw(*args, **kwargs)
            self._within, began, cpu = True, time.perf_counter(), time.thread_time()
            try:
                return draw(*args, **kwargs)
            finally:
                self._within = False
                self.drawn += time.perf_counter() - began
                self.computed += time.thread_time() - cpu

        return timed


class Heartbeat:
    """The longest times between two beats since it was asked last, in seconds."""

    def __init__(self, drawing):
        self._drawing = drawing
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self.begin()
        self._timer.start(BEAT)

    def begin(self):
        self.longest = self.computing = self.with_drawing = 0.0
        self._last = self._now()

    def _now(self):
        at, cpu = time.perf_counter(), time.thread_time()
        return at, at - self._drawing.drawn, cpu - self._drawing.computed

    def _beat(self):
        now = self._now()
        with_drawing, passed, computing = (a - b for a, b in zip(now, self._last, strict=True))
        if passed > self.longest:
            self.longest, self.computing = passed, computing
        self.with_drawing = max(self.with_drawing, with_drawing)
        self._last = now


def import_sample(controller, place):
    """Open a sample that ships."""
    controller.import_file(resources() / "samples" / place)
    yield f"import {place.name}"


def refine(controller):
    """Fit the shape of a picture to its outline."""
    controller.picture.refine(10)
    yield "refine"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=2_000_000, help="of the scan")
    parser.add_argument("--resolution", type=int, default=128, help="of the mesh")
    args = parser.parse_args()
    application, drawing = prepare_application(), Drawing()
    drawing.watch(MainWindow)
    viewport.Canvas.paintGL = lambda self: None
    viewport.Viewport.drawings = drawing.timing(viewport.Viewport.drawings)
    with tempfile.TemporaryDirectory() as folder:
        preferences = Preferences(QSettings(f"{folder}/p.ini", QSettings.Format.IniFormat))
        preferences.resolution = args.resolution
        window, controller = open_window(preferences, Path(folder) / "recovery")
        GarbageWatch(controller)
        window.show()
        window.windowHandle().installEventFilter(drawing)
        heart = Heartbeat(drawing)
        sliders = window.findChildren(QAbstractSlider)

        def wait(seconds=0.15):
            until = time.monotonic() + seconds
            while time.monotonic() < until or not (sliding() or at_rest(controller)):
                application.processEvents()
                time.sleep(0.001)

        def sliding():
            return bool(controller.dragging) or any(slider.isSliderDown() for slider in sliders)

        found = {}

        def note(name):
            stall = found.get(name, (0.0, 0.0, 0.0))
            longest, computing = max(stall[:2], (heart.longest, heart.computing))
            found[name] = longest, computing, max(stall[2], heart.with_drawing)
            heart.begin()

        wait()
        note("start")
        scan = coloured_scan(Path(folder) / "scan.ply", args.points)
        heart.begin()
        wait(2.0)
        note("idle")
        steps = chain(
            tour(window, controller, Path(folder), scan, args.points),
            import_sample(controller, SCAN),
            tour_of_shapes(window, controller),
            import_sample(controller, PHOTOGRAPH),
            refine(controller),
        )
        heart.begin()
        for name in steps:
            wait(1.0 if name == "play" else 0.15)
            note(name)
        for name, stall in found.items():
            longest, computing, with_drawing = (1000 * seconds for seconds in stall)
            goal = "" if longest <= GOAL else f"  over {GOAL}"
            print(
                f"{name:25} {longest:4.0f} ms, computing {computing:4.0f} ms, "
                f"with drawing {with_drawing:4.0f} ms{goal}"
            )
        controller.history.mark_saved()
        began = time.monotonic()
        window.close()
        print(f"{'close':25} {1000 * (time.monotonic() - began):4.0f} ms")
        for message in window.messages.log:
            print(message)


if __name__ == "__main__":
    main()
