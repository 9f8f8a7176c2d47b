"""``occviewer train-pose``."""

import pytest
import torch

from occviewer.cli import main
from occviewer.models import ModelInfo, load_checkpoint, save_checkpoint
from occviewer.models.checkpoint import load_pose_network, read_info
from occviewer.training import pose_scores, pose_training

from ..networks.small import small_network as small_occupancy_network
from ..training.pose_scans import CHAIR, small_network
from ..training.solids import BALL, EGG, save


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "set"
    save(folder, "chair", CHAIR, category="chair")
    save(folder, "egg", EGG, category="other")
    save(folder, "held back", CHAIR, "val", "chair", seed=3)
    save(folder, "never used", BALL, "test", "chair")
    return folder


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "toy.safetensors"
    training = {"recipe": {"weights": {"other": 0.25}}}
    save_checkpoint(path, small_occupancy_network(), ModelInfo(name="toy", training=training))
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Train a small network, and measure it with two scans."""
    monkeypatch.setattr(pose_training, "PoseNetwork", small_network)
    monkeypatch.setattr(pose_scores, "MOST_SCANS", 2)


def run(model, data, *options):
    arguments = ["train-pose", "--data", data, "--model", model, "--device", "cpu", *options]
    return main([str(argument) for argument in arguments])


def interrupt(*arguments, **options):
    raise KeyboardInterrupt


def test_it_stores_a_pose_network_and_notes_how(model, data, capsys):
    network, _ = load_checkpoint(model)
    assert run(model, data, "--steps", 3, "--minutes", 5, "--seed", 4) == 0
    assert load_pose_network(model) is not None
    info = read_info(model)
    note = info.training["pose"]
    assert (note["steps"], note["shapes"], note["settings"]["seed"]) == (3, 2, 4)
    assert note["weights"] == {"other": 0.25}
    assert info.training["recipe"] == {"weights": {"other": 0.25}}
    after, _ = load_checkpoint(model)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, after.state_dict()[name])
    out, err = capsys.readouterr()
    assert "2 shapes to train on, 5 minutes or 3 steps on cpu" in err
    assert "min, 0.0 left, step 3  loss " in err
    assert "right " in err
    assert "New pose network: of 2 one-sided scans of 1 validation shapes" in out
    assert f"up axis right {note['accuracy']['up']:.1%}" in out
    assert "before" not in out
    assert "Pose network" in model.with_suffix(".md").read_text()


def test_the_network_that_was_there_is_measured_too(model, data, capsys):
    assert run(model, data, "--steps", 1) == 0
    assert run(model, data, "--steps", 1, "--seed", 1) == 0
    assert "The one before: of 2 one-sided scans" in capsys.readouterr().out


def test_without_validation_shapes_it_says_so(model, tmp_path, capsys):
    save(tmp_path / "set", "only", CHAIR)
    assert run(model, tmp_path / "set", "--steps", 1) == 0
    out, err = capsys.readouterr()
    assert "how well it does was not measured" in err
    assert out == ""
    assert "accuracy" not in read_info(model).training["pose"]


def test_ctrl_c_leaves_the_model_as_it_was(model, data, monkeypatch, capsys):
    before = model.read_bytes()
    monkeypatch.setattr(pose_training.nn.utils, "clip_grad_norm_", interrupt)
    assert run(model, data) == 130
    assert model.read_bytes() == before
    assert f"Stopped; {model} is as it was." in capsys.readouterr().err
    assert [path.name for path in model.parent.iterdir()] == [model.name]


def test_ctrl_c_after_the_training_keeps_the_new_network(model, data, monkeypatch, capsys):
    monkeypatch.setattr(pose_scores, "propose_poses", interrupt)
    assert run(model, data, "--steps", 1) == 130
    assert load_pose_network(model) is not None
    assert "has the new pose network" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--minutes", "0"], "a number of minutes above 0"),
        (["--minutes", "nan"], "a number of minutes above 0"),
        (["--steps", "0"], "a whole number from 1"),
        (["--seed=-1"], "a whole number from 0"),
        (["--device", "tpu"], "tpu"),
    ],
)
def test_wrong_usage_ends_with_status_two(model, data, options, said, capsys):
    with pytest.raises(SystemExit) as ended:
        run(model, data, *options)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def sentence(capsys):
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_model_that_is_none_is_named(tmp_path, data, capsys):
    assert run(tmp_path / "none.safetensors", data) == 1
    assert "none.safetensors" in sentence(capsys)


def test_data_that_is_none_is_named_and_the_model_stays(model, tmp_path, capsys):
    before = model.read_bytes()
    assert run(model, tmp_path / "nowhere") == 1
    assert "nowhere does not exist" in sentence(capsys)
    assert model.read_bytes() == before


def test_a_folder_that_may_not_be_written_to_is_said_before_the_training(
    model, data, monkeypatch, capsys
):
    monkeypatch.setattr("occviewer.cli.running.os.access", lambda path, mode: False)
    assert run(model, data) == 1
    assert "give a copy of the model in a folder of yours" in sentence(capsys)
