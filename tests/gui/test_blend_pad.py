"""The pad that blends four shapes, as a person moves on it."""

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDropEvent

from occviewer.document import commands
from occviewer.gui.blend_control import weights_at
from occviewer.gui.panels.blend_square import CORNERS

from .latent_windows import choose_latent_model, import_ellipsoid, settled, wait

SIDES = ((2, 1, 0.5), (0.5, 1, 1), (1, 0.4, 1), (1, 1, 0.7))


@pytest.fixture
def window_of_toy(opened, qtbot, tmp_path):
    choose_latent_model(opened[1], qtbot, tmp_path)
    return opened


@pytest.fixture
def filled(window_of_toy, qtbot):
    """A pad with four shapes, and their meshes."""
    window, controller = window_of_toy
    meshes = []
    for corner, sides in enumerate(SIDES):
        meshes.append(import_ellipsoid(controller, qtbot, *sides))
        window.blend.corners[corner].current_wanted.emit()
    wait(controller, qtbot)
    return window, controller, meshes


def place(square, u, v):
    return square._point(u, v).toPoint()


def drag(window, qtbot, *ways):
    """Drag the handle through positions (u, v)."""
    square = window.blend.square
    qtbot.mousePress(square, Qt.MouseButton.LeftButton, pos=place(square, *ways[0]))
    for way in ways[1:]:
        qtbot.mouseMove(square, place(square, *way))
        qtbot.wait(10)
    qtbot.mouseRelease(square, Qt.MouseButton.LeftButton, pos=place(square, *ways[-1]))


def show(window):
    """Bring the pad to the front, as by a click on its tab."""
    dock = window.blend.parent().parent().parent()
    dock.raise_()
    window.repaint()


def test_the_shape_at_hand_is_captured_once_and_stands_at_a_corner(window_of_toy, qtbot):
    window, controller = window_of_toy
    import_ellipsoid(controller, qtbot, *SIDES[0])
    corner = window.blend.corners[2]
    assert not window.blend.square.isEnabled()
    corner.menu_of_choices().actions()[0].trigger()
    window.blend.corners[1].menu_of_choices().actions()[0].trigger()
    qtbot.waitUntil(lambda: bool(controller.document.shelf[0].preview), timeout=60_000)
    (entry,) = controller.document.shelf
    assert controller.document.pad.corners == (None, entry.id, entry.id, None)
    assert corner.item.preview == entry.preview
    assert entry.name in corner.accessibleName()
    assert window.blend.square.isEnabled()
    wait(controller, qtbot)


def test_each_corner_gives_its_shape(filled, qtbot):
    window, controller, meshes = filled
    for (u, v), mesh in zip(CORNERS, meshes, strict=True):
        window.blend.square._move(u, v)
        shown = wait(controller, qtbot)
        assert (controller.document.pad.u, controller.document.pad.v) == (u, v)
        assert shown.volume == pytest.approx(mesh.volume, rel=1e-3)
        np.testing.assert_allclose(shown.bounds, mesh.bounds, atol=1e-3)


def test_a_drag_is_one_step_that_undo_takes_back_whole(filled, qtbot):
    window, controller, meshes = filled
    show(window)
    steps, live = len(controller.history.titles), []
    controller.pipeline.meshed.connect(live.append)
    ways = [(0.5 + 0.01 * n, 0.5 - 0.008 * n) for n in range(40)]
    drag(window, qtbot, *ways)
    blended = wait(controller, qtbot)
    assert len(controller.history.titles) == steps + 1
    assert controller.history.undo_title.startswith("Blend at (0.8")
    assert any(result.live for result in live)
    assert controller.document.pad.u == pytest.approx(0.89, abs=0.02)
    assert controller.document.shape.edit.detail == 1
    assert all(blended.volume != pytest.approx(mesh.volume, rel=1e-3) for mesh in meshes)
    window.actions_["edit.undo"].trigger()
    assert wait(controller, qtbot).volume == pytest.approx(meshes[3].volume)
    assert (window.blend.square.u, window.blend.square.v) == (0.5, 0.5)
    assert controller.latent.facts.position  # the sliders know the shape again
    window.actions_["edit.redo"].trigger()
    assert wait(controller, qtbot).volume == pytest.approx(blended.volume)
    assert window.messages.shown() == []


def test_two_drags_are_two_steps(filled, qtbot):
    window, controller, _ = filled
    show(window)
    steps = len(controller.history.titles)
    for ways in (((0.2, 0.2), (0.3, 0.3)), ((0.6, 0.7), (0.7, 0.7))):
        drag(window, qtbot, *ways)
        wait(controller, qtbot)
    assert len(controller.history.titles) == steps + 2


