"""Sliders through the latent space, as a person moves them."""

import shlex
from dataclasses import replace
from itertools import zip_longest

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from occviewer.cli import main
from occviewer.document import commands
from occviewer.extraction import EXPORT_REFINEMENT
from occviewer.meshes import Mesh

from .latent_windows import choose_latent_model, ellipsoid, import_ellipsoid, settled, wait

LONG = 60_000


@pytest.fixture
def shape(opened, qtbot, tmp_path):
    window, controller = opened
    choose_latent_model(controller, qtbot, tmp_path)
    import_ellipsoid(controller, qtbot, 2, 1, 0.5)
    return window, controller


def drag(slider, places, qtbot, pause=0):
    slider.setSliderDown(True)
    for place in places:
        slider.setValue(place)
        if pause:
            qtbot.wait(pause)
    slider.setSliderDown(False)


def type_number(row, value):
    row.value.number.setValue(value)


def offsets(controller):
    return controller.document.shape.edit.offsets


def same_mesh(one, other):
    return np.array_equal(one.vertices, other.vertices) and np.array_equal(one.faces, other.faces)


def test_there_is_a_slider_for_each_axis_that_reaches_as_far_as_the_training_shapes(shape):
    window, controller = shape
    panel, facts = window.latent, controller.latent.facts
    assert len(facts.position) == 6
    assert [row.isVisibleTo(panel) for row in panel.rows] == [True] * 6 + [False] * 2
    for row, (low, high) in zip(panel.rows, facts.reach, strict=False):
        number = row.value.number
        assert low - 0.2 <= number.minimum() <= low
        assert high <= number.maximum() <= high + 0.2
        assert row.value.value() == 0
    assert "50 %" in panel.rows[0].label.toolTip()
    assert not panel.more.isVisibleTo(panel)


def test_a_drag_is_one_step_and_the_mesh_follows_live(shape, qtbot):
    window, controller = shape
    before, steps = controller.display.result.mesh, len(controller.history.titles)
    meshes = []
    controller.pipeline.meshed.connect(meshes.append)
    row = window.latent.rows[0]
    drag(row.value.slider, range(500, 900, 20), qtbot, pause=20)
    after = wait(controller, qtbot)
    assert len(controller.history.titles) == steps + 1
    assert controller.history.undo_title.startswith("Axis 1: +")
    assert any(result.live for result in meshes)
    assert not same_mesh(after, before)
    window.actions_["edit.undo"].trigger()
    assert same_mesh(wait(controller, qtbot), before)
    assert row.value.value() == 0
    drag(row.value.slider, [600], qtbot)
    drag(row.value.slider, [700], qtbot)
    assert len(controller.history.titles) == steps + 2


def test_two_hundred_moves_end_with_the_mesh_of_the_last_place(shape, qtbot):
    window, controller = shape
    rows = window.latent.rows
    for number in range(200):
        slider = rows[number % 3].value.slider
        drag(slider, [(number * 37) % 1000], qtbot)
        if number % 25 == 0:
            qtbot.wait(5)
    ended = wait(controller, qtbot)
    assert window.messages.shown() == []
    edit = controller.document.shape.edit
    expected = controller.studio.mesh(
        controller.document.shape.code,
        edit,
        controller.document.extraction,
        live=False,
        cancel=lambda: False,
    )
    assert same_mesh(ended, expected.mesh)
    assert [row.value.value() for row in rows[:3]] == pytest.approx(edit.offsets)


def test_a_number_is_taken_exactly_and_typing_is_a_step_each(shape, qtbot):
    window, controller = shape
    steps = len(controller.history.titles)
    type_number(window.latent.rows[1], 0.73)
    type_number(window.latent.rows[1], -0.31)
    assert offsets(controller) == (0, -0.31)
    assert len(controller.history.titles) == steps + 2
    wait(controller, qtbot)


