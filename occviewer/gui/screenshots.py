"""Makes the pictures of the README and of the sample gallery from the running program.

``make screenshots`` runs it on a real or virtual display. It opens every sample that
ships, as a person would, and takes pictures of what is seen.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QSettings, QTimer

from occviewer import assets
from occviewer.gui.application import open_window, prepare_application
from occviewer.gui.controller import Controller
from occviewer.gui.gallery import scans
from occviewer.gui.main_window import MainWindow
from occviewer.gui.preferences import Preferences
from occviewer.gui.theme import apply_theme

_GALLERY = (288, 240)
_WINDOW = (1280, 800)
_SHOWN, _PHOTOGRAPH = "chair_scan", "chair.jpg"
_ROUNDS = 60

Story = Generator[Callable[[], bool], None, None]


def main() -> int:
    """Take all pictures; 1 when a sample could not be shown."""
    application = prepare_application()
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(f"{folder}/preferences.ini", QSettings.Format.IniFormat)
        preferences = Preferences(settings)
        apply_theme(application, "light")
        window, controller = open_window(preferences, Path(folder) / "recovery")
        window.resize(*_WINDOW)
        window.show()
        story = _story(window, controller)
        waiting = [next(story)]

        def look() -> None:
            try:
                if waiting[0]():
                    waiting[0] = next(story)
            except StopIteration:
                timer.stop()
                controller.history.mark_saved()
                window.close()
                application.quit()

        timer = QTimer()
        timer.timeout.connect(look)
        timer.start(100)
        application.exec()
        return 1 if window.messages.shown() else 0


def _story(window: MainWindow, controller: Controller) -> Story:
    pictures = assets.resources() / "pictures"
    gallery = assets.resources() / "samples" / "pictures"
    gallery.mkdir(exist_ok=True)
    # The one that the README shows comes last, with the others on the shelf.
    ordered = sorted(scans(), key=lambda sample: sample.path.stem == _SHOWN)
    yield lambda: controller.pipeline.model is not None
    for sample in ordered:
        controller.import_file(sample.path)
        yield partial(_shows, controller, sample.path)
        window.viewport.look("isometric")
        window.actions_["shape.capture"].trigger()
        yield lambda: all(entry.preview for entry in controller.document.shelf)
        # Without its ground, so that it suits a light and a dark gallery.
        picture = Image.fromarray(window.viewport.picture(transparent=True))
        _cut(picture).save(gallery / f"{sample.path.stem}.png", optimize=True)
    yield lambda: _at_rest(controller)
    window.grab().save(str(pictures / "window.png"))
    photograph = assets.resources() / "samples" / "photographs" / _PHOTOGRAPH
    controller.import_file(photograph)
    yield partial(_shows, controller, photograph)
    controller.picture.refine(_ROUNDS)
    yield lambda: not controller.picture.refining.running and _at_rest(controller)
    window.viewport.look("isometric")
    window.actions_["shape.capture"].trigger()
    yield lambda: all(entry.preview for entry in controller.document.shelf)
    yield lambda: _at_rest(controller) and not controller.storage.busy()
    window.grab().save(str(pictures / "picture.png"))


def _shows(controller: Controller, path: Path) -> bool:
    """Whether the completed shape of a scan is on display."""
    source = controller.document.shape.source
    return source is not None and source.path == path and _at_rest(controller)


def _at_rest(controller: Controller) -> bool:
    result = controller.display.result
    if controller.window.messages.shown():  # it failed: the picture shows why
        return True
    idle = controller.pipeline.settled and not controller.compute.busy()
    return idle and result is not None and not result.live


def _cut(picture: Image.Image) -> Image.Image:
    """Cut the middle of a picture to the shape of the gallery's, and make it as small."""
    wide, tall = picture.size
    ratio = _GALLERY[0] / _GALLERY[1]
    width, height = min(wide, round(tall * ratio)), min(tall, round(wide / ratio))
    left, top = (wide - width) // 2, (tall - height) // 2
    cut = picture.crop((left, top, left + width, top + height))
    return cut.resize(_GALLERY, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    sys.exit(main())
