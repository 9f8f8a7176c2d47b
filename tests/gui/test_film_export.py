"""Films of the track and of the shape that turns."""

import json
import struct
import tempfile
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QWidget

from occviewer.document import commands
from occviewer.gui import film_maker, film_place
from occviewer.gui.film_dialog import FilmDialog, FilmWish

from .small_windows import LONG, at_rest, capture_samples, use_latent_model

SMALL = FilmWish(".gif", (96, 64), 4, 1.0)


@pytest.fixture
def ready(opened, qtbot, tmp_path, monkeypatch):
    """A window with a track of two shapes; the folder for scratch is one of its own."""
    window, controller = opened
    use_latent_model(controller, qtbot, tmp_path)
    keys = capture_samples(controller, qtbot)
    controller.track.add(keys)
    controller.do(commands.take, keys[0])
    qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    target = tmp_path / "films"
    target.mkdir()
    yield window, controller, target
    controller.film.stop()
    assert list(scratch.iterdir()) == []


def finished(controller, qtbot):
    qtbot.waitUntil(lambda: not controller.film.busy, timeout=LONG)


def sentences(window):
    return [message.sentence for message in window.messages.shown()]


def test_a_gif_shows_the_track_frame_by_frame(ready, qtbot):
    window, controller, target = ready
    controller.film.make_track(SMALL, target / "film.gif")
    finished(controller, qtbot)
    assert sentences(window) == [f"Wrote {target / 'film.gif'}."]
    with Image.open(target / "film.gif") as gif:
        assert (gif.n_frames, gif.size) == (4, (96, 64))
        frames = []
        for number in range(4):
            gif.seek(number)
            frames.append(np.asarray(gif.convert("RGB")).astype(int))
    assert all(frame.std() > 5 for frame in frames), "a shape is seen"
    assert np.abs(frames[0] - frames[3]).max() > 30, "it changes"
    assert [path.name for path in target.iterdir()] == ["film.gif"]


@pytest.mark.skipif(find_spec("imageio_ffmpeg") is None, reason="imageio-ffmpeg is not installed")
def test_an_mp4_has_all_frames(ready, qtbot):
    import imageio_ffmpeg

    window, controller, target = ready
    path = target / "film.mp4"
    controller.film.make_track(FilmWish(".mp4", (96, 64), 4, 1.0), path)
    finished(controller, qtbot)
    assert sentences(window) == [f"Wrote {path}."]
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert frames == 4
    assert seconds == pytest.approx(1.0, abs=0.1)


def test_pictures_lie_in_a_folder_of_their_own(ready, qtbot):
    window, controller, target = ready
    wish = FilmWish("", (96, 64), 3, 1.0, background=(1.0, 1.0, 1.0))
    controller.film.make_track(wish, target / "pictures")
    finished(controller, qtbot)
    pictures = sorted((target / "pictures").iterdir())
    assert [path.name for path in pictures] == [f"frame-000{n}.png" for n in (1, 2, 3)]
    with Image.open(pictures[0]) as picture:
        assert picture.size == (96, 64)
        assert min(picture.convert("RGB").getpixel((1, 62))) > 225
    controller.film.make_track(wish, target / "pictures")
    assert not controller.film.busy
    assert "is there already" in sentences(window)[-1]


def test_an_animated_glb_has_a_node_for_each_frame(ready, qtbot):
    window, controller, target = ready
    controller.film.make_track(FilmWish(".glb", (96, 64), 5, 1.0), target / "film.glb")
    finished(controller, qtbot)
    content = (target / "film.glb").read_bytes()
    (length,) = struct.unpack("<I", content[12:16])
    document = json.loads(content[20 : 20 + length])
    assert len(document["meshes"]) == 5
    assert len(document["animations"][0]["channels"]) == 5


def test_a_turntable_turns_around_the_shape_at_hand(ready, qtbot):
    _, controller, target = ready
    wish = FilmWish("", (96, 64), 4, 1.0, turn=360.0)
    controller.film.make_turntable(wish, target / "turn")
    finished(controller, qtbot)
    frames = []
    for path in sorted((target / "turn").iterdir()):
        with Image.open(path) as picture:
            frames.append(np.asarray(picture).astype(int))
    assert len(frames) == 4
    differences = [np.abs(frames[0] - frame).mean() for frame in frames[1:]]
    assert min(differences) > 1, "each is seen from another side"


def test_the_window_asks_and_then_makes_it(ready, qtbot, monkeypatch):
    window, controller, target = ready
    path = target / "asked"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "GIF film (*.gif)"))
    window.track.seconds.setValue(0.5)
    window.track.film.click()
    dialog = controller.film.dialog
    assert dialog.seconds.value() == 0.5
    assert not dialog.seconds.isEnabled()
    dialog.kind.setCurrentIndex(dialog.kind.findText("GIF film"))
    dialog.size_.setCurrentIndex(0)
    dialog.rate.setValue(4)
    assert dialog.summary.text().startswith("2 pictures in 0.5 s")
    dialog.go_on.click()
    assert controller.film.busy
    finished(controller, qtbot)
    with Image.open(target / "asked.gif") as gif:
        assert (gif.n_frames, gif.size) == (2, (640, 480))
    assert controller.film.dialog is None