def test_a_held_arrow_key_is_one_step(shape, qtbot):
    window, controller = shape
    slider, steps = window.latent.rows[0].value.slider, len(controller.history.titles)
    for _ in range(4):
        qtbot.keyPress(slider, Qt.Key.Key_Right)
    qtbot.keyRelease(slider, Qt.Key.Key_Right)
    once = offsets(controller)[0]
    assert once > 0
    assert len(controller.history.titles) == steps + 1
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert 0 < offsets(controller)[0] < once
    assert len(controller.history.titles) == steps + 2
    wait(controller, qtbot)


def test_a_double_click_resets_an_axis_in_one_step(shape, qtbot):
    window, controller = shape
    row = window.latent.rows[0]
    type_number(row, 1.0)
    steps = len(controller.history.titles)
    at = QPoint(row.value.slider.width() // 4, row.value.slider.height() // 2)
    qtbot.mouseClick(row.value.slider, Qt.MouseButton.LeftButton, pos=at)
    assert offsets(controller)[0] < 0  # the handle came to where it was clicked
    qtbot.mouseDClick(row.value.slider, Qt.MouseButton.LeftButton, pos=at)
    assert offsets(controller) == ()
    assert row.value.value() == 0
    assert controller.history.undo_title == "Reset axis 1"
    assert len(controller.history.titles) == steps + 1
    window.actions_["edit.undo"].trigger()
    assert offsets(controller) == (1.0,)
    wait(controller, qtbot)


def test_a_locked_axis_stays(shape, qtbot):
    window, controller = shape
    rows = window.latent.rows
    type_number(rows[0], 0.5)
    type_number(rows[1], 0.5)
    before = wait(controller, qtbot)
    rows[0].lock.click()
    assert controller.history.undo_title == "Lock axis 1"
    assert not rows[0].value.isEnabled()
    assert same_mesh(wait(controller, qtbot), before)
    window.actions_["latent.randomise"].trigger()
    assert offsets(controller)[0] == 0.5
    assert offsets(controller)[1] != 0.5
    window.actions_["latent.reset"].trigger()
    assert offsets(controller) == (0.5,)
    assert not window.actions_["latent.reset"].isEnabled()  # nothing is left that may move
    rows[0].lock.click()
    assert rows[0].value.isEnabled()
    window.latent.reset.click()
    assert offsets(controller) == ()
    wait(controller, qtbot)


def test_all_axes_are_reset_at_once(shape, qtbot):
    window, controller = shape
    before = controller.display.result.mesh
    assert not window.latent.reset.isEnabled()
    for row in window.latent.rows[:4]:
        type_number(row, 0.4)
    assert not same_mesh(wait(controller, qtbot), before)
    window.latent.reset.click()
    assert same_mesh(wait(controller, qtbot), before)
    assert [row.value.value() for row in window.latent.rows[:4]] == [0] * 4


def test_random_steps_differ_each_time_and_undo_brings_the_same_mesh_back(shape, qtbot):
    window, controller = shape
    before = controller.display.result.mesh
    window.latent.randomise.click()
    first = offsets(controller)
    assert not same_mesh(wait(controller, qtbot), before)
    reach = controller.latent.facts.reach
    for offset, (low, high) in zip_longest(first, reach, fillvalue=0.0):  # zeros at the end go
        assert low <= offset <= high
    window.actions_["edit.undo"].trigger()
    assert same_mesh(wait(controller, qtbot), before)
    window.actions_["latent.randomise"].trigger()
    assert offsets(controller) not in ((), first)
    wait(controller, qtbot)


def test_detail_shows_more_or_less_of_the_scan(shape, qtbot):
    window, controller = shape
    whole, steps = controller.display.result.mesh, len(controller.history.titles)
    detail = window.latent.detail
    assert detail.value() == 1
    drag(detail.slider, range(1000, -1, -100), qtbot)
    without = wait(controller, qtbot)
    assert detail.value() == 0
    assert without.volume < 0.5 * whole.volume
    assert len(controller.history.titles) == steps + 1
    qtbot.mouseDClick(detail.slider, Qt.MouseButton.LeftButton)
    assert same_mesh(wait(controller, qtbot), whole)


def test_a_sample_begins_without_detail(shape, qtbot):
    window, controller = shape
    (sample,) = controller.studio.latent.samples(1, 0, 0.5)
    controller.do(commands.take_code, sample)
    wait(controller, qtbot)
    assert window.latent.detail.value() == 0
    assert window.latent.rows[0].isVisibleTo(window.latent)


def test_another_shape_moves_the_ranges_and_keeps_the_widgets(shape, qtbot):
    window, controller = shape
    rows, before = list(window.latent.rows), window.latent.rows[2].value.number.maximum()
    type_number(rows[0], 0.5)
    (sample,) = controller.studio.latent.samples(1, 0, 1.5)
    controller.do(commands.take_code, sample)
    wait(controller, qtbot)
    assert window.latent.rows == rows
    assert rows[0].value.value() == 0
    assert rows[2].value.number.maximum() != before
    low, high = controller.latent.facts.reach[2]
    assert rows[2].value.number.maximum() == pytest.approx(high, abs=0.16)


def test_an_undo_during_a_drag_is_shown_when_the_hand_lets_go(shape, qtbot):
    window, controller = shape
    slider = window.latent.rows[0].value.slider
    slider.setSliderDown(True)
    slider.setValue(900)
    window.actions_["edit.undo"].trigger()
    slider.setSliderDown(False)
    assert offsets(controller) == ()
    assert window.latent.rows[0].value.value() == 0
    wait(controller, qtbot)


def test_a_shape_beyond_the_ranges_is_shown_as_it_is(shape, qtbot):
    window, controller = shape
    controller.do(commands.slide, 0, 7.5)
    assert window.latent.rows[0].value.value() == 7.5
    controller.do(commands.slide, 0, 0.5)
    assert window.latent.rows[0].value.number.maximum() < 7
    wait(controller, qtbot)


def test_more_axes_than_fit_are_shown_on_demand(opened):
    from occviewer.document.shape import LatentEdit
    from occviewer.gui.latent_studio import LatentFacts

    panel = opened[0].latent
    panel.show_facts(LatentFacts((0.0,) * 100, ((-1.0, 1.0),) * 100, (0.01,) * 100))
    panel.show_edit(LatentEdit((0.0,) * 9 + (0.5,)))
    visible = lambda: [row.axis for row in panel.rows if row.isVisibleTo(panel)]  # noqa: E731
    assert visible() == list(range(8))
    assert panel.more.text() == "Show 24 more axes, 1 moved"
    panel.more.click()
    assert visible() == list(range(32))
    assert panel.rows[9].value.value() == 0.5
    panel.more.click()
    assert visible() == list(range(8))


def test_without_a_shape_the_panel_says_how_to_get_one(opened):
    window, _ = opened
    assert "Open a scan" in window.latent.message.text()
    assert not window.latent.sliders.isVisibleTo(window.latent)
    assert not window.actions_["latent.randomise"].isEnabled()


def plain_checkpoint(folder):
    """A checkpoint without a latent space."""
    from occviewer.models import save_checkpoint

    from ..latent.spaces import INFO
    from ..models.conftest import with_surface
    from ..networks.small import small_network

    path = folder / "plain.safetensors"
    save_checkpoint(path, with_surface(small_network()), replace(INFO, name="plain"))
    return path


def test_a_model_without_a_latent_space_says_why_there_are_no_sliders(opened, qtbot, tmp_path):
    window, controller = opened
    controller.choose_model(str(plain_checkpoint(tmp_path)))
    import_ellipsoid(controller, qtbot, 2, 1, 0.5)
    qtbot.waitUntil(lambda: "plain" in window.latent.message.text(), timeout=LONG)
    assert "without a latent vector" in window.latent.message.text()
    assert not window.latent.sliders.isVisibleTo(window.latent)
    assert not window.actions_["latent.reset"].isEnabled()
    assert window.messages.shown() == []
    wait(controller, qtbot)


def test_undo_of_another_model_brings_its_sliders_back(shape, qtbot, tmp_path):
    window, controller = shape
    type_number(window.latent.rows[0], 0.6)
    before = wait(controller, qtbot)
    controller.choose_model(str(plain_checkpoint(tmp_path)))
    qtbot.waitUntil(
        lambda: controller.pipeline.ready and controller.document.shape.code is not None,
        timeout=LONG,
    )
    wait(controller, qtbot)
    assert window.latent.message.isVisibleTo(window.latent)
    window.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: controller.pipeline.ready, timeout=LONG)
    assert same_mesh(wait(controller, qtbot), before)
    assert window.latent.rows[0].isVisibleTo(window.latent)
    assert window.latent.rows[0].value.value() == 0.6
    assert window.messages.shown() == []


