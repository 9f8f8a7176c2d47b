"""Tools are taken up, used and laid aside, by keys and in the middle of a drag."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from .hands import CHAIR, RIGHT, grip, hand_with


def test_tools_need_a_cloud(opened, qtbot):
    window, controller = opened
    tools = [f"tool.{name}" for name in ("move", "crop", "lasso", "brush")]
    assert not any(window.actions_[name].isEnabled() for name in tools)
    hand = hand_with(CHAIR, opened, qtbot)
    assert all(window.actions_[name].isEnabled() for name in tools)
    hand.take("crop")
    controller.history.mark_saved()
    window.actions_["file.new"].trigger()
    assert controller.tools.tool == ""
    assert not any(window.actions_[name].isEnabled() for name in tools)


def test_escape_leaves_the_tool_and_gives_the_key_back(hand, qtbot):
    hand.take("lasso")
    assert hand.controller.tools.tool == "lasso"
    hand.press((20, 20))
    hand.move((60, 60))
    keys = [key.toString() for key in hand.window.actions_["tool.camera"].shortcuts()]
    assert "Esc" in keys  # wherever the focus is
    qtbot.keyClick(hand.canvas, Qt.Key.Key_Escape)
    assert hand.controller.tools.tool == ""
    assert hand.window.actions_["tool.camera"].isChecked()
    assert len(hand.left) == len(hand.source.cloud)
    camera = hand.canvas.camera.position
    hand.drag((60, 60), (120, 90), steps=4)
    assert hand.canvas.camera.position != camera
    escape = [key.toString() for key in hand.window.actions_["shape.cancel"].shortcuts()]
    assert escape == ["Esc"]


def test_the_right_button_and_space_turn_the_camera_while_a_tool_is_at_hand(hand, qtbot):
    hand.take("lasso")
    first = hand.canvas.camera.position
    hand.drag((60, 60), (120, 90), steps=4, button=RIGHT)
    second = hand.canvas.camera.position
    assert np.linalg.norm(second) == pytest.approx(np.linalg.norm(first), rel=0.05)  # no zoom
    assert second != first
    qtbot.keyPress(hand.canvas, Qt.Key.Key_Space)
    hand.drag((60, 60), (120, 90), steps=4)
    qtbot.keyRelease(hand.canvas, Qt.Key.Key_Space)
    assert hand.canvas.camera.position != second
    assert len(hand.left) == len(hand.source.cloud)


def test_undo_in_the_middle_of_a_drag_ends_it(hand):
    hand.take("move")
    start = grip(hand, "move y")
    hand.press(start)
    hand.move(start - [0, 20])
    hand.window.actions_["edit.undo"].trigger()
    before = hand.controller.document
    hand.move(start - [0, 40])
    assert hand.controller.document is before
    hand.release(start - [0, 40])
    hand.settle()


@pytest.mark.parametrize("tool", ["lasso", "brush", "move", "crop"])
def test_closing_in_the_middle_of_a_drag_leaves_nothing(hand, tool):
    observers = hand.canvas.renderer.HasObserver("EndEvent")
    hand.take(tool)
    at = grip(hand, "move y") if tool == "move" else (200, 150)
    hand.press(at)
    hand.move((210, 180))
    hand.controller.history.mark_saved()
    renderer = hand.canvas.renderer
    hand.window.close()
    assert not hand.window.isVisible()
    assert hand.controller.tools.tool == ""
    assert renderer.HasObserver("EndEvent") == observers
    hand.move((220, 190))  # a late event of the mouse
