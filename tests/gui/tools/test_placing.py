"""The cloud is moved, turned, thinned and made noisy; the shape follows."""

import numpy as np
import pytest

from occviewer.meshes import Mesh

from .hands import ARMCHAIR, CHAIR, LONG, grip, hand_with


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
        "PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(exported), "")
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


def test_the_heading_turns_about_the_axis_that_was_found(hand):
    panel = hand.window.source
    found = hand.controller.document.shape.code.facts["alignment"]
    assert panel.yaw.value() == pytest.approx((found["yaw"] + 180) % 360 - 180, abs=1)
    panel.yaw.number.setValue(10)
    assert hand.source.placing.up == found["up"]
    assert hand.source.placing.yaw == 10
    hand.settle()


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
