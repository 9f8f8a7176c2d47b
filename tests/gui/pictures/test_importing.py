"""Pictures come from files and the clipboard; what is no picture is said in one sentence."""

import numpy as np
import pytest
from PIL import Image as Pillow
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication, QImage

from occviewer.gui.matrix_dialog import MatrixDialog

from ..small_windows import use_plain_model
from .conftest import WALL, block


def test_a_picture_is_pasted(seeing, tmp_path):
    path = block(tmp_path)
    QGuiApplication.clipboard().setImage(QImage(str(path)))
    seeing.window.actions_["edit.paste"].trigger()
    seeing.qtbot.waitUntil(lambda: seeing.shape.code is not None, timeout=20_000)
    with Pillow.open(path) as picture:
        assert np.array_equal(seeing.source.image.pixels, np.asarray(picture))
    assert seeing.controller.history.titles[-1] == "Import picture"
    seeing.rest()
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(path))])
    QGuiApplication.clipboard().setMimeData(content)
    seeing.window.actions_["edit.paste"].trigger()
    seeing.qtbot.waitUntil(lambda: seeing.source.path == path, timeout=20_000)
    QGuiApplication.clipboard().setText("chair")
    seeing.window.actions_["edit.paste"].trigger()
    assert "neither a picture nor a file on the clipboard" in seeing.said[-1]
    seeing.qtbot.waitUntil(lambda: seeing.shape.code is not None, timeout=20_000)
    seeing.rest()


def truncated(folder):
    path = block(folder)
    path.write_bytes(path.read_bytes()[:100])
    return path


def mislabelled(folder):
    (folder / "song.jpg").write_bytes(b"ID3\x03" + bytes(500))
    return folder / "song.jpg"


def dot(folder):
    Pillow.new("RGB", (1, 1)).save(folder / "dot.png")
    return folder / "dot.png"


def huge(folder):
    """A picture whose header says that it is very large."""
    Pillow.new("1", (20_000, 20_000)).save(folder / "huge.png")
    return folder / "huge.png"


