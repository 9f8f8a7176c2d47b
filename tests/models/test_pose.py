"""The pose network: its pictures, its file, and its proposals."""

import numpy as np
import pytest
import torch
from safetensors import safe_open

from occviewer.errors import CheckpointError
from occviewer.models import load_checkpoint, open_model, read_info
from occviewer.models.checkpoint import load_pose_network, save_checkpoint, update_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.models.placing import UPS, rotation_of, turn
from occviewer.models.pose import PoseNetwork, normalised, picture
from occviewer.models.proposing import propose_poses

from ..training.pose_scans import SMALL, chair_points, trained_network
from .conftest import INFO


@pytest.fixture(scope="module")
def trained():
    return trained_network()


@pytest.fixture
def undecided():
    """A network that thinks all poses equally likely."""
    network = PoseNetwork(**SMALL).requires_grad_(False)
    for parameter in network.parameters():
        torch.nn.init.zeros_(parameter)
    return network


def test_known_axes_are_kept(trained):
    world = chair_points(np.random.default_rng(1)).astype(np.float64)
    assert {pose.up for pose in propose_poses(trained, world, ("x",))} == {"x"}
    assert [(p.up, p.yaw) for p in propose_poses(trained, world, ("z",), yaw=33.0)] == [("z", 33.0)]


def test_an_undecided_network_leaves_the_axes_as_they_came(undecided):
    box = np.random.default_rng(0).uniform(-1, 1, (200, 3))
    best = propose_poses(undecided, box, UPS)[0]
    assert (best.up, best.yaw) == ("y", 0.0)


def test_a_slightly_turned_outline_is_squared(undecided):
    rng = np.random.default_rng(0)
    box = rng.uniform(-1, 1, (3000, 3)) * [1.0, 0.5, 0.4]
    turned = box @ turn(1, 6.0).T
    best = propose_poses(undecided, turned, ("y",))
    assert min(abs((pose.yaw + 6 + 45) % 90 - 45) for pose in best) < 1.1


def test_pictures_show_the_cloud_from_three_sides():
    clouds = torch.tensor([[[-0.5, 0.2, 0.5], [-0.5, -0.3, 0.5], [0.5, 0.0, 0.0]]])
    occupied, number, highest, lowest, mean = picture(clouds, axis=1)[0]
    assert occupied.sum() == 2
    assert occupied[31, 0] == 1  # z runs down, x across
    assert number[31, 0] == pytest.approx(np.log(3))
    assert highest[31, 0] == pytest.approx(1.2)
    assert lowest[31, 0] == pytest.approx(1.3)
    assert mean[31, 0] == pytest.approx(-0.05)
    assert picture(clouds, axis=0)[0, 0, 31].sum() == 2  # the two points differ in y


def test_units_and_position_do_not_matter():
    clouds = torch.rand(2, 50, 3)
    moved = normalised(clouds * 7 + torch.tensor([1.0, -2.0, 3.0]))
    torch.testing.assert_close(moved, normalised(clouds), atol=1e-5, rtol=1e-4)
    assert torch.allclose(moved.amax((1, 2)), torch.tensor(0.5))


def test_a_checkpoint_can_hold_a_pose_network(checkpoint, trained):
    assert load_pose_network(checkpoint) is None
    assert open_model(checkpoint, device="cpu").pose is None
    before, _ = load_checkpoint(checkpoint)
    update_checkpoint(checkpoint, pose=trained)
    again = load_pose_network(checkpoint)
    clouds = torch.rand(2, 50, 3) - 0.5
    assert torch.equal(again(clouds), trained(clouds))
    after, info = load_checkpoint(checkpoint)
    assert all(
        torch.equal(value, after.state_dict()[name]) for name, value in before.state_dict().items()
    )
    assert info.name == INFO.name
    assert open_model(checkpoint, device="cpu").pose is not None


def test_updating_what_is_known_keeps_all_weights_as_they_are(tmp_path, network, trained):
    path = tmp_path / "m.safetensors"
    save_checkpoint(path, network, INFO, half=True, pose=trained)
    with safe_open(path, "pt") as file:
        before = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    update_checkpoint(path, info=ModelInfo(name="renamed", scores={"iou": 0.7}))
    with safe_open(path, "pt") as file:
        after = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert {tensor.dtype for tensor in after.values() if tensor.ndim} == {torch.float16}
    assert read_info(path).name == "renamed"
    assert load_pose_network(path) is not None


def test_a_pose_network_that_does_not_fit_is_said(checkpoint, trained):
    update_checkpoint(checkpoint, pose=trained)
    wide = PoseNetwork(**SMALL)
    wide.config = {**wide.config, "width": 17}
    update_checkpoint(checkpoint, pose=wide)
    with pytest.raises(CheckpointError, match=r"pose\.branches\..*has shape"):
        load_pose_network(checkpoint)
    wide.config = {"colour": 3}
    update_checkpoint(checkpoint, pose=wide)
    with pytest.raises(CheckpointError, match="colour"):
        load_pose_network(checkpoint)


def test_a_model_with_a_pose_network_places_a_lying_scan(network, trained):
    from occviewer.models import Model
    from occviewer.observations import PointCloud

    model = Model(network, INFO, pose=trained)
    lying = chair_points(np.random.default_rng(5)).astype(np.float64) @ rotation_of("z", 0.0)
    code = model.encode(PointCloud(lying), align="auto")
    assert code.facts["alignment"]["up"] == "z"
    turned = code.placement.rotation @ rotation_of("z", 0.0).T
    assert (np.trace(turned) - 1) / 2 > np.cos(np.radians(20))
