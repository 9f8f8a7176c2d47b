"""New shapes from the model's latent space."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt

from occviewer.document import commands

from ..latent.spaces import code_of
from .small_windows import LONG, at_rest, shown, use_latent_model, use_plain_model


@pytest.fixture
def sampling(opened, qtbot, tmp_path):
    window, controller = opened
    model = use_latent_model(controller, qtbot, tmp_path)
    window.sampler.count.setValue(3)
    window.raise_panel(window.sampler)
    return window, controller, model


def drawn(window, qtbot, count=3):
    qtbot.waitUntil(lambda: shown(window.sampler) == count, timeout=LONG)


def click(window, qtbot, row, double=False):
    view = window.sampler.list
    at = view.visualItemRect(view.item(row)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    if double:
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def pictures(controller):
    return [controller.sampling._pictures[number] for number in range(3)]


def test_shapes_appear_one_after_another(sampling, qtbot):
    window, _, _ = sampling
    assert window.sampler.list.count() == 0
    seen = set()
    window.sampler.list.itemChanged.connect(lambda item: seen.add(shown(window.sampler)))
    qtbot.mouseClick(window.sampler.new, Qt.MouseButton.LeftButton)
    drawn(window, qtbot)
    assert seen >= {1, 2, 3}
    assert not window.sampler.list.item(0).icon().isNull()
    assert window.messages.shown() == []


def test_the_same_seed_draws_the_same_shapes_and_the_button_moves_it_on(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.new.click()
    drawn(window, qtbot)
    first = pictures(controller)
    assert window.sampler.seed.value() == 0
    window.sampler.new.click()
    assert window.sampler.seed.value() == 1
    drawn(window, qtbot)
    assert pictures(controller) != first
    window.sampler.seed.setValue(0)
    drawn(window, qtbot)
    assert pictures(controller) == first


def test_undo_brings_the_row_before_back(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.new.click()
    drawn(window, qtbot)
    first = pictures(controller)
    window.sampler.temperature.setValue(2.0)
    drawn(window, qtbot)
    assert pictures(controller) != first
    window.actions_["edit.undo"].trigger()
    assert window.sampler.temperature.value() == 0.8
    drawn(window, qtbot)
    assert pictures(controller) == first


def test_a_click_takes_one_and_undo_brings_the_shape_before_back(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.new.click()
    drawn(window, qtbot)
    click(window, qtbot, 0)
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    before = controller.display.result.mesh
    click(window, qtbot, 2)
    assert controller.history.undo_title == "Take sample 3 (seed 0)"
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    after = controller.display.result.mesh
    assert not np.array_equal(after.vertices, before.vertices)
    window.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert np.array_equal(controller.display.result.mesh.vertices, before.vertices)


def test_a_double_click_puts_it_on_the_shelf_in_one_step(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.new.click()
    drawn(window, qtbot)
    steps = len(controller.history.titles)
    click(window, qtbot, 1, double=True)
    assert controller.history.titles[steps:] == (
        "Take sample 2 (seed 0)",
        "Capture “Sample 2 (seed 0)”",
    )
    (entry,) = controller.document.shelf
    assert entry.preview == controller.sampling._pictures[1]
    assert window.shelf.count() == 1


def test_a_newer_wish_replaces_the_older(sampling, qtbot):
    window, controller, _ = sampling
    for seed in range(1, 30):
        window.sampler.seed.setValue(seed)
        window.sampler.new.click()
    drawn(window, qtbot)
    qtbot.waitUntil(lambda: not controller.compute.busy(), timeout=LONG)
    settings = controller.document.sampling
    wanted = controller.studio.latent.samples(3, settings.seed, settings.temperature)
    for code, other in zip(controller.sampling._codes, wanted, strict=True):
        assert all(np.array_equal(code.tensors[n], other.tensors[n]) for n in code.tensors)


def test_a_shape_without_surface_says_so_and_the_others_appear(sampling, qtbot):
    window, controller, _ = sampling
    controller.do(commands.set_threshold, 0.999)
    window.sampler.new.click()
    view = window.sampler.list
    qtbot.waitUntil(
        lambda: all(view.item(row).text() == "no surface" for row in range(3)), timeout=LONG
    )
    assert "surface" in view.item(0).toolTip()
    assert window.messages.shown() == []
    steps = len(controller.history.titles)
    controller.sampling.take(0)
    assert len(controller.history.titles) == steps


def test_stop_keeps_what_is_drawn(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.count.setValue(40)
    window.sampler.new.click()
    qtbot.waitUntil(lambda: shown(window.sampler) >= 2, timeout=LONG)
    window.actions_["shape.cancel"].trigger()
    left = window.sampler.list.count()
    assert 2 <= left < 40
    assert shown(window.sampler) == left
    assert not controller.compute.busy("samples")


def test_a_model_without_latent_space_says_why(opened, qtbot, tmp_path):
    window, controller = opened
    use_plain_model(controller, qtbot, tmp_path)
    assert not window.sampler.new.isEnabled()
    assert "without a latent vector" in window.sampler.list.accessibleDescription()
    steps = len(controller.history.titles)
    window.actions_["shape.samples"].trigger()
    assert len(controller.history.titles) == steps
    use_latent_model(controller, qtbot, tmp_path)
    assert window.sampler.new.isEnabled()


def test_another_model_empties_the_row(sampling, qtbot, tmp_path):
    window, controller, model = sampling
    window.sampler.new.click()
    drawn(window, qtbot)
    controller.do(commands.take_code, code_of(model))
    use_plain_model(controller, qtbot, tmp_path)
    assert window.sampler.list.count() == 0


def test_it_closes_at_once_while_shapes_are_drawn(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.count.setValue(60)
    window.sampler.new.click()
    qtbot.waitUntil(lambda: shown(window.sampler) >= 1, timeout=LONG)
    controller.history.mark_saved()
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < 2


def test_pictures_follow_the_threshold_when_it_rests(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.new.click()
    drawn(window, qtbot)
    first = pictures(controller)
    controller.do(commands.set_threshold, 0.572)
    qtbot.waitUntil(lambda: all(a != b for a, b in zip(pictures(controller), first, strict=True)))
    window.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: pictures(controller) == first)


def test_samples_that_lose_their_surface_cannot_be_taken_until_it_is_back(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.new.click()
    drawn(window, qtbot)
    window.extraction.threshold.number.setValue(0.99)
    drawn(window, qtbot, 0)
    assert window.sampler.list.item(0).text() == "no surface"
    steps = len(controller.history.titles)
    controller.sampling.take(0)
    assert len(controller.history.titles) == steps
    window.actions_["edit.undo"].trigger()
    drawn(window, qtbot)


def test_shapes_of_the_model_before_can_be_taken_no_more_while_another_opens(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.new.click()
    drawn(window, qtbot)
    controller.choose_model("furniture")
    assert window.sampler.list.count() == 0
    controller.sampling.take(0)
    controller.sampling.capture([0])
    assert controller.document.shelf == ()
    assert controller.document.shape.is_empty
    window.sampler.new.click()
    assert window.sampler.list.count() == 0
    assert "not open yet" in window.messages.shown()[-1].sentence
    qtbot.waitUntil(lambda: not controller.compute.busy(), timeout=LONG)


def test_after_a_stop_only_what_was_drawn_stays_and_the_threshold_can_be_moved(sampling, qtbot):
    window, controller, _ = sampling
    window.sampler.count.setValue(30)
    window.sampler.new.click()
    qtbot.waitUntil(lambda: shown(window.sampler) >= 1, timeout=LONG)
    window.actions_["shape.cancel"].trigger()
    kept = window.sampler.list.count()
    assert 1 <= kept < 30
    assert "…" not in [window.sampler.list.item(row).text() for row in range(kept)]
    controller.do(commands.set_threshold, 0.58)
    qtbot.waitUntil(lambda: controller.sampling._threshold == 0.58, timeout=LONG)
    qtbot.waitUntil(lambda: not controller.compute.busy(), timeout=LONG)
    assert window.sampler.list.count() == kept
    assert window.messages.shown() == []
