"""From a picture to a mesh in its colours, and all of it undone, redone, saved and exported."""

import numpy as np
from PIL import Image as Pillow
from PySide6.QtGui import QGuiApplication

from occviewer.document import commands
from occviewer.gui.export_choice import ExportChoice
from occviewer.meshes import Mesh
from occviewer.meshes.export_options import preset

from .conftest import RED, block


def test_a_picture_becomes_a_mesh_in_its_colours(seeing, tmp_path):
    path = block(tmp_path)
    seeing.open(path)
    assert seeing.window.sources.page is seeing.page
    assert seeing.source.mask.method == "plain background"
    assert seeing.controller.picture.camera is not None
    shown, seconds = seeing.mesh, seeing.controller.display.result.seconds
    assert np.abs(shown.colors[:, :3].astype(int) - RED).mean() < 30
    assert seeing.page.textured.isChecked()

    seeing.page.textured.click()
    seeing.rest()
    assert seeing.mesh.colors is None
    again = seeing.controller.display.result.seconds
    assert again["extraction"] == seconds["extraction"], "only the colours are made anew"
    seeing.undo_all()
    assert seeing.shape.is_empty
    seeing.redo_all()
    seeing.window.actions_["edit.undo"].trigger()
    seeing.rest()
    assert np.array_equal(seeing.mesh.colors, shown.colors)

    seeing.window.actions_["shape.command"].trigger()
    command = QGuiApplication.clipboard().text()
    assert command.startswith(f"occviewer reconstruct {path} -o block.glb --model ")
    assert "--refine 0 --texture" in command
    assert "without this" not in command


def test_a_session_brings_picture_camera_mesh_and_colours_back(seeing, tmp_path):
    seeing.open(block(tmp_path))
    seeing.page.camera.azimuth.number.setValue(seeing.controller.picture.camera.azimuth + 20)
    seeing.rest()
    camera, mesh = seeing.source.camera, seeing.mesh
    seeing.controller.files.session = tmp_path / "work.occ"
    seeing.window.actions_["file.save"].trigger()
    seeing.rest()
    (tmp_path / "block.png").unlink()
    seeing.controller.files.new_session()
    seeing.rest()
    seeing.controller.files.open_session(tmp_path / "work.occ")
    seeing.qtbot.waitUntil(lambda: seeing.source is not None, timeout=10_000)
    seeing.rest()
    assert seeing.source.camera == camera
    assert np.array_equal(seeing.mesh.vertices, mesh.vertices)
    assert np.array_equal(seeing.mesh.colors, mesh.colors)
    assert seeing.page.camera.found.isEnabled()


def test_exports_carry_the_colours_of_the_picture(seeing, tmp_path):
    seeing.open(block(tmp_path))
    dialog = seeing.controller.exports.open_mesh()
    assert dialog.colours.currentText() == "Those of the picture"
    dialog.reject()
    for suffix in (".glb", ".ply", ".obj"):
        choice = ExportChoice("world", suffix, preset("world").options(suffix), "scan")
        seeing.controller.exports.write_mesh(choice, tmp_path / f"block{suffix}")
        seeing.rest()
        colours = Mesh.load(tmp_path / f"block{suffix}").colors
        assert np.abs(colours[:, :3].astype(int) - RED).mean() < 30


def test_several_pictures_become_several_shapes_and_one_that_is_broken_is_named(seeing, tmp_path):
    paths = [block(tmp_path, f"{name}.png") for name in ("one", "broken", "three")]
    paths[1].write_bytes(paths[1].read_bytes()[:60])
    seeing.controller.files.open_all(paths)
    seeing.qtbot.waitUntil(lambda: len(seeing.controller.document.shelf) == 2, timeout=30_000)
    seeing.rest()
    assert [entry.name for entry in seeing.controller.document.shelf] == ["one", "three"]
    assert any("Of 3 files 1 gave no shape: broken.png" in said for said in seeing.said)
    assert all(entry.preview for entry in seeing.controller.document.shelf)


def test_sliders_move_the_shape_of_a_picture_and_the_colours_stay(seeing, tmp_path):
    seeing.open(block(tmp_path))
    before = seeing.mesh
    seeing.controller.do(commands.slide, 0, 0.3)
    seeing.rest()
    assert not np.array_equal(seeing.mesh.vertices, before.vertices)
    assert np.abs(seeing.mesh.colors[:, :3].astype(int) - RED).mean() < 30


def test_the_shelf_shows_a_shape_in_the_colours_of_its_picture(seeing, tmp_path):
    import io

    seeing.open(block(tmp_path))
    seeing.window.actions_["shape.capture"].trigger()
    seeing.page.textured.click()
    seeing.window.actions_["shape.capture"].trigger()
    shelf = lambda: seeing.controller.document.shelf  # noqa: E731
    seeing.qtbot.waitUntil(lambda: all(entry.preview for entry in shelf()), timeout=20_000)
    seeing.rest()
    red, plain = (
        np.asarray(Pillow.open(io.BytesIO(entry.preview))).astype(int) for entry in shelf()
    )
    seen = red[..., 3] > 0
    assert np.median(red[seen][:, 0] - red[seen][:, 2]) > 80
    assert np.abs(plain[..., 0] - plain[..., 2]).max() < 60


def test_colours_of_a_picture_are_shown_nearly_as_the_picture_has_them(seeing, tmp_path):
    seeing.open(block(tmp_path))
    view = seeing.window.viewport
    seeing.controller.picture.look()
    seeing.rest()
    picture = view.picture().reshape(-1, 3).astype(int)
    reds = picture[picture[:, 0] > 2.5 * picture[:, 2]]
    assert len(reds) > 200
    assert np.median(reds[:, 0]) > 0.7 * RED[0]
