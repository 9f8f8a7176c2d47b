"""Published checkpoints in the window: what they take, what they were given, and what is set."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from occviewer.models import open_model
from occviewer.observations import VoxelGrid

from ..models.families.published import random_state, save_like_onet
from ..models.families.test_onet import QUERIES, Z, decoder_shapes
from .foreign_windows import drop, published, use, volume
from .latent_windows import LONG, settled, wait
from .small_windows import drawn_samples


def test_voxels_are_dropped_thresholded_turned_and_all_of_it_undone(opened, qtbot, tmp_path):
    window, controller = opened
    use(controller, qtbot, published(tmp_path, "voxel_simple"))
    page = window.voxels
    assert window.sources.page is page, "the page of what the model takes"
    assert "NRRD" in page.about.text()
    first = drop(controller, qtbot, volume(tmp_path))
    assert len(first.faces)
    assert "20 × 24 × 16 voxels" in page.about.text()
    assert page.up.currentText() == "+Y is up"
    assert "32³ cells of 20 × 24 × 16 voxels" in window.given.about.text()
    assert page.threshold.isEnabled()
    page.threshold.number.setValue(0.5)
    block = wait(controller, qtbot)
    assert controller.document.shape.voxels.threshold == 0.5
    assert not np.array_equal(block.vertices, first.vertices)
    page.up.setCurrentIndex(1)
    page.up.activated.emit(1)
    wait(controller, qtbot)
    assert controller.document.shape.voxels.up == "z"
    window.actions_["shape.command"].trigger()
    command = QGuiApplication.clipboard().text()
    path = tmp_path / "block.npy"
    assert command.startswith(f"occviewer reconstruct {path} -o block.glb --model")
    assert "--voxel-threshold=0.5 --up=z" in command
    for _ in range(2):
        window.actions_["edit.undo"].trigger()
    assert np.array_equal(wait(controller, qtbot).vertices, first.vertices)
    assert page.threshold.value() == pytest.approx(1.0)


def test_a_session_with_voxels_and_settings_opens_as_it_was(opened, qtbot, tmp_path):
    window, controller = opened
    use(controller, qtbot, published(tmp_path, "voxel_simple"))
    drop(controller, qtbot, volume(tmp_path))
    window.voxels.threshold.number.setValue(0.5)
    controller.model.set("threshold", 0.15)
    qtbot.waitUntil(lambda: controller.pipeline.ready, timeout=LONG)
    before = wait(controller, qtbot)
    controller.files.session = tmp_path / "voxels.occ"
    window.actions_["file.save"].trigger()
    qtbot.waitUntil(lambda: not controller.storage.busy(), timeout=LONG)
    window.actions_["file.new"].trigger()
    wait(controller, qtbot)
    assert controller.document.shape.is_empty
    controller.files.open_all([tmp_path / "voxels.occ"])
    qtbot.waitUntil(lambda: controller.display.result is not None, timeout=LONG)
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=LONG)
    assert np.array_equal(wait(controller, qtbot).vertices, before.vertices)
    assert window.model.settings.fields["threshold"].text() == "0.15"
    assert window.voxels.threshold.value() == pytest.approx(0.5)


def test_volumes_are_worked_on_beside_the_windows_thread(opened, qtbot, tmp_path, monkeypatch):
    window, controller = opened
    threads = {}
    for name in ("with_threshold", "exposed_centres", "resampled", "extremes"):
        function = getattr(VoxelGrid, name)

        def watched(*args, function=function, name=name):
            threads.setdefault(name, set()).add(threading.current_thread())
            return function(*args)

        monkeypatch.setattr(VoxelGrid, name, watched)
    use(controller, qtbot, published(tmp_path, "voxel_simple"))
    drop(controller, qtbot, volume(tmp_path))
    window.voxels.threshold.number.setValue(0.5)
    window.given.shown.click()
    wait(controller, qtbot)
    qtbot.waitUntil(lambda: not controller.storage.busy(), timeout=LONG)
    assert set(threads) == {"with_threshold", "exposed_centres", "resampled", "extremes"}
    assert threading.main_thread() not in set().union(*threads.values())


def test_what_the_network_got_is_drawn(opened, qtbot, tmp_path):
    window, controller = opened
    use(controller, qtbot, published(tmp_path, "voxel_simple"))
    drop(controller, qtbot, volume(tmp_path))
    window.given.shown.click()
    wait(controller, qtbot)
    data = controller.given._actor.mapper.dataset
    assert data.n_cells > 100
    assert data.bounds[3] - data.bounds[2] == pytest.approx(1.0, abs=0.07)
    window.given.shown.click()
    assert controller.given._actor.mapper.dataset.n_cells == 0


def test_300_points_of_a_cloud_are_told_and_drawn(opened, qtbot, tmp_path):
    window, controller = opened
    use(controller, qtbot, published(tmp_path, "pointnet_simple"))
    scan = tmp_path / "scan.xyz"
    np.savetxt(scan, np.random.default_rng(0).random((2000, 3)))
    drop(controller, qtbot, scan)
    assert window.given.about.text() == "The network got 300 of 2,000 points."
    window.given.shown.click()
    wait(controller, qtbot)
    assert controller.given._actor.mapper.dataset.n_points == 300


def test_a_picture_goes_into_a_published_image_network(opened, qtbot, tmp_path):
    window, controller = opened
    use(controller, qtbot, published(tmp_path, "simple_conv"))
    assert window.sources.page is window.picture
    pixels = np.full((120, 160, 3), 255, np.uint8)
    pixels[30:90, 50:110] = (40, 60, 120)
    Pillow.fromarray(pixels).save(tmp_path / "chair.png")
    assert len(drop(controller, qtbot, tmp_path / "chair.png").faces)
    window.picture.show_tab("input")
    controller.picture.display.refresh()
    qtbot.waitUntil(lambda: not controller.storage.busy(), timeout=LONG)
    assert "224 × 224 pixels: the object, cut out" in window.picture.caption.text()
    assert not window.given.isVisibleTo(window)
    assert controller.picture.camera is None


def test_a_source_of_another_kind_is_refused_in_a_sentence(opened, qtbot, tmp_path):
    window, controller = opened
    use(controller, qtbot, published(tmp_path, "pointnet_simple"))
    controller.files.open_all([volume(tmp_path)])
    qtbot.waitUntil(lambda: len(window.messages.shown()) == 1, timeout=LONG)
    qtbot.waitUntil(lambda: settled(controller), timeout=LONG)
    (message,) = window.messages.shown()
    (text,) = [label.text() for label in message.findChildren(QLabel) if label.text()]
    assert "makes no shapes of voxels but takes point clouds (300 points)" in text
    assert controller.document.shape.is_empty
    assert "Voxels" not in controller.files.filters()
    assert "Scans" in controller.files.filters()


def test_an_unconditional_model_draws_shapes_and_slides_them(opened, qtbot, tmp_path):
    window, controller = opened
    shapes = {f"decoder.{n}": s for n, s in decoder_shapes("simple", 0, Z).items()}
    state = random_state(shapes)
    save_like_onet(tmp_path / "onet_uncond.pt", state)
    network = open_model(tmp_path / "onet_uncond.pt", "cpu").network
    with torch.no_grad():
        logits = network.decode(QUERIES, {"z": torch.zeros(1, Z)})
    state["decoder.fc_out.bias"] -= logits.median() + 1.4
    save_like_onet(tmp_path / "onet_uncond.pt", state)
    use(controller, qtbot, tmp_path / "onet_uncond.pt")
    assert "takes no scan" in window.source.about.text()
    sampler = window.sampler
    qtbot.waitUntil(sampler.new.isEnabled, timeout=LONG)
    sampler.count.setValue(3)
    sampler.new.click()
    qtbot.waitUntil(lambda: drawn_samples(sampler), timeout=LONG)
    row = next(n for n in range(3) if sampler.list.item(n).text() == f"{n + 1}")
    sampler.taken.emit(row)
    first = wait(controller, qtbot)
    qtbot.waitUntil(lambda: controller.latent.facts is not None, timeout=LONG)
    assert len(controller.latent.facts.position) == Z
    window.latent.rows[0].value.number.setValue(0.5)
    assert not np.array_equal(wait(controller, qtbot).vertices, first.vertices)
