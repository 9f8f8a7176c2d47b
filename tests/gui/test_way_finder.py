"""Ways along the track are found before anybody goes them, and nobody waits for that."""

import pytest

from occviewer.document import commands
from occviewer.errors import Cancelled
from occviewer.gui.latent_studio import LatentStudio

from .small_windows import LONG, at_rest, capture_samples, use_latent_model


@pytest.fixture
def captured(opened, qtbot, tmp_path):
    """A window with two shapes of a model with a latent space on its shelf."""
    window, controller = opened
    use_latent_model(controller, qtbot, tmp_path)
    return window, controller, capture_samples(controller, qtbot)


def test_a_way_is_found_while_nobody_asks_for_it(captured, qtbot):
    _, controller, keys = captured
    controller.track.add(keys)
    way = controller.track.way
    assert not way.is_found
    qtbot.waitUntil(lambda: way.is_found, timeout=LONG)
    assert controller.history.titles[-1].startswith("Add")
    assert not controller.track.moving


def test_what_happens_beside_the_track_does_not_let_its_way_be_searched_again(
    captured, qtbot, monkeypatch
):
    window, controller, keys = captured
    code = controller.document.entry(keys[0]).shape.code
    controller.do(commands.take, keys[0])
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    controller.do(commands.slide, 0, 0.5)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    controller.do(commands.capture)
    moved = controller.document.shelf[-1]
    assert moved.shape.code is code
    assert moved.shape.edit.offsets
    controller.track.add([moved.id, keys[1]])
    way, searched, find = controller.track.way, [], LatentStudio.find_ways
    qtbot.waitUntil(lambda: way.is_found, timeout=LONG)

    def counted(self, keyframes, progress, *, loop):
        searched.append(keyframes)
        find(self, keyframes, progress, loop=loop)

    monkeypatch.setattr(LatentStudio, "find_ways", counted)
    controller.do(commands.rename, keys[0], "Another name")
    controller.do(commands.capture)
    assert controller.track.way is way
    window.track.loop.setChecked(True)
    loop = controller.track.way
    assert loop is not way
    qtbot.waitUntil(lambda: loop.is_found, timeout=LONG)
    (keyframes,) = searched
    assert keyframes[0] is way._codes[moved.shape]  # so that what was looked at is known of it


def test_a_model_that_is_opened_again_has_its_way_searched_again(captured, qtbot, monkeypatch):
    _, controller, keys = captured
    searched, find = [], LatentStudio.find_ways

    def counted(self, keyframes, progress, *, loop):
        searched.append((self, keyframes))
        find(self, keyframes, progress, loop=loop)

    monkeypatch.setattr(LatentStudio, "find_ways", counted)
    controller.track.add(keys)
    for opened_before in (0, 1):
        qtbot.waitUntil(
            lambda opened_before=opened_before: (
                len(searched) > opened_before and controller.track.way.is_found
            ),
            timeout=LONG,
        )
        controller.pipeline.set_device("cpu")  # as asked for; before it was found
    (first, before), (second, after) = searched
    assert first is not second
    # What the model before made lies where that model computed.
    assert not {id(code) for code in before} & {id(code) for code in after}


def test_it_gives_way_to_what_a_person_wants_and_goes_on_afterwards(captured, qtbot, monkeypatch):
    window, controller, keys = captured
    calls, find = [], LatentStudio.find_ways

    def slow(self, keyframes, progress, *, loop):
        calls.append(1)
        while len(calls) < 3:  # until others want the thread
            progress(0.1)
        find(self, keyframes, progress, loop=loop)

    monkeypatch.setattr(LatentStudio, "find_ways", slow)
    controller.track.add(keys)
    way = controller.track.way
    for expected in (1, 2):
        qtbot.waitUntil(lambda expected=expected: len(calls) == expected, timeout=LONG)
        done = []
        controller.compute.submit("other", "", lambda job: 1, done.append, done.append)
        qtbot.waitUntil(lambda done=done: done == [1], timeout=LONG)
        assert not way.is_found
    qtbot.waitUntil(lambda: way.is_found, timeout=LONG)
    assert len(calls) == 3
    assert window.messages.shown() == []


def test_a_track_that_changes_is_searched_no_more(captured, qtbot, monkeypatch):
    window, controller, keys = captured
    began, ended = [], []

    def endless(self, keyframes, progress, *, loop):
        began.append(1)
        try:
            while True:
                progress(0.5)
        except Cancelled:
            ended.append(1)
            raise

    monkeypatch.setattr(LatentStudio, "find_ways", endless)
    controller.track.add(keys)
    qtbot.waitUntil(lambda: bool(began), timeout=LONG)
    window.actions_["edit.undo"].trigger()
    assert controller.track.way is None
    qtbot.waitUntil(lambda: bool(ended) and not controller.compute.busy(), timeout=LONG)


def test_a_shape_that_is_wanted_before_its_way_is_found_waits_for_it(captured, qtbot):
    window, controller, keys = captured
    controller.track.add(keys)
    way = controller.track.way
    assert not way.is_found
    bar = window.track.bar
    bar.setSliderDown(True)
    bar.setValue(500)
    bar.setSliderDown(False)
    qtbot.waitUntil(lambda: at_rest(controller) and not controller.track.moving, timeout=LONG)
    assert way.is_found
    assert controller.history.titles[-1] == "Shape at 1.50 of the track"


def test_it_closes_at_once_while_a_way_is_searched(captured, qtbot, monkeypatch):
    window, controller, keys = captured

    def endless(self, keyframes, progress, *, loop):
        while True:
            progress(0.5)

    monkeypatch.setattr(LatentStudio, "find_ways", endless)
    controller.track.add(keys)
    qtbot.waitUntil(lambda: controller.compute.busy("way"), timeout=LONG)
    controller.history.mark_saved()
    window.close()
    assert controller.compute.stop(2.0)
