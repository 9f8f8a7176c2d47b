"""Points are deleted by lasso and brush, and left out by the crop box."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from occviewer.document import commands
from occviewer.document.source import Placing
from occviewer.gui.tools.cropping import FACES, CropBox
from occviewer.observations import PointCloud

from .hands import ALT, ARMCHAIR, CHAIR, LONG, NONE, SHIFT, Hand, hand_with, rectangle


@pytest.mark.parametrize("path", [CHAIR, ARMCHAIR])
def test_the_lasso_removes_exactly_what_it_goes_around_and_undo_brings_it_back(opened, qtbot, path):
    hand = hand_with(path, opened, qtbot)
    before, pixels = hand.left, hand.pixels()
    placement = hand.controller.document.shape.code.placement
    hand.take("lasso")
    border = float(np.quantile(pixels[:, 1], 0.6))
    hand.drag(*rectangle((-5, hand.canvas.width() + 5), (border, hand.canvas.height() + 5)))
    below = pixels[:, 1] > border
    clear = np.abs(pixels[:, 1] - border) > 0.01
    gone = ~np.isin(np.arange(len(pixels)), list(hand.left))
    assert (gone == below)[clear].all()
    assert 0.3 < gone.mean() < 0.5
    hand.settle()
    code = hand.controller.document.shape.code
    assert code.placement.as_dict() == placement.as_dict()  # it did not jump
    assert f"{gone.sum():,} deleted" in hand.window.source.about.text()
    hand.window.actions_["edit.undo"].trigger()
    assert hand.left == before


def test_shift_collects_alt_takes_out_and_delete_deletes(hand, qtbot):
    pixels, total = hand.pixels(), len(hand.left)
    (left, top), (_, bottom) = pixels.min(0) - 3, pixels.max(0) + 3
    middle = float(np.median(pixels[:, 0]))
    hand.take("lasso")
    options = hand.window.source.tools
    assert not options.delete.isEnabled()
    hand.drag(*rectangle((left, middle), (top, bottom)), modifiers=SHIFT)
    assert len(hand.left) == total
    hand.drag(*rectangle((left, middle), (top, (top + bottom) / 2)), modifiers=ALT)
    inside = (pixels[:, 0] < middle) & (pixels[:, 1] > (top + bottom) / 2)
    assert options.delete.text() == f"Delete {inside.sum():,}"
    qtbot.keyClick(hand.canvas, Qt.Key.Key_Delete)
    assert len(hand.left) == total - inside.sum()
    assert hand.controller.history.undo_title == f"Delete {inside.sum():,} points"
    assert not options.delete.isEnabled()


def test_only_what_was_collected_is_kept(hand):
    pixels = hand.pixels()
    border = float(np.median(pixels[:, 1]))
    hand.take("lasso")
    hand.drag(*rectangle((-5, 2000), (border, 2000)), modifiers=SHIFT)
    hand.window.source.tools.keep.click()
    assert hand.left == set(np.flatnonzero(pixels[:, 1] > border).tolist())


def test_a_stroke_of_the_brush_is_one_step(hand):
    pixels, before = hand.pixels(), hand.left
    steps = len(hand.controller.history.titles)
    hand.take("brush")
    hand.window.source.tools.radius.number.setValue(12)
    (left, top), (right, _) = pixels.min(0), pixels.max(0)
    start, end = np.array([left, top + 20]), np.array([right, top + 20])
    hand.press(start)
    for share in np.linspace(0, 1, 12):
        hand.move(start + share * (end - start))
    assert len(hand.left) < len(before)  # while it is drawn
    hand.release(end)
    under = np.abs(pixels[:, 1] - (top + 20)) <= 12
    gone = before - hand.left
    assert gone == set(np.flatnonzero(under).tolist())
    assert len(hand.controller.history.titles) == steps + 1
    assert hand.controller.history.undo_title == f"Brush: delete {len(gone):,} points"
    hand.drag(start + [0, 30], end + [0, 30])
    assert len(hand.controller.history.titles) == steps + 2
    hand.controller.history.undo()
    hand.controller.history.undo()
    assert hand.left == before


def test_the_size_of_the_brush_follows_keys_and_wheel(hand, qtbot):
    hand.take("brush")
    size = hand.window.source.tools.radius
    before, camera = size.value(), hand.canvas.camera.position
    qtbot.keyClick(hand.canvas, Qt.Key.Key_BracketRight)
    larger = size.value()
    assert larger > before
    centre = QPointF(50, 50)
    wheel = QWheelEvent(
        centre, hand.canvas.mapToGlobal(centre), centre.toPoint(), QPointF(0, -120).toPoint(), NONE,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(hand.canvas, wheel)
    assert size.value() < larger
    assert hand.canvas.camera.position == camera


def test_a_crop_box_is_dragged_applied_and_undone(hand):
    everything = hand.left
    hand.take("crop")
    options = hand.window.source.tools
    assert not options.apply.isEnabled()
    placement = hand.controller.display.cloud.placement
    box = CropBox.around(hand.source, placement)
    view = hand.controller.tools.view()
    top = FACES.index((1, 1))
    at = view.project(box.handle(top)[None])[0]
    lower = view.project((box.handle(top) - 0.4 * box.direction(top))[None])[0]
    steps = len(hand.controller.history.titles)
    hand.drag(at, lower, steps=6)
    assert len(hand.controller.history.titles) == steps + 1
    assert hand.controller.history.undo_title == "Add crop box"
    border = box.corners[:, 1].max() - 0.4
    inside = set(np.flatnonzero(placement.to_box(hand.source.cloud.points)[:, 1] < border).tolist())
    assert len(hand.left ^ inside) <= 2
    assert 0 < len(hand.left) < len(everything)
    assert "outside the crop box" in hand.window.source.about.text()
    kept = hand.left
    options.apply.click()
    assert hand.source.crop is None
    assert hand.left == kept
    hand.window.actions_["edit.undo"].trigger()
    options.remove.click()
    assert hand.left == everything
    hand.settle()


def test_points_come_back_by_the_button(hand):
    hand.controller.do(commands.in_place, commands.delete_points, np.arange(2000))
    assert hand.window.source.restore.isEnabled()
    hand.window.source.restore.click()
    assert len(hand.left) == len(hand.source.cloud)
    assert not hand.window.source.restore.isEnabled()


def test_too_few_points_are_a_sentence_and_change_nothing(hand):
    before = hand.controller.document
    hand.take("lasso")
    hand.drag(*rectangle((-5, 2000), (-5, 2000)))
    (message,) = hand.window.messages.shown()
    assert "keep more of the cloud" in message.sentence
    assert hand.controller.document is before
    hand.take("brush")
    hand.window.source.tools.radius.number.setValue(150)
    hand.drag((0, 0), (700, 0), (0, 100), (700, 200), (0, 300), (700, 400), steps=8)
    assert len(hand.left) >= 4
    assert len(hand.window.messages.shown()) <= 2


def test_points_that_are_not_drawn_are_deleted_as_well(opened, qtbot, tmp_path):
    cloud = PointCloud.load(CHAIR)
    random = np.random.default_rng(0)
    many = np.repeat(cloud.points, 12, axis=0)
    path = tmp_path / "many.npz"
    PointCloud(many + random.normal(0, 0.002, many.shape)).save(path)
    hand = hand_with(path, opened, qtbot)
    pixels = hand.pixels()
    assert len(hand.controller.display.cloud.shown) < len(pixels)
    hand.take("lasso")
    border = float(np.median(pixels[:, 1]))
    hand.drag(*rectangle((-5, 2000), (border, 2000)))
    kept = pixels[sorted(hand.left)]
    assert kept[:, 1].max() < border + 0.01
    assert len(hand.left) == pytest.approx(len(pixels) / 2, rel=0.01)


@pytest.mark.parametrize("tool", ["lasso", "brush"])
def test_millions_of_points_are_looked_for_in_the_compute_thread(hand, tool, qtbot, monkeypatch):
    monkeypatch.setattr("occviewer.gui.tools.finding._AT_ONCE", 1000)
    pixels, before, steps = hand.pixels(), hand.left, len(hand.controller.history.titles)
    border = float(np.quantile(pixels[:, 1], 0.6))
    hand.take(tool)
    hand.window.source.tools.radius.number.setValue(20)
    if tool == "lasso":
        hand.drag(*rectangle((-5, 2000), (border, 2000)))
        expected = set(np.flatnonzero(pixels[:, 1] > border).tolist())
    else:
        hand.drag((-5, border), (2000, border), steps=9)
        expected = set(np.flatnonzero(np.abs(pixels[:, 1] - border) <= 20).tolist())
    assert hand.left == before  # the window did not wait
    qtbot.waitUntil(lambda: hand.left != before, timeout=LONG)
    assert len((before - hand.left) ^ expected) <= 2
    assert len(hand.controller.history.titles) == steps + 1
    hand.settle()


def test_the_crop_box_of_millions_of_points_counts_when_it_is_let_go(hand, qtbot, monkeypatch):
    monkeypatch.setattr("occviewer.gui.tools.finding._AT_ONCE", 1000)
    before, steps = hand.left, len(hand.controller.history.titles)
    crop = hand.controller.tools._tools["crop"]
    hand.take("crop")
    qtbot.waitUntil(lambda: crop._box is not None, timeout=LONG)
    box, view = crop._box, hand.controller.tools.view()
    top = FACES.index((1, 1))
    at = view.project(box.handle(top)[None])[0]
    lower = view.project((box.handle(top) - 0.4 * box.direction(top))[None])[0]
    hand.press(at)
    hand.move(lower)
    assert crop._box.high[1] < box.high[1]  # the box is seen to follow
    assert hand.left == before
    hand.release(lower)
    qtbot.waitUntil(lambda: hand.left != before, timeout=LONG)
    border = box.corners[:, 1].max() - 0.4
    points = hand.controller.display.cloud.placement.to_box(hand.source.cloud.points)
    assert len(hand.left ^ set(np.flatnonzero(points[:, 1] < border).tolist())) <= 2
    assert len(hand.controller.history.titles) == steps + 1
    hand.settle()


def test_no_event_of_a_tool_takes_long_with_a_million_points(opened, qtbot, monkeypatch):
    window, controller = opened
    points = np.random.default_rng(0).normal(0, 0.1, (1_200_000, 3))
    controller.do(commands.import_cloud, PointCloud(points), None, Placing("none"))
    hand, history = Hand(window, controller, qtbot), controller.history
    hand.settle()
    code, seconds = controller.document.shape.code, {}
    # What the compute thread does meanwhile is not the question.
    monkeypatch.setattr(controller.studio, "encode", lambda *_: code)

    def timed(what, function, *arguments):
        began = time.thread_time()  # of this thread alone, whatever else the machine does
        function(*arguments)
        seconds[what] = time.thread_time() - began

    for tool in ("lasso", "brush", "crop"):
        steps = len(history.titles)
        timed(f"{tool}: take", window.actions_[f"tool.{tool}"].trigger)
        qtbot.waitUntil(lambda: not controller.compute.busy(), timeout=LONG)
        middle = np.array([hand.canvas.width(), hand.canvas.height()]) / 2
        places = [middle + at for at in ([-30, -30], [30, -30], [30, 30], [-30, 30])]
        if tool == "crop":
            box, view = controller.tools._tools["crop"]._box, controller.tools.view()
            places = [view.project(box.handle(FACES.index((1, 1)))[None])[0] + [0, n]
                      for n in range(0, 24, 6)]  # fmt: skip
        timed(f"{tool}: press", hand.press, places[0])
        for number, place in enumerate(places[1:]):
            timed(f"{tool}: move {number}", hand.move, place)
        timed(f"{tool}: release", hand.release, places[-1])
        qtbot.waitUntil(lambda n=steps: len(history.titles) > n, timeout=LONG)
        hand.settle()
    timed("undo", window.actions_["edit.undo"].trigger)
    assert max(seconds.values()) < 0.05, seconds
    hand.settle()
