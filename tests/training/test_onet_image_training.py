"""Training Occupancy Networks on pictures of solids, end to end."""

import json

import numpy as np
import pytest
import torch

from occviewer.cutouts import SCREEN
from occviewer.errors import Cancelled, DataError
from occviewer.models import open_model
from occviewer.observations.image import Image
from occviewer.observations.masking import Mask
from occviewer.pictures import DirectDoor
from occviewer.training.dataset import ShapeSet
from occviewer.training.image_examples import ViewSet
from occviewer.training.image_export import export_onet_image, update_image_scores
from occviewer.training.onet_image_training import OnetImageTrainer, OnetSettings
from occviewer.training.recipe import Optimisation

from .pictures import save_pictures
from .solids import BALL, BOX, EGG, save

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    counts = {"uniform": 1000, "near": 500, "surface": 2000}
    for name, solid in (("ball", BALL), ("box", BOX)):
        save(folder / "set", name, solid, **counts)
    save(folder / "set", "held back", EGG, "val", **counts)
    save_pictures(folder / "set", folder / "views")
    return folder


def trainer(data, run, pixels=32, **options):
    optimisation = Optimisation(
        **{"batch": 6, "warmup": 3, "learning_rate": 2e-3, "average": 0.8, **options}
    )
    views = {
        split: ViewSet([data / "views"], ShapeSet([data / "set"], split))
        for split in ("train", "val")
    }
    settings = OnetSettings(optimisation, pixels, queries=64)
    return OnetImageTrainer(settings, views["train"], views["val"], {}, run, CPU)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    run = trainer(data, tmp_path_factory.mktemp("run"), steps=16)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("occviewer.training.timed_run.REPORT_EVERY", 0.0)
        run.train()
    return run


def test_it_learns_what_is_inside(trained):
    text = (trained.run_folder / "curves.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert np.mean(losses[-4:]) < 0.9 * losses[0]
    assert lines[-1]["val_threshold"] == trained.best_threshold
    assert 0 <= lines[-1]["val_iou"] <= 1


def test_it_becomes_a_model_that_takes_pictures(trained, data):
    path = export_onet_image(trained, {})
    model = open_model(path, "cpu")
    assert (model.network.observed, model.network.side) == ("image", 32)
    assert (model.info.screen, model.info.threshold) == (SCREEN, trained.best_threshold)
    view = trained.train_views[trained.train_views.usable[0]][0]
    image, mask = Image(view.picture), Mask(view.mask, "given")
    code = DirectDoor(model).code(image, mask)
    assert code.tensors["c"].shape == (256,)
    logits = model.field(code).logits(np.zeros((5, 3), np.float32))
    assert np.isfinite(logits).all()
    table = {"all": {"shapes": 1, "picture": {"iou": 0.5}}}
    update_image_scores(path, {"pictures": 6, "views": 6, "table": table})
    card = path.with_suffix(".md").read_text()
    assert "**One picture**" in card
    assert "azimuth" not in card


def test_a_stopped_run_goes_on_and_others_are_refused(data, tmp_path):
    run = trainer(data, tmp_path, steps=2)
    step = run._step

    def one_step(batch):
        run.stop()
        return step(batch)

    run._step = one_step
    with pytest.raises(Cancelled, match="step 1"):
        run.train()
    again = trainer(data, tmp_path, steps=2)
    assert again.step == 1
    for name, tensor in run.network.state_dict().items():
        torch.testing.assert_close(again.network.state_dict()[name], tensor)
    with pytest.raises(DataError, match="another network"):
        trainer(data, tmp_path, pixels=40)