def test_what_is_undone_while_it_is_blended_stays_undone(filled, qtbot):
    window, controller, _ = filled
    window.blend.square._move(0.1, 0.9)
    window.actions_["edit.undo"].trigger()
    before = controller.document
    wait(controller, qtbot)
    assert controller.document.shape is before.shape
    assert (window.blend.square.u, window.blend.square.v) == (before.pad.u, before.pad.v)


def test_arrow_keys_move_the_handle_and_home_takes_it_back(filled, qtbot):
    window, controller, _ = filled
    square, steps = window.blend.square, len(controller.history.titles)
    for _ in range(3):
        qtbot.keyPress(square, Qt.Key.Key_Right)
    qtbot.keyRelease(square, Qt.Key.Key_Right)
    qtbot.keyClick(square, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    wait(controller, qtbot)
    assert (square.u, square.v) == pytest.approx((0.56, 0.6))
    assert (controller.document.pad.u, controller.document.pad.v) == pytest.approx((0.56, 0.6))
    assert "56 % to the right" in square.accessibleDescription()
    qtbot.keyClick(square, Qt.Key.Key_Home)
    wait(controller, qtbot)
    assert (controller.document.pad.u, controller.document.pad.v) == (0.5, 0.5)
    assert steps < len(controller.history.titles) <= steps + 3


def test_empty_corners_are_left_out_and_the_others_count_in_proportion(filled, qtbot):
    window, controller, meshes = filled
    empty = window.blend.corners[3]
    empty.menu_of_choices().actions()[-1].trigger()
    assert controller.document.pad.corners[3] is None
    assert weights_at(controller.document, 0.5, 0.5) == pytest.approx((1 / 3, 1 / 3, 1 / 3, 0))
    qtbot.keyClick(window.blend.corners[2], Qt.Key.Key_Delete)
    qtbot.keyClick(window.blend.corners[1], Qt.Key.Key_Delete)
    assert "empty" in window.blend.corners[1].accessibleName()
    window.blend.square._move(1, 1)  # at an empty corner, with one shape left
    assert wait(controller, qtbot).volume == pytest.approx(meshes[0].volume, rel=1e-3)
    qtbot.keyClick(window.blend.corners[0], Qt.Key.Key_Delete)
    assert weights_at(controller.document, 0.5, 0.5) == (0, 0, 0, 0)
    assert not window.blend.square.isEnabled()
    assert window.blend.hint.isVisibleTo(window.blend)


def test_shapes_with_moved_sliders_blend_as_they_stand(window_of_toy, qtbot):
    window, controller = window_of_toy
    import_ellipsoid(controller, qtbot, *SIDES[0])
    window.latent.rows[0].value.number.setValue(1.5)
    slid = wait(controller, qtbot)
    window.blend.corners[0].current_wanted.emit()
    import_ellipsoid(controller, qtbot, *SIDES[1])
    window.blend.square._move(0, 0)
    assert wait(controller, qtbot).volume == pytest.approx(slid.volume, rel=1e-3)
    assert window.latent.rows[0].value.value() == 0  # the blend is a shape of its own


def test_a_shape_is_dragged_from_the_shelf_and_stays_there(filled, qtbot):
    window, controller, _ = filled
    shelf, corner = window.shelf, window.blend.corners[3]
    first = controller.document.shelf[0].id
    shelf.item(0).setSelected(True)

    class FromShelf(QDropEvent):
        """A drop as the shelf begins it; a real drag needs a hand."""

        def source(self):
            return shelf

    drop = FromShelf(
        QPoint(5, 5),
        Qt.DropAction.MoveAction,
        QMimeData(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    corner.dropEvent(drop)
    assert controller.document.pad.corners[3] == first
    assert corner.item.key == first
    assert drop.dropAction() != Qt.DropAction.MoveAction  # or the shelf would let go of it
    assert shelf.count() == len(SIDES)


def test_shapes_of_another_model_are_left_out(filled, qtbot):
    window, controller, _ = filled
    controller.choose_model("furniture")
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=60_000)
    assert weights_at(controller.document, 0.5, 0.5) == (0, 0, 0, 0)
    assert not window.blend.square.isEnabled()
    assert "another model" in window.blend.corners[0].toolTip()
    choices = window.blend.corners[0].menu_of_choices()
    shapes = [action for action in choices.actions() if action.text().startswith("Shape")]
    assert len(shapes) == len(SIDES)
    assert not any(action.isEnabled() for action in shapes)
    choices.close()


def test_a_deleted_shape_leaves_its_corner(filled, qtbot):
    window, controller, _ = filled
    controller.do(commands.delete, [controller.document.shelf[1].id])
    assert window.blend.corners[1].item is None
    window.actions_["edit.undo"].trigger()
    assert window.blend.corners[1].item is not None


def test_it_closes_while_it_blends(filled, qtbot):
    window, controller, _ = filled
    for n in range(20):
        window.blend.square._move(n / 20, 0.3)
    controller.history.mark_saved()
    window.close()