def test_a_session_brings_the_sliders_back(shape, qtbot, tmp_path):
    window, controller = shape
    rows = window.latent.rows
    type_number(rows[0], 0.8)
    type_number(rows[3], -0.6)
    rows[3].lock.click()
    window.latent.detail.number.setValue(0.75)
    before = wait(controller, qtbot)
    controller.files.session = tmp_path / "slid.occ"
    window.actions_["file.save"].trigger()
    qtbot.waitUntil(lambda: not window.isWindowModified(), timeout=LONG)
    window.actions_["file.new"].trigger()
    qtbot.waitUntil(lambda: "Open a scan" in window.latent.message.text(), timeout=LONG)
    controller.files.open_session(tmp_path / "slid.occ")
    qtbot.waitUntil(lambda: controller.document.shape.code is not None, timeout=LONG)
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=LONG)
    assert same_mesh(controller.display.result.mesh, before)
    assert rows[0].value.value() == 0.8
    assert rows[3].value.value() == -0.6
    assert rows[3].lock.isChecked()
    assert window.latent.detail.value() == 0.75


def test_the_copied_commands_make_the_shape_that_the_sliders_made(opened, qtbot, tmp_path):
    window, controller = opened
    choose_latent_model(controller, qtbot, tmp_path)
    ellipsoid(2, 1, 0.5).save(tmp_path / "scan.ply")
    controller.import_file(tmp_path / "scan.ply")
    qtbot.waitUntil(lambda: controller.document.shape.code is not None, timeout=LONG)
    controller.do(commands.set_resolution, 24)
    window.latent.rows[0].value.number.setValue(0.8)
    window.latent.rows[4].value.number.setValue(-0.5)
    window.latent.detail.number.setValue(0.9)
    wait(controller, qtbot)
    window.actions_["shape.command"].trigger()
    both = QGuiApplication.clipboard().text()
    encode, decode = both.split(" && ")
    assert "--offsets 0=0.8,4=-0.5 --detail 0.9" in decode
    for command in (encode, decode):
        program, *words = shlex.split(command)
        assert program == "occviewer"
        assert main([_inside(tmp_path, word) for word in words]) == 0
    made = Mesh.load(tmp_path / "scan.glb")
    shape = controller.document.shape
    exported = controller.studio.mesh(
        shape.code,
        shape.edit,
        controller.document.extraction,
        live=False,
        cancel=lambda: False,
        refine=EXPORT_REFINEMENT,
    )
    world = exported.mesh.placed(shape.code.placement)
    np.testing.assert_allclose(made.vertices, world.vertices, atol=1e-4)


def test_the_command_of_a_shape_without_a_scan_says_that_its_code_comes_first(shape, qtbot):
    window, controller = shape
    (sample,) = controller.studio.latent.samples(1, 0, 0.5)
    controller.do(commands.take_code, sample)
    type_number(window.latent.rows[0], 0.5)
    wait(controller, qtbot)
    window.actions_["shape.command"].trigger()
    command = QGuiApplication.clipboard().text()
    assert command.startswith("occviewer decode code.npz -o shape.glb")
    assert "--offsets" not in command  # the exported code is as the sliders say
    assert "# first write code.npz by File > Export code" in command


def _inside(folder, word):
    """Names of the files that a command writes, in a folder."""
    return str(folder / word) if word in ("scan.npz", "scan.glb") else word
