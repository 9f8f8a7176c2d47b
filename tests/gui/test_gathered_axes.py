"""Sliders of a model that has a vector but no axes: from what is on the shelf, or at random."""

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from occviewer.document import commands
from occviewer.models import ModelInfo, open_model, save_checkpoint

from ..latent.spaces import code_of
from ..models.conftest import with_surface
from ..networks.small import small_network
from .latent_windows import LONG, wait
from .small_windows import drawn_samples


@pytest.fixture
def vectors(opened, qtbot, tmp_path):
    """A window with a small ONet and a shape of it."""
    window, controller = opened
    path = tmp_path / "onet.safetensors"
    info = ModelInfo(name="onet", threshold=0.3)
    save_checkpoint(path, with_surface(small_network("onet", seed=1)), info)
    qtbot.waitUntil(lambda: controller.pipeline.model is not None, timeout=LONG)
    controller.choose_model(str(path))
    qtbot.waitUntil(lambda: controller.pipeline.ready, timeout=LONG)
    model = open_model(path, "cpu")
    controller.do(commands.take_code, code_of(model), "Take a code")
    wait(controller, qtbot)
    return window, controller, model


def gather(controller, qtbot, model, count):
    for seed in range(count):
        controller.do(commands.capture_code, code_of(model, seed + 1), f"Code {seed}", b"", 1.0)
    wait(controller, qtbot)


def slide(window, controller, qtbot, value, axis=0):
    window.latent.rows[axis].value.number.setValue(value)
    return wait(controller, qtbot)


def test_random_directions_move_the_shape_and_undo_brings_it_back(vectors, qtbot):
    window, controller, _ = vectors
    panel, before = window.latent, controller.display.result.mesh
    assert "random" in panel.note.text()
    assert panel.sliders.isVisibleTo(panel)
    assert not panel.detail.isVisibleTo(panel)  # a vector is all there is
    moved = slide(window, controller, qtbot, 2.0)
    assert not np.array_equal(moved.vertices, before.vertices)
    window.actions_["edit.undo"].trigger()
    assert np.array_equal(wait(controller, qtbot).vertices, before.vertices)


def test_three_captured_shapes_give_the_axes_along_which_they_differ(vectors, qtbot):
    window, controller, model = vectors
    gather(controller, qtbot, model, 2)
    assert "random" in window.latent.note.text()
    gather(controller, qtbot, model, 4)
    assert "6 shapes on the shelf" in window.latent.note.text()
    facts = controller.latent.facts
    assert 2 <= len(facts.position) < 6
    assert sum(facts.shares) == pytest.approx(1, abs=1e-4)
    window.actions_["edit.undo"].trigger()
    wait(controller, qtbot)
    assert "5 shapes on the shelf" in window.latent.note.text()


def test_a_shape_that_was_moved_stays_when_other_shapes_are_gathered(vectors, qtbot, tmp_path):
    window, controller, model = vectors
    moved = slide(window, controller, qtbot, 2.0)
    gather(controller, qtbot, model, 4)
    assert np.array_equal(controller.display.result.mesh.vertices, moved.vertices)
    further = slide(window, controller, qtbot, 1.0, axis=1)
    assert not np.array_equal(further.vertices, moved.vertices)
    controller.files.session = tmp_path / "moved.occ"
    window.actions_["file.save"].trigger()
    qtbot.waitUntil(lambda: not controller.storage.busy(), timeout=LONG)
    window.actions_["file.new"].trigger()
    qtbot.waitUntil(lambda: controller.display.result is None, timeout=LONG)
    controller.files.open_session(tmp_path / "moved.occ")
    qtbot.waitUntil(lambda: controller.display.result is not None, timeout=LONG)
    assert np.array_equal(wait(controller, qtbot).vertices, further.vertices)
    window.actions_["latent.reset"].trigger()
    wait(controller, qtbot)
    assert "4 shapes on the shelf" in window.latent.note.text()


def test_the_command_of_a_shape_that_was_moved_begins_with_its_code(vectors, qtbot):
    window, controller, _ = vectors
    slide(window, controller, qtbot, 2.0)
    window.actions_["shape.command"].trigger()
    command = QGuiApplication.clipboard().text()
    assert command.startswith("occviewer decode code.npz")
    assert "--offsets" not in command


def test_new_shapes_are_drawn_like_those_that_were_gathered(vectors, qtbot):
    window, controller, model = vectors
    assert not window.sampler.new.isEnabled()
    gather(controller, qtbot, model, 3)
    qtbot.waitUntil(window.sampler.new.isEnabled, timeout=LONG)
    window.sampler.count.setValue(2)
    window.sampler.new.click()
    qtbot.waitUntil(lambda: drawn_samples(window.sampler), timeout=LONG)
    assert [m.sentence for m in window.messages.shown()] == []
    window.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: not window.sampler.new.isEnabled(), timeout=LONG)
