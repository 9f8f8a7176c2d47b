"""Conventions of published networks in the model panel: shown, changed, undone, and asked for."""

import numpy as np
import pytest
import torch
from PySide6.QtWidgets import QInputDialog, QPushButton

from .foreign_windows import drop, published, use, volume
from .latent_windows import LONG, settled, wait


def test_conventions_are_shown_changed_and_undone(opened, qtbot, tmp_path):
    window, controller = opened
    use(controller, qtbot, published(tmp_path, "voxel_simple"))
    panel = window.model.settings
    assert panel.isVisibleTo(window.model)
    about = window.model.about.text()
    assert "Occupancy Networks (Mescheder et al., CVPR 2019)" in about
    assert "Takes voxel grids (32³)" in about
    assert panel.fields["threshold"].text() == "0.2"
    assert panel.fields["normalisation"].currentText() == "box"
    assert "published default" in panel.fields["axes"].toolTip()
    first = drop(controller, qtbot, volume(tmp_path))
    assert not panel.reset.isEnabled()

    panel.fields["threshold"].setText("0.25")
    panel.fields["threshold"].editingFinished.emit()
    qtbot.waitUntil(lambda: controller.pipeline.ready, timeout=LONG)
    other = wait(controller, qtbot)
    assert not np.array_equal(other.vertices, first.vertices)
    assert controller.history.undo_title == "Model: threshold 0.25"
    assert window.extraction.threshold.value() == pytest.approx(0.25)
    assert "changed by you" in panel.fields["threshold"].toolTip()
    panel.reset.click()
    qtbot.waitUntil(lambda: controller.pipeline.ready, timeout=LONG)
    assert np.array_equal(wait(controller, qtbot).vertices, first.vertices)
    assert panel.fields["threshold"].text() == "0.2"


def test_what_cannot_be_is_said_and_undone(opened, qtbot, tmp_path):
    window, controller = opened
    use(controller, qtbot, published(tmp_path, "pointnet_simple"))
    panel = window.model.settings
    panel.fields["axes"].setText("xxz")
    panel.fields["axes"].editingFinished.emit()
    qtbot.waitUntil(lambda: len(window.messages.shown()) == 1, timeout=LONG)
    (message,) = window.messages.shown()
    answers = {button.text(): button for button in message.findChildren(QPushButton)}
    answers["Undo"].click()
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=LONG)
    assert panel.fields["axes"].text() == "xyz"


def test_the_model_that_ships_has_nothing_to_set(opened, qtbot):
    window, controller = opened
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=LONG)
    assert not window.model.settings.isVisibleTo(window.model)


def test_the_activation_is_asked_for_where_the_weights_do_not_tell(opened, qtbot, tmp_path):
    window, controller = opened
    generator = torch.Generator().manual_seed(2)
    sizes, arrays = (3, 32, 32, 1), {}
    for n, (size_in, size_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        weight = torch.randn(size_out, size_in, generator=generator) * 0.32 / size_in**0.5
        arrays[f"net.{n}.weight"], arrays[f"net.{n}.bias"] = weight.numpy(), np.zeros(size_out)
    np.savez(tmp_path / "shape.npz", **arrays)
    qtbot.waitUntil(lambda: controller.pipeline.ready, timeout=LONG)
    controller.files.open_all([tmp_path / "shape.npz"])
    qtbot.waitUntil(lambda: window.findChild(QInputDialog) is not None, timeout=LONG)
    question = window.findChild(QInputDialog)
    assert "relu or sine" in question.labelText()
    assert "--set" not in question.labelText()
    assert not any("--set" in message.sentence for message in window.messages.shown())
    question.setTextValue("sine")
    question.accept()
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=LONG)
    assert controller.pipeline.model.network.config["activation"] == "sine"
    assert window.model.settings.fields["activation"].currentText() == "sine"
    assert dict(controller.document.model.settings) == {"activation": "sine"}
    assert not window.messages.shown(), "what was asked is answered"
    assert len(wait(controller, qtbot).faces), "the only shape that there is"
    qtbot.waitUntil(lambda: "is one shape" in window.latent.message.text(), timeout=LONG)
    # The shape came with the model: one step back is the convention before, with its shape.
    steps = len(controller.history.titles)
    controller.model.set("inside", "positive")
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=LONG)
    assert len(controller.history.titles) == steps + 1
    controller.history.undo()
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=LONG)
    assert window.model.settings.fields["inside"].currentText() == "negative"
    assert len(wait(controller, qtbot).faces)
