"""What a person without a mouse does in the window."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from occviewer.document import commands

from ..latent.spaces import code_of, small_model

ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def canvas(without_model):
    window, _ = without_model
    window.show_gallery(False)
    window.actions_["view.front"].trigger()
    return window.viewport.canvas


def distance(camera):
    return np.linalg.norm(np.subtract(camera.position, camera.focal_point))


def test_arrows_turn_the_view_around_what_is_looked_at(canvas, qtbot):
    camera = canvas.camera
    target, far = camera.focal_point, distance(camera)
    for _ in range(9):
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert camera.position[0] == pytest.approx(far, rel=1e-3), "a quarter to the right"
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert camera.position[1] > 0.1
    assert camera.focal_point == target
    assert distance(camera) == pytest.approx(far)
    for _ in range(30):  # over the top, and further
        qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert np.isfinite(camera.position).all()


def test_shift_and_arrows_move_the_view_and_plus_and_minus_go_nearer_and_away(canvas, qtbot):
    camera = canvas.camera
    far, before = distance(camera), np.array(camera.focal_point)
    qtbot.keyClick(canvas, Qt.Key.Key_Right, SHIFT)
    qtbot.keyClick(canvas, Qt.Key.Key_Up, SHIFT)
    moved = np.array(camera.focal_point) - before
    assert moved[0] > 0.01
    assert moved[1] > 0.01
    assert distance(camera) == pytest.approx(far)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert distance(camera) < 0.95 * far
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert distance(camera) == pytest.approx(far)


def test_each_panel_is_reached_by_a_key_that_gives_it_the_keyboard(without_model):
    window, controller = without_model
    controller.do(commands.set_threshold, 0.4)  # so that there is a step in the history
    names = [name for name in window.actions_.specs if name.startswith("panel.")]
    panels = {
        "source": window.sources, "model": window.model, "mesh": window.extraction,
        "latent": window.latent, "blend": window.blend, "history": window.history,
        "shelf": window.shelf, "samples": window.sampler, "track": window.track,
        "view": window.viewport,
    }  # fmt: skip
    assert {name.removeprefix("panel.") for name in names} == set(panels)
    keys = []
    for name, panel in panels.items():
        action = window.actions_[f"panel.{name}"]
        keys.append(action.shortcut().toString())
        action.trigger()
        QApplication.processEvents()
        assert name == "view" or panel.isVisible(), "also where another panel was before it"
        if name not in ("latent", "view"):  # without a model it has no sliders
            assert panel is window.focusWidget() or panel.isAncestorOf(window.focusWidget()), name
    assert keys[-1] == "Alt+0"
    assert len(set(keys)) == len(panels)


def test_shapes_on_the_shelf_are_moved_by_alt_and_arrows(without_model, tmp_path, qtbot):
    window, controller = without_model
    code = code_of(small_model(tmp_path))
    for name in "abc":
        controller.do(commands.capture_code, code, name)

    def names():
        return "".join(entry.name for entry in controller.document.shelf)

    window.shelf.item(0).setSelected(True)
    for wanted in ("bac", "bca", "bca"):
        qtbot.keyClick(window.shelf, Qt.Key.Key_Right, ALT)
        assert names() == wanted
    window.shelf.item(1).setSelected(True)  # and the one that was moved
    qtbot.keyClick(window.shelf, Qt.Key.Key_Left, ALT)
    assert names() == "cab"
    controller.history.undo()
    assert names() == "bca"
