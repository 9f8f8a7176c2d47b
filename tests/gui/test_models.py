"""Models that open, that do not, and how the panel names them."""

import shutil

from PySide6.QtWidgets import QPushButton

from ..latent.spaces import small_model

LONG = 30_000


def choices(window):
    box = window.model.models
    return [box.itemText(row) for row in range(box.count())], box.currentText()


def rest(controller, qtbot):
    qtbot.waitUntil(lambda: not controller.compute.busy(), timeout=LONG)


def test_a_model_that_does_not_open_can_be_tried_again_or_undone(opened, qtbot, tmp_path):
    window, controller = opened
    good = small_model(tmp_path).path
    bad = tmp_path / "mine.safetensors"
    bad.write_bytes(b"nothing")
    controller.choose_model(str(bad))
    rest(controller, qtbot)
    (message,) = window.messages.shown()
    assert choices(window)[1] == "mine.safetensors"
    assert window.model.devices.count() > 0
    answers = {b.text(): b for b in message.findChildren(QPushButton)}
    assert "Undo" in answers
    shutil.copyfile(good, bad)
    answers["Try again"].click()
    rest(controller, qtbot)
    assert controller.pipeline.ready
    assert controller.pipeline.model.path == bad


def test_an_own_model_with_the_name_of_one_that_ships_is_not_taken_for_it(opened, qtbot, tmp_path):
    window, controller = opened
    own = shutil.copyfile(small_model(tmp_path).path, tmp_path / "furniture.safetensors")
    own.with_suffix(".md").write_bytes(b"Made by Ren\xe9.")
    controller.choose_model(str(own))
    rest(controller, qtbot)
    assert choices(window)[1] == "furniture.safetensors"
    window.raise_panel(window.model)
    qtbot.waitUntil(lambda: "Made by Ren" in window.model.card.toPlainText())
    controller.choose_model(str(tmp_path / "house.safetensors"))
    rest(controller, qtbot)
    names, chosen = choices(window)
    assert chosen == "house.safetensors"
    assert {"furniture", "furniture.safetensors"} <= set(names), "what was opened stays at hand"
