"""Nothing slow that is done with pictures runs in the window's thread."""

import importlib
import threading

import pytest
from PySide6.QtCore import Qt

from .conftest import block
from .test_masks import at

SLOW = [
    ("occviewer.document.picture_source", "Picture", "load"),
    ("occviewer.document.picture_source", "Masking", "find"),
    ("occviewer.gui.picture_studio", "PictureStudio", "encode"),
    ("occviewer.gui.picture_studio", "PictureStudio", "refine"),
    ("occviewer.gui.picture_painting", None, "painted_by"),
    ("occviewer.gui.picture_display", None, "small_picture"),
    ("occviewer.gui.picture_display", None, "mask_overlay"),
    ("occviewer.gui.picture_display", None, "seen_by_network"),
    ("occviewer.gui.picture_display", None, "silhouette_overlay"),
]


@pytest.fixture
def threads(monkeypatch):
    """Names of the threads in which each slow function ran."""
    seen = {}

    def watch(module, owner, name):
        place = importlib.import_module(module)
        place = place if owner is None else getattr(place, owner)
        inner = vars(place)[name]
        function = getattr(inner, "__func__", inner)

        def watched(*args, **kwargs):
            seen.setdefault(name, set()).add(threading.current_thread().name)
            return function(*args, **kwargs)

        kind = classmethod if isinstance(inner, classmethod) else lambda f: f
        monkeypatch.setattr(place, name, kind(watched))

    for slow in SLOW:
        watch(*slow)
    return seen


def test_pictures_keep_the_window_waiting_for_nothing(threads, seeing, tmp_path):
    seeing.open(block(tmp_path, blue=10))
    for tab in ("mask", "input", "silhouette"):
        seeing.page.show_tab(tab)
        seeing.rest()
    seeing.page.show_tab("mask")
    seeing.page.masking.buttons["exclude"].click()
    seeing.qtbot.mouseClick(seeing.view, Qt.MouseButton.LeftButton, pos=at(seeing, 29, 30))
    seeing.qtbot.waitUntil(lambda: seeing.shape.code is not None, timeout=30_000)
    seeing.rest()
    seeing.controller.picture.refine(1)
    seeing.qtbot.waitUntil(lambda: not seeing.controller.picture.refining.running, timeout=30_000)
    seeing.rest()
    here = threading.current_thread().name
    assert {name for _, _, name in SLOW} == set(threads)
    assert {name for name, where in threads.items() if here in where} == set()
