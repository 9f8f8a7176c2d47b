"""Measures how long the window's thread stands still while a person works.

Run at the top of the repository, on a display or under ``xvfb-run``::

    python -m tests.benchmarks.window_stalls --points 2000000 --resolution 128

A timer beats every 5 ms in the window's thread. The longest time between two beats is
printed for each thing that is done, and how much of it that thread was computing itself:
the rest it waited for Python's lock, or for a processor that others used. The view draws nothing
meanwhile, but for the picture; the window's panels do: they are first painted at the start.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch  # noqa: F401 - before Qt, which Windows wants
from PySide6.QtCore import QSettings, QTimer

from occviewer.gui import viewport
from occviewer.gui.application import open_window, prepare_application
from occviewer.gui.garbage import GarbageWatch
from occviewer.gui.preferences import Preferences

from ..gui.tours import at_rest, coloured_scan, tour

BEAT = 5
GOAL = 50


class Heartbeat:
    """The longest time between two beats since it was asked last."""

    def __init__(self):
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self.begin()
        self._timer.start(BEAT)

    def begin(self):
        self.longest = self.computing = 0.0
        self._at, self._cpu = time.perf_counter(), time.thread_time()

    def _beat(self):
        at, cpu = time.perf_counter(), time.thread_time()
        if at - self._at > self.longest:
            self.longest, self.computing = at - self._at, cpu - self._cpu
        self._at, self._cpu = at, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=2_000_000, help="of the scan")
    parser.add_argument("--resolution", type=int, default=128, help="of the mesh")
    args = parser.parse_args()
    application = prepare_application()
    viewport.Canvas.paintGL = lambda self: None
    with tempfile.TemporaryDirectory() as folder:
        preferences = Preferences(QSettings(f"{folder}/p.ini", QSettings.Format.IniFormat))
        preferences.resolution = args.resolution
        window, controller = open_window(preferences, Path(folder) / "recovery")
        GarbageWatch(controller)
        window.show()
        heart = Heartbeat()

        def wait(seconds=0.15):
            until = time.monotonic() + seconds
            while time.monotonic() < until or not (sliding() or at_rest(controller)):
                application.processEvents()
                time.sleep(0.001)

        def sliding():
            return window.extraction.threshold.slider.isSliderDown()

        def tell(name):
            goal = "" if 1000 * heart.longest <= GOAL else f"  over {GOAL}"
            print(
                f"{name:20} {1000 * heart.longest:7.0f} ms, computing "
                f"{1000 * heart.computing:5.0f} ms{goal}",
                flush=True,
            )
            heart.begin()

        wait()
        tell("start")
        scan = coloured_scan(Path(folder) / "scan.ply", args.points)
        heart.begin()
        wait(2.0)
        tell("idle")
        steps = tour(window, controller, Path(folder), scan, args.points)
        while True:
            heart.begin()
            try:
                name = next(steps)
            except StopIteration:
                break
            wait()
            tell(name)
        controller.history.mark_saved()
        began = time.monotonic()
        window.close()
        print(f"{'close':20} {1000 * (time.monotonic() - began):7.0f} ms")
        for message in window.messages.log:
            print(message)


if __name__ == "__main__":
    main()