def test_too_many_pictures_cannot_be_wished(ready):
    window, controller, _ = ready
    window.actions_["file.export_turntable"].trigger()
    dialog = controller.film.dialog
    dialog.seconds.setValue(600)
    dialog.rate.setValue(60)
    assert "not possible" in dialog.summary.text()
    assert not dialog.go_on.isEnabled()
    dialog.reject()


@pytest.mark.parametrize("suffix", [".gif", ""])
def test_cancel_leaves_nothing(ready, qtbot, suffix):
    window, controller, target = ready
    controller.film.make_track(FilmWish(suffix, (640, 480), 20, 3.0), target / f"film{suffix}")
    qtbot.waitUntil(lambda: controller.film.progress.value() >= 1, timeout=LONG)
    controller.film.progress.findChild(QPushButton).click()
    assert not controller.film.busy
    qtbot.waitUntil(lambda: not controller.compute.busy(), timeout=LONG)
    assert list(target.iterdir()) == []
    assert sentences(window) == []


def test_the_window_stays_in_use_while_a_film_is_made(ready, qtbot):
    window, controller, target = ready
    controller.film.make_track(FilmWish(".gif", (640, 480), 20, 3.0), target / "film.gif")
    qtbot.waitUntil(lambda: controller.film.progress.value() >= 1, timeout=LONG)
    before = controller.display.result.mesh.volume
    window.extraction.threshold.number.setValue(0.58)
    qtbot.waitUntil(
        lambda: controller.pipeline.settled and not controller.display.result.live, timeout=LONG
    )
    assert controller.film.busy
    assert controller.display.result.mesh.volume != before
    controller.film.ask_track()
    assert "being made" in sentences(window)[-1]


def test_a_place_that_cannot_be_written_is_a_sentence(ready, qtbot):
    window, controller, target = ready
    controller.film.make_track(SMALL, target / "missing" / "film.gif")
    assert not controller.film.busy
    assert "does not exist" in sentences(window)[-1]
    (target / "film.gif").mkdir()
    controller.film.make_track(SMALL, target / "film.gif")
    assert "is a folder" in sentences(window)[-1]


def test_a_full_disk_is_a_sentence_and_leaves_nothing(ready, qtbot, monkeypatch):
    import errno

    window, controller, target = ready

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(film_place.shutil, "copyfile", full)
    controller.film.make_track(FilmWish("", (96, 64), 2, 1.0), target / "pictures")
    finished(controller, qtbot)
    assert "the disk is full" in sentences(window)[-1]
    assert list(target.iterdir()) == []


def test_a_drawing_process_that_dies_is_a_sentence(ready, qtbot):
    window, controller, target = ready
    controller.film.make_track(FilmWish(".gif", (640, 480), 20, 3.0), target / "film.gif")
    maker = controller.film.findChild(film_maker.FilmMaker)
    qtbot.waitUntil(lambda: controller.film.progress.value() >= 1, timeout=LONG)
    maker._process.kill()
    finished(controller, qtbot)
    assert "ended unexpectedly" in sentences(window)[-1]
    assert list(target.iterdir()) == []


def test_a_shape_without_surface_names_the_picture(ready, qtbot):
    window, controller, target = ready
    controller.do(commands.set_threshold, 0.999)
    controller.film.make_turntable(SMALL, target / "film.gif")
    finished(controller, qtbot)
    assert "Picture 1 of the film" in sentences(window)[-1]
    assert list(target.iterdir()) == []


def test_it_closes_at_once_while_a_film_is_made(ready, qtbot):
    window, controller, target = ready
    controller.film.make_track(FilmWish(".gif", (640, 480), 20, 3.0), target / "film.gif")
    qtbot.waitUntil(lambda: controller.film.progress.value() >= 1, timeout=LONG)
    controller.history.mark_saved()
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < 2
    assert list(Path(target).iterdir()) == []


def test_the_film_of_a_track_takes_as_long_as_the_track_to_the_hundredth(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    for seconds in (3.75, 750.0):
        dialog = FilmDialog("Export film", FilmWish(seconds=seconds, rate=4), True, parent)
        assert dialog.wish().seconds == seconds
        assert dialog.wish().frames == 4 * seconds
        assert f"in {seconds:g} s" in dialog.summary.text()


def test_closing_asks_before_it_gives_up_a_film_and_leaves_nothing_of_it(ready, qtbot):
    window, controller, target = ready
    controller.history.mark_saved()
    controller.film.make_track(replace(SMALL, seconds=60.0), target / "film.gif")

    def question():
        boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
        return boxes[0] if boxes else None

    window.close()
    assert window.isVisible()
    assert "Making a film" in question().text()
    question().button(QMessageBox.StandardButton.Cancel).click()
    qtbot.waitUntil(lambda: question() is None)
    assert controller.film.busy, "who cancels the closing keeps the film"
    window.close()
    began = time.monotonic()
    question().button(QMessageBox.StandardButton.Close).click()
    assert not window.isVisible()
    assert time.monotonic() - began < 2
    assert not controller.film.busy
    assert list(target.iterdir()) == []
