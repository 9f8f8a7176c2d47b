"""What a person does with the tools in the 3D view, by mouse and keys."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from occviewer import assets
from occviewer.document import commands
from occviewer.gui.tools.cropping import FACES, CropBox
from occviewer.meshes import Mesh
from occviewer.observations import PointCloud

CHAIR = assets.resources() / "samples" / "chair_scan.ply"
ARMCHAIR = assets.resources() / "samples" / "armchair_scan.txt"
LONG = 60_000
LEFT, RIGHT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


class Hand:
    """The mouse over the 3D view of a window."""

    def __init__(self, window, controller, qtbot):
        self.window, self.controller, self.qtbot = window, controller, qtbot
        self.canvas = window.viewport.canvas

    def send(self, kind, at, button=LEFT, modifiers=PLAIN):
        moving, gone = kind == QEvent.Type.MouseMove, kind == QEvent.Type.MouseButtonRelease
        point = QPointF(*map(float, at))
        event = QMouseEvent(
            kind, point, self.canvas.mapToGlobal(point), NONE if moving else button,
            NONE if gone else button, modifiers,
        )  # fmt: skip
        QApplication.sendEvent(self.canvas, event)

    def press(self, at, **options):
        self.send(QEvent.Type.MouseButtonPress, at, **options)

    def move(self, at, **options):
        self.send(QEvent.Type.MouseMove, at, **options)

    def release(self, at, **options):
        self.send(QEvent.Type.MouseButtonRelease, at, **options)

    def drag(self, *places, steps=1, **options):
        self.press(places[0], **options)
        for start, end in zip(places, places[1:], strict=False):
            for share in np.linspace(0, 1, steps + 1)[1:]:
                self.move(np.array(start) * (1 - share) + np.array(end) * share, **options)
        self.release(places[-1], **options)

    def take(self, tool):
        self.window.actions_[f"tool.{tool}"].trigger()
        QApplication.processEvents()

    @property
    def source(self):
        return self.controller.document.shape.source

    @property
    def left(self):
        return set(self.source.working_indices().tolist())

    def pixels(self):
        """Pixels of all points by the code's placement, reckoned by VTK."""
        renderer = self.canvas.renderer
        placement = self.controller.display.cloud.placement
        world = self.source.cloud.points
        pixels = []
        for point in ((world - placement.centre) @ placement.rotation.T) * placement.scale:
            renderer.SetWorldPoint(*point, 1.0)
            renderer.WorldToDisplay()
            x, y, _ = renderer.GetDisplayPoint()
            pixels.append((x, self.canvas.height() - y))
        return np.array(pixels)

    def settle(self):
        self.qtbot.waitUntil(lambda: at_rest(self.controller), timeout=LONG)


def at_rest(controller):
    result = controller.display.result
    idle = controller.pipeline.settled and not controller.compute.busy()
    return idle and result is not None and not result.live


def hand_with(path, opened, qtbot):
    window, controller = opened
    controller.import_file(path)
    hand = Hand(window, controller, qtbot)
    qtbot.waitUntil(lambda: controller.document.shape.code is not None, timeout=LONG)
    hand.settle()
    window.viewport.look("front")
    window.viewport.picture()
    return hand


@pytest.fixture
def hand(opened, qtbot):
    return hand_with(CHAIR, opened, qtbot)


def rectangle(x, y):
    return [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1]), (x[0], y[0])]


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


def grip(hand, handle):
    gizmo = hand.controller.tools._tools["move"]._gizmo()
    line = gizmo.lines()[handle]
    return line[0] * 0.25 + line[-1] * 0.75


