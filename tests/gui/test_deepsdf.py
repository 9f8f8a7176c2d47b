"""DeepSDF in the window: stored shapes beside the shelf, codes searched with previews, Stop."""

import json
import shutil

import numpy as np
import pytest
import torch

from occviewer.models import Model, open_model
from occviewer.observations import PointCloud

from ..models.families.test_deepsdf import Z, published_state, write_experiment
from .foreign_windows import use
from .latent_windows import LONG, settled, wait

MANY = 5000


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """A small DeepSDF with very many codes, whose field is about that of a ball."""
    folder = tmp_path_factory.mktemp("work") / "chairs"
    state = published_state()
    generator = torch.Generator().manual_seed(0)
    codes = 0.2 * torch.randn(MANY, Z, generator=generator)
    write_experiment(folder, state, codes)
    network = open_model(folder, "cpu").network
    queries = torch.rand(1, 2000, 3, generator=generator) - 0.5
    with torch.no_grad():
        values = network.decode(queries, {"z": codes[:1]})
    # As a bias before the tanh: about a third of the box is inside.
    state["lin8.bias"] += torch.atanh(values).quantile(0.7)
    names = [f"chair-{number}" for number in range(MANY)]
    shutil.rmtree(folder)
    write_experiment(folder, state, codes)
    specs = json.loads((folder / "specs.json").read_text())
    (folder / "specs.json").write_text(json.dumps(specs | {"TrainSplit": "splits/train.json"}))
    (folder / "train.json").write_text(json.dumps({"ShapeNetV2": {"03001627": names}}))
    return folder


def test_stored_shapes_are_named_at_once_pictured_when_seen_and_taken(opened, qtbot, experiment):
    window, controller = opened
    use(controller, qtbot, experiment)
    stored = window.stored
    qtbot.waitUntil(lambda: stored.model.rowCount() == MANY, timeout=LONG)
    assert stored.isVisibleTo(window)
    assert "5,000 shapes" in stored.about.text()
    index = stored.model.index(7)
    assert index.data() == "chair-7"
    qtbot.waitUntil(lambda: stored.model.has_picture(0), timeout=LONG)
    pictured = sum(stored.model.has_picture(row) for row in range(MANY))
    assert pictured < 40, "only what is seen"
    stored.list.scrollTo(stored.model.index(3000))
    qtbot.waitUntil(lambda: stored.model.has_picture(3000), timeout=LONG)

    stored.list.clicked.emit(index)
    assert len(wait(controller, qtbot).faces)
    assert controller.history.undo_title == "Take “chair-7”"
    assert controller.document.shape.code.facts["stored"] == 7
    stored.list.doubleClicked.emit(index)
    qtbot.waitUntil(lambda: len(controller.document.shelf) == 1, timeout=LONG)
    assert controller.document.shelf[0].name == "chair-7"
    qtbot.waitUntil(lambda: bool(controller.document.shelf[0].preview), timeout=LONG)
    # Its sliders are those of its own codes.
    qtbot.waitUntil(lambda: controller.latent.facts is not None, timeout=LONG)
    assert len(controller.latent.facts.position) == Z
    assert controller.latent.facts.directions is None


def test_stored_shapes_are_gone_with_their_model(opened, qtbot, experiment):
    window, controller = opened
    use(controller, qtbot, experiment)
    qtbot.waitUntil(lambda: window.stored.model.rowCount() == MANY, timeout=LONG)
    window.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=LONG)
    assert not window.stored.isVisibleTo(window)


def test_a_search_shows_previews_and_stop_keeps_what_was_reached(
    opened, qtbot, experiment, tmp_path, monkeypatch
):
    window, controller = opened
    defaults = Model.encode.__kwdefaults__ | {"steps": 100_000}  # it ends by Stop only
    monkeypatch.setattr(Model.encode, "__kwdefaults__", defaults)
    use(controller, qtbot, experiment)
    directions = np.random.default_rng(0).normal(size=(500, 3))
    PointCloud(directions / np.linalg.norm(directions, axis=1, keepdims=True)).save(
        tmp_path / "ball.ply"
    )
    shown = []
    controller.pipeline.meshed.connect(shown.append)
    controller.files.open_all([tmp_path / "ball.ply"])
    qtbot.waitUntil(lambda: len(shown) >= 2, timeout=LONG)
    assert controller.document.shape.code is None, "it is still searched"
    assert all(result.live and result.is_preview for result in shown)
    assert controller.display.cloud.placement is not None, "the cloud is seen meanwhile"
    qtbot.waitUntil(lambda: "Searching the code" in window._busy.text(), timeout=LONG)
    window.actions_["shape.cancel"].trigger()
    wait(controller, qtbot)
    code = controller.document.shape.code
    assert 10 <= code.facts["steps"] < 100_000
    assert any("stopped after" in note for note in code.notes)
    assert not window.messages.shown()
    assert len(controller.display.result.mesh.faces)
    window.actions_["edit.undo"].trigger()
    assert controller.document.shape.is_empty
