"""Windows with a small model that makes shapes of pictures, and pictures to open in them."""

import numpy as np
import pytest
from PIL import Image as Pillow

from ..small_windows import LONG, picture_model, use_model

RED, BLUE, WALL = (200, 40, 30), (30, 60, 190), (240, 240, 235)


def block(folder, name="block.png", places=((15, 50, 25, 60),), blue=0):
    """Write a picture of red blocks before a wall, 60 rows of 80 pixels.

    The left of each is blue for so many pixels.
    """
    pixels = np.full((60, 80, 3), WALL, np.uint8)
    pixels += np.random.default_rng(0).integers(0, 4, pixels.shape, np.uint8)
    for top, bottom, left, right in places:
        pixels[top:bottom, left:right] = RED
        pixels[top:bottom, left : left + blue] = BLUE
    Pillow.fromarray(pixels).save(folder / name)
    return folder / name


def at_rest(controller):
    """Whether nothing is computed or awaited, and what is shown is as fine as it will be."""
    result = controller.display.result
    return (
        controller.pipeline.settled
        and not controller.compute.busy()
        and not controller.storage.busy()
        and (result is None or not result.live)
    )


@pytest.fixture(scope="session")
def seer(tmp_path_factory):
    return picture_model(tmp_path_factory.mktemp("seer"))


class Seeing:
    """A window that works with the small model, and hands to work it with."""

    def __init__(self, window, controller, qtbot):
        self.window, self.controller, self.qtbot = window, controller, qtbot
        self.page, self.view = window.picture, window.picture.view

    @property
    def shape(self):
        return self.controller.document.shape

    @property
    def source(self):
        return self.shape.picture

    @property
    def mesh(self):
        return self.controller.display.result.mesh

    @property
    def said(self):
        return [message.sentence for message in self.window.messages.shown()]

    def rest(self):
        self.qtbot.waitUntil(lambda: at_rest(self.controller), timeout=LONG)

    def open(self, path):
        """Open a picture, until its shape is shown."""
        self.controller.files.open_all([path])
        self.qtbot.waitUntil(
            lambda: self.source is not None and self.shape.code is not None, timeout=LONG
        )
        self.rest()

    def undo_all(self, to="Model “seer”"):
        history = self.controller.history
        while history.titles[history.position] != to:
            self.window.actions_["edit.undo"].trigger()

    def redo_all(self):
        while self.controller.history.redo_title is not None:
            self.window.actions_["edit.redo"].trigger()


@pytest.fixture
def seeing(opened, seer, qtbot):
    window, controller = opened
    use_model(controller, qtbot, seer)
    return Seeing(window, controller, qtbot)