@pytest.mark.parametrize("path", [CHAIR, ARMCHAIR])
def test_the_cloud_is_moved_by_its_arrows_and_the_shape_follows(
    opened, qtbot, path, tmp_path, monkeypatch
):
    hand = hand_with(path, opened, qtbot)
    before = hand.controller.document.shape.code.placement
    live, encoded, encode = [], [], hand.controller.studio.encode
    hand.controller.pipeline.meshed.connect(live.append)
    monkeypatch.setattr(
        hand.controller.studio,
        "encode",
        lambda source, *rest: encoded.append(source) or encode(source, *rest),
    )
    hand.take("move")
    start = grip(hand, "move y")
    steps = len(hand.controller.history.titles)
    hand.press(start)
    for upwards in range(1, 16):
        hand.move(start - [0, upwards])
    qtbot.waitUntil(lambda: len(live) >= 1, timeout=LONG)
    for upwards in range(15, 41):
        hand.move(start - [0, upwards])
    hand.release(start - [0, 40])
    hand.settle()
    assert live[0].live  # it was shown before the mouse was let go
    assert len(encoded) <= len(live) + 1  # of 40 places only those that could be shown
    assert len(hand.controller.history.titles) == steps + 1
    assert hand.controller.history.undo_title == "Move cloud"
    placement = hand.source.placing.placement
    assert hand.controller.document.shape.code.placement is placement
    middle = hand.source.cloud.bounds.mean(0)[None]
    shift = placement.to_box(middle) - before.to_box(middle)
    assert shift[0, 1] > 0.1
    assert np.abs(shift[0, [0, 2]]).max() < 1e-5
    # The box stands still for the network, so it lies lower in the world than before.
    exported = tmp_path / "moved.glb"
    monkeypatch.setattr(
        "occviewer.gui.exports.QFileDialog.getSaveFileName", lambda *_: (str(exported), "")
    )
    dialog = hand.controller.exports.open_mesh()
    dialog.go_on.click()
    qtbot.waitUntil(exported.exists, timeout=LONG)
    hand.settle()
    mesh, shown = Mesh.load(exported), hand.controller.display.result.mesh
    near = np.abs(mesh.bounds - shown.placed(placement).bounds).max() * placement.scale
    far = np.abs(mesh.bounds - shown.placed(before).bounds).max() * placement.scale
    assert near < 0.04
    assert far > 0.1
    hand.controller.history.undo()
    hand.settle()
    assert hand.controller.document.shape.code.placement.as_dict() == before.as_dict()


def test_place_again_lets_the_model_search(hand):
    found = hand.controller.document.shape.code.placement
    hand.take("move")
    hand.window.source.tools.turn_wanted.emit(1)
    assert hand.window.source.up.currentText() == "Held in place"
    assert not hand.window.source.yaw.isEnabled()
    hand.settle()
    hand.window.source.place_again.click()
    assert hand.window.source.up.currentText() == "Automatic"
    hand.settle()
    assert hand.controller.document.shape.code.placement.as_dict() == found.as_dict()


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
    monkeypatch.setattr("occviewer.gui.tools.control._AT_ONCE", 1000)
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


def test_noise_and_thinning_follow_their_sliders_in_one_step_each(hand, qtbot):
    panel, history = hand.window.source, hand.controller.history
    placement = hand.controller.document.shape.code.placement
    for slider, place, what in (
        (panel.noise.slider, 400, "Noise"),
        (panel.subsample.slider, 500, "Use"),
    ):
        steps = len(history.titles)
        slider.setSliderDown(True)
        for step in range(200):
            slider.setValue(slider.value() + int(np.sign(place - slider.value())) * 5)
            if step % 50 == 0:
                qtbot.wait(30)
        slider.setSliderDown(False)
        assert len(history.titles) == steps + 1
        assert history.undo_title.startswith(what)
    hand.settle()
    source, code = hand.source, hand.controller.document.shape.code
    assert source.noise == pytest.approx(0.02, abs=1e-3)
    assert source.count == pytest.approx((4 * 6722) ** 0.5, rel=0.1)
    assert code.placement.as_dict() == placement.as_dict()
    assert "left out at random" in panel.about.text()
    seed = source.seed
    panel.draw_again.click()
    assert hand.source.seed == seed + 1
    panel.subsample.number.setValue(panel.subsample.number.maximum())
    assert hand.source.count is None
    hand.settle()


def test_the_heading_turns_about_the_axis_that_was_found(hand):
    panel = hand.window.source
    found = hand.controller.document.shape.code.facts["alignment"]
    assert panel.yaw.value() == pytest.approx((found["yaw"] + 180) % 360 - 180, abs=1)
    panel.yaw.number.setValue(10)
    assert hand.source.placing.up == found["up"]
    assert hand.source.placing.yaw == 10
    hand.settle()