def heic(folder):
    (folder / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    return folder / "phone.heic"


def transparent(folder):
    Pillow.new("RGBA", (40, 40), (0, 0, 0, 0)).save(folder / "glass.png")
    return folder / "glass.png"


def empty(folder):
    Pillow.new("RGB", (60, 60), WALL).save(folder / "wall.png")
    return folder / "wall.png"


def test_bad_pictures_are_said_in_a_sentence_and_nothing_is_lost(seeing, tmp_path):
    seeing.open(block(tmp_path, "good.png"))
    good, mesh = seeing.source, seeing.mesh
    for make, said in (
        (truncated, "damaged or cut off"),
        (mislabelled, "no picture that can be read"),
        (heic, "HEIC picture, but damaged"),
        (dot, "too few to show a shape"),
        (huge, "more pixels than fit"),
        (transparent, "transparent everywhere"),
        (empty, "No object was found"),
    ):
        seeing.controller.files.open_all([make(tmp_path)])
        seeing.qtbot.waitUntil(
            lambda said=said: any(said in each for each in seeing.said), timeout=30_000
        )
        seeing.rest()
        told = next(each for each in seeing.window.messages.shown() if said in each.sentence)
        assert "Traceback" not in told.details
    seeing.undo_all("Import “good”")
    seeing.rest()
    assert seeing.source is good
    assert np.array_equal(seeing.mesh.vertices, mesh.vertices)


def test_an_object_that_the_border_cuts_is_noted(seeing, tmp_path):
    seeing.open(block(tmp_path, places=((15, 60, 25, 60),)))
    assert "the lower edge of the picture cut" in seeing.page.about.text().lower()


def test_a_model_that_makes_no_shapes_of_pictures_says_what_to_do(opened, qtbot, tmp_path):
    window, controller = opened
    use_plain_model(controller, qtbot, tmp_path)
    controller.import_file(block(tmp_path))
    qtbot.waitUntil(lambda: bool(window.messages.shown()), timeout=20_000)
    said = window.messages.shown()[0].sentence
    assert "'small' makes no shapes of pictures" in said
    assert "choose another model" in said or "occviewer train-image" in said
    assert controller.document.shape.is_empty


def depth_picture(folder, name="depth.png"):
    """Write a picture of 16 bits of a roof, 60 rows of 80 pixels."""
    columns = np.mgrid[:60, :80][1]
    depth = np.zeros((60, 80), np.uint16)
    depth[15:50, 25:60] = (2000 + 3 * np.abs(columns - 42))[15:50, 25:60]
    Pillow.fromarray(depth).save(folder / name)
    return folder / name


def test_depth_pictures_pictures_and_scans_dropped_together_all_come_to_the_shelf(seeing, tmp_path):
    scan = tmp_path / "scan.xyz"
    np.savetxt(scan, np.random.default_rng(0).normal(size=(300, 3)))
    (tmp_path / "broken.png").write_bytes(b"rubbish")
    paths = [
        depth_picture(tmp_path, "one.png"),
        block(tmp_path),
        tmp_path / "broken.png",
        scan,
        depth_picture(tmp_path, "two.tif"),
    ]
    seeing.window.dropped.emit(paths)
    shelf = lambda: [entry.name for entry in seeing.controller.document.shelf]  # noqa: E731
    seeing.qtbot.waitUntil(lambda: len(shelf()) == 4, timeout=40_000)
    seeing.rest()
    assert shelf() == ["one", "block", "scan", "two"]
    kinds = [entry.shape.source.kind for entry in seeing.controller.document.shelf]
    assert kinds == ["cloud", "picture", "cloud", "cloud"]
    assert any("Of 5 files 1 gave no shape: broken.png" in said for said in seeing.said)
    assert any("Read as depth pictures" in said and "one.png, two" in said for said in seeing.said)


def test_what_the_model_does_not_take_is_said_once_and_the_others_come(opened, qtbot, tmp_path):
    window, controller = opened
    use_plain_model(controller, qtbot, tmp_path)
    for name in ("a.xyz", "b.xyz"):
        np.savetxt(tmp_path / name, np.random.default_rng(0).normal(size=(300, 3)))
    paths = [block(tmp_path, "p.png"), tmp_path / "a.xyz", block(tmp_path, "q.png")]
    controller.files.open_all([*paths, tmp_path / "b.xyz"])
    qtbot.waitUntil(lambda: len(controller.document.shelf) == 2, timeout=40_000)
    qtbot.waitUntil(lambda: not controller.compute.busy() and controller.pipeline.settled)
    said = [message.sentence for message in window.messages.shown()]
    assert sum("makes no shapes of pictures" in each for each in said) == 1
    assert any("2 gave no shape: p.png, q.png" in each for each in said)


def test_the_camera_of_a_depth_picture_is_given_by_file_or_numbers(seeing, tmp_path):
    from occviewer.observations.depth_camera import Intrinsics
    from occviewer.observations.depth_image import cloud_of_depth, read_depth

    path = depth_picture(tmp_path)
    seeing.controller.files.open_all([path])
    seeing.qtbot.waitUntil(lambda: seeing.shape.code is not None, timeout=20_000)
    panel, guessed = seeing.window.source, seeing.shape.scan
    panel.matrix.click()
    dialog = seeing.window.findChild(MatrixDialog)
    assert dialog.numbers["cx"].value() == pytest.approx(39.5)
    (tmp_path / "bad.txt").write_text("1 2 3")
    dialog.read(tmp_path / "bad.txt")
    assert "bad.txt holds no camera matrix" in dialog.trouble.text()
    (tmp_path / "camera.json").write_text('{"fx": 90, "fy": 95, "cx": 41, "cy": 28.5}')
    dialog.read(tmp_path / "camera.json")
    assert not dialog.trouble.isVisible()
    dialog.numbers["fy"].setValue(100)
    dialog._finish()
    wanted = cloud_of_depth(read_depth(path), Intrinsics((90, 100), (41.5, 29)))
    assert seeing.shape.scan.cloud.points == pytest.approx(wanted.points)
    assert panel.field_of_view.value() == pytest.approx(48, abs=1)
    assert seeing.controller.history.titles[-1] == "Camera matrix"
    seeing.window.actions_["edit.undo"].trigger()
    assert seeing.shape.scan is guessed
    seeing.rest()


def test_a_depth_picture_goes_through_the_scan_door(seeing, tmp_path):
    depth_picture(tmp_path)
    seeing.controller.files.open_all([tmp_path / "depth.png"])
    seeing.qtbot.waitUntil(lambda: seeing.shape.code is not None, timeout=20_000)
    seeing.rest()
    panel = seeing.window.source
    assert seeing.window.sources.page is panel
    assert "read as a depth picture" in seeing.said[-1]
    wide = seeing.shape.scan.cloud.extent
    panel.field_of_view.number.setValue(30)
    narrow = seeing.shape.scan.cloud.extent
    factor = np.tan(np.radians(15)) / np.tan(np.radians(30))
    assert narrow == pytest.approx(wide * [factor, factor, 1])
    seeing.qtbot.waitUntil(lambda: seeing.shape.code is not None, timeout=20_000)
    seeing.rest()
    seeing.controller.importing.file(tmp_path / "depth.png", depth=False)
    seeing.qtbot.waitUntil(lambda: seeing.source is not None, timeout=20_000)
    assert not panel.isVisible()
    seeing.rest()


def test_arrays_of_depth_are_told_from_clouds(seeing, tmp_path):
    from occviewer.gui.reading import read

    depth = np.full((40, 50), 2.0, np.float32)
    np.save(tmp_path / "depth.npy", depth)
    np.save(tmp_path / "cloud.npy", np.random.default_rng(0).normal(size=(500, 3)))
    assert read(tmp_path / "depth.npy").is_depth
    assert not read(tmp_path / "cloud.npy").is_depth
