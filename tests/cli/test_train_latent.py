"""``occviewer train-latent``."""

import pytest
import torch

from occviewer.cli import main
from occviewer.errors import Cancelled
from occviewer.models import ModelInfo, load_checkpoint, save_checkpoint
from occviewer.models.checkpoint import load_bottleneck, read_info
from occviewer.training import latent_axes, latent_settings, latent_training

from ..networks.small import small_network
from ..training.solids import BALL, BOX, EGG, save
from ..training.test_latent_training import small_settings


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "set"
    counts = {"uniform": 500, "near": 500, "surface": 300}
    for name, solid in (("ball", BALL), ("egg", EGG), ("box", BOX)):
        save(folder, name, solid, **counts)
    save(folder, "held back", BOX, "val", **counts)
    save(folder, "never trained on", EGG, "test", **counts)
    return folder


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "toy.safetensors"
    training = {"recipe": {"weights": {"tests": 0.5}}}
    save_checkpoint(path, small_network(), ModelInfo(name="toy", training=training))
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(latent_settings, "LatentSettings", lambda seed: small_settings())


def run(model, data, *options):
    folder = ["-o", model.parent / "run"]
    arguments = ["train-latent", "--data", data, "--model", model, "--device", "cpu", *folder]
    return main([str(argument) for argument in [*arguments, *options]])


def test_it_stores_a_latent_space_with_its_scores(model, data, capsys):
    network, _ = load_checkpoint(model)
    assert run(model, data, "--steps", 3) == 0
    bottleneck = load_bottleneck(model)
    # Three shapes differ along two axes.
    assert (bottleneck.ranges[0, :2] < -0.1).all()
    assert (bottleneck.ranges[1, :2] > 0.1).all()
    assert bottleneck.shares.max() > 0
    note = read_info(model).training["latent"]
    assert (note["steps"], note["shapes"], note["size"]) == (3, 3, 12)
    assert note["weights"] == {"tests": 0.5}
    assert set(note["scores"]) == {"train", "test"}
    assert note["scores"]["test"]["shapes"] == 1
    after, _ = load_checkpoint(model)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, after.state_dict()[name])
    out, err = capsys.readouterr()
    assert "Latent space of 12 numbers" in err
    assert "3 shapes to train on, 60 minutes or 3 steps on cpu" in err
    assert "test split, 1 shapes: IoU from the latent vector alone" in out
    card = model.with_suffix(".md").read_text()
    assert "- Latent space: 12 numbers, 0.0 minutes, 3 steps" in card
    assert "- From the latent vector alone, test split, 1 whole clouds: IoU" in card


def test_ctrl_c_leaves_the_model_as_it_was_and_the_run_goes_on(model, data, monkeypatch, capsys):
    before = model.read_bytes()
    step = latent_training.LatentTrainer._step

    def stopping(trainer, batch):
        trainer.stop()
        return step(trainer, batch)

    with monkeypatch.context() as patch:
        patch.setattr(latent_training.LatentTrainer, "_step", stopping)
        assert run(model, data, "--steps", 3) == 130
    assert model.read_bytes() == before
    assert "stopped at step 1. " in capsys.readouterr().err
    assert run(model, data, "--steps", 3) == 0
    assert "going on at step 1" in capsys.readouterr().err
    assert read_info(model).training["latent"]["steps"] == 3


def test_ctrl_c_while_axes_are_measured_leaves_the_model_as_it_was(model, data, monkeypatch):
    before = model.read_bytes()

    def stopped(*arguments):
        raise Cancelled("The run stopped at step 3.")

    monkeypatch.setattr(latent_axes, "observe", stopped)
    assert run(model, data, "--steps", 3) == 130
    assert model.read_bytes() == before


def test_a_model_without_planes_is_refused_in_a_sentence(tmp_path, data, capsys):
    path = tmp_path / "onet.safetensors"
    save_checkpoint(path, small_network("onet"), ModelInfo(name="onet"))
    assert run(path, data) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "architecture 'onet' has no three planes and grid" in line


def test_a_single_shape_spans_no_space(model, tmp_path, capsys):
    save(tmp_path / "set", "only", BALL, uniform=500, near=500, surface=300)
    assert run(model, tmp_path / "set", "--steps", 1) == 1
    assert "spans no latent space" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--minutes", "0"], "a number of minutes above 0"),
        (["--steps", "0"], "a whole number from 1"),
        (["--seed=-1"], "a whole number from 0"),
    ],
)
def test_wrong_usage_ends_with_status_two(model, data, options, said, capsys):
    with pytest.raises(SystemExit) as ended:
        run(model, data, *options)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_may_not_be_written_to_is_said_before_the_training(
    model, data, monkeypatch, capsys
):
    monkeypatch.setattr("occviewer.cli.running.os.access", lambda path, mode: False)
    assert run(model, data) == 1
    assert "give a copy of the model in a folder of yours" in capsys.readouterr().err
