"""A pose network in the checkpoint of its model, and what the card says of it."""

from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from occviewer.models.checkpoint import load_pose_network, read_info, save_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.training.dataset import ShapeSet
from occviewer.training.pose_export import export_pose_network, note_pose_accuracy, own_weights
from occviewer.training.pose_scores import PoseAccuracy
from occviewer.training.pose_training import PoseSettings, TrainedPose
from occviewer.training.shape_file import read_record, update_record

from ..networks.small import small_network as small_occupancy_network
from .pose_scans import small_network
from .solids import BALL, BOX, save

INFO = ModelInfo(
    name="toy",
    threshold=0.4,
    training={"minutes": 3.0, "steps": 7, "device": "cpu", "recipe": {"weights": {"other": 0.1}}},
    provenance={"tests": {"shapes": 2, "licences": {"CC0-1.0": 2}, "creators": ["Ann"]}},
    scores={},
)


@pytest.fixture
def shapes(tmp_path):
    for name, solid in (("ball", BALL), ("box", BOX)):
        save(tmp_path / "set", name, solid, uniform=8, near=8, surface=8)
    save(tmp_path / "set", "held back", BALL, "val", uniform=8, near=8, surface=8)
    return ShapeSet([tmp_path / "set"], "train")


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "toy.safetensors"
    save_checkpoint(path, small_occupancy_network(), INFO, half=True, pose=small_network(seed=1))
    return path


def export(path, shapes):
    trained = TrainedPose(small_network(), steps=12, minutes=0.26)
    settings = PoseSettings(minutes=2.0, seed=5)
    weights = own_weights(read_info(path))
    export_pose_network(path, trained, settings, shapes, weights, torch.device("cpu"))
    return trained.network


def tensors(path):
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def same_weights(one, other):
    states = one.state_dict(), other.state_dict()
    return all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())


def test_only_the_pose_network_and_the_note_change(checkpoint, shapes):
    before, facts = tensors(checkpoint)
    network = export(checkpoint, shapes)
    after, new_facts = tensors(checkpoint)
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("pose.") for name in changed)
    assert {name for name in facts if facts[name] != new_facts[name]} == {"training"}
    info = read_info(checkpoint)
    assert replace(info, training=INFO.training, occviewer_version="") == INFO
    assert {name: info.training[name] for name in INFO.training} == INFO.training
    assert same_weights(load_pose_network(checkpoint), network)


def test_the_checkpoint_says_what_the_network_was_trained_on_and_how_long(checkpoint, shapes):
    export(checkpoint, shapes)
    note = read_info(checkpoint).training["pose"]
    assert (note["minutes"], note["steps"], note["shapes"]) == (0.3, 12, 2)
    assert note["settings"]["seed"] == 5
    assert note["weights"] == {"other": 0.1}
    assert note["provenance"] == INFO.provenance
    assert note["device"].startswith("cpu")
    assert note["mix"]["view"] > note["mix"]["whole"]
    assert "accuracy" not in note


def test_the_card_says_it_to_people_and_keeps_what_they_wrote(checkpoint, shapes):
    card = checkpoint.with_suffix(".md")
    card.write_text("# Toy\n\nBy hand.\n")
    export(checkpoint, shapes)
    text = card.read_text()
    assert text.startswith("# Toy\n\nBy hand.\n")
    assert "- Pose network: 0.3 minutes, 12 steps, cpu" in text
    assert "2 shapes of tests\n" in text
    assert "for the pose network:" not in text  # it is the model's own, which is credited


def test_the_card_credits_who_made_data_that_only_the_pose_network_has_seen(checkpoint, tmp_path):
    save(tmp_path / "set", "third", BALL, uniform=8, near=8, surface=8)
    (file,) = (tmp_path / "set" / "shapes").glob("third*")
    update_record(file, replace(read_record(file), creator="Bea"))
    export(checkpoint, ShapeSet([tmp_path / "set"], "train"))
    line = "- for the pose network: tests, 1 shape (1 CC0-1.0), by Bea\n"
    assert line in checkpoint.with_suffix(".md").read_text()


def test_how_well_it_does_is_added(checkpoint, shapes):
    network = export(checkpoint, shapes)
    note_pose_accuracy(checkpoint, PoseAccuracy(up=0.91234, pose=0.805, scans=240, shapes=38))
    note = read_info(checkpoint).training["pose"]
    assert note["accuracy"] == {"up": 0.9123, "pose": 0.805, "scans": 240, "shapes": 38}
    assert note["steps"] == 12
    text = checkpoint.with_suffix(".md").read_text()
    assert "240 one-sided scans of 38 validation shapes" in text
    assert "up axis was right for 91%, up axis and heading for 80%" in text
    assert same_weights(load_pose_network(checkpoint), network)


@pytest.mark.parametrize("training", [{}, {"recipe": "lost"}, {"recipe": {}}])
def test_a_model_that_does_not_tell_its_weights_draws_all_shapes_alike(training):
    assert own_weights(ModelInfo(training=training)) == {}
