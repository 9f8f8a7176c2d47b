"""Python's search for garbage while the program starts."""

import gc

import pytest

from occviewer.gui.garbage import GarbageWatch


@pytest.fixture
def as_before():
    """Whatever a test does, others find the collector as it was."""
    yield
    gc.enable()
    gc.unfreeze()


def test_nothing_is_searched_while_the_program_starts_and_what_it_imported_never(
    opened, qtbot, as_before
):
    _, controller = opened
    gc.unfreeze()
    GarbageWatch(controller)
    assert not gc.isenabled()
    qtbot.waitUntil(gc.isenabled, timeout=60_000)
    assert controller.pipeline.ready
    assert gc.get_freeze_count() > 10_000


def test_work_without_end_does_not_put_it_off_for_ever(opened, qtbot, as_before, monkeypatch):
    _, controller = opened
    monkeypatch.setattr("occviewer.gui.garbage._LOOK_EVERY", 5)
    monkeypatch.setattr(type(controller.compute), "busy", lambda *_: True)
    GarbageWatch(controller)
    qtbot.waitUntil(gc.isenabled, timeout=60_000)
