"""From a checkpoint to a mesh, as the package's front page says."""

import inspect
import re

import numpy as np
import pytest
import torch

import occviewer
from occviewer import assets
from occviewer.errors import CheckpointError, ObservationError
from occviewer.extraction import extract
from occviewer.models import Code, CodeError, Model, open_model, save_checkpoint, shipped_models
from occviewer.models.placing import rotation_of
from occviewer.observations import PointCloud
from occviewer.placement import Placement

from ..networks.small import small_network
from .conftest import INFO


@pytest.fixture
def model(checkpoint):
    return open_model(checkpoint, device="cpu")


def test_the_example_of_the_package_works_as_printed(checkpoint, cloud, tmp_path, monkeypatch):
    lines = inspect.getdoc(occviewer).split("::\n")[1]
    code = re.sub(r"^    ", "", lines, flags=re.MULTILINE)
    assert 'open_model("furniture")' in code
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    checkpoint.rename(shipped / "furniture.safetensors")
    monkeypatch.setattr(assets, "checkpoints", lambda: shipped)
    monkeypatch.chdir(tmp_path)
    cloud.save("scan.ply")
    found = {}
    exec(code, found)
    assert (tmp_path / "chair.glb").stat().st_size > 1000
    assert found["mesh"].is_watertight


def test_logits_agree_with_the_network(model, cloud):
    code = model.encode(cloud, seed=3)
    queries = np.random.default_rng(0).uniform(-0.5, 0.5, (50, 3)).astype(np.float32)
    features = {name: tensor[None] for name, tensor in code.tensors.items()}
    expected = model.network.decode(torch.from_numpy(queries)[None], features)[0]
    np.testing.assert_allclose(model.field(code).logits(queries), expected, atol=1e-5)


def test_a_code_from_a_file_gives_the_same_logits(model, cloud, tmp_path):
    code = model.encode(cloud)
    code.save(tmp_path / "code.npz")
    again = Code.load(tmp_path / "code.npz")
    queries = np.random.default_rng(0).uniform(-0.5, 0.5, (50, 3)).astype(np.float32)
    np.testing.assert_array_equal(
        model.field(again).logits(queries), model.field(code).logits(queries)
    )


def test_the_cloud_is_centred_in_the_box_with_its_longest_side_one(model, cloud):
    box = model.encode(cloud).placement.to_box(cloud.points)
    np.testing.assert_allclose(np.ptp(box, axis=0), [1, 0.5, 0.25], atol=0.02)
    np.testing.assert_allclose(box.max(0), -box.min(0), atol=1e-5)


def test_a_given_placement_is_kept(model, cloud):
    placement = Placement(rotation_of("z"), 0.2, cloud.centroid)
    assert model.encode(cloud, placement=placement).placement is placement
    with pytest.raises(ValueError, match="one or the other"):
        model.encode(cloud, placement=placement, up="z")


def test_up_and_yaw_turn_the_cloud(model, cloud):
    placement = model.encode(cloud, up="z", yaw=90).placement
    np.testing.assert_allclose(placement.rotation, rotation_of("z", 90))
    np.testing.assert_allclose(
        np.ptp(placement.to_box(cloud.points), axis=0), [0.5, 0.25, 1], atol=0.02
    )


def test_an_up_axis_that_does_not_exist_is_said(model, cloud):
    with pytest.raises(ValueError, match="'w'"):
        model.encode(cloud, up="w")


def test_units_and_position_do_not_matter(model, cloud):
    near = PointCloud((cloud.points - cloud.points[0]) * 1000)
    one, other = model.encode(cloud), model.encode(near)
    for name in one.tensors:
        torch.testing.assert_close(one.tensors[name], other.tensors[name], atol=1e-3, rtol=1e-3)


def test_the_same_seed_gives_the_same_code(model, cloud):
    one, again, other = (model.encode(cloud, seed=seed) for seed in (1, 1, 2))
    name = next(iter(one.tensors))
    assert torch.equal(one.tensors[name], again.tensors[name])
    assert not torch.equal(one.tensors[name], other.tensors[name])


class Recorder(torch.nn.Module):
    """Stands before a network and keeps the points it is given."""

    def __init__(self, network):
        super().__init__()
        self.given = []
        encode = network.encode
        network.encode = lambda points: self.given.append(points) or encode(points)


@pytest.fixture
def given_points(model):
    return Recorder(model.network).given


def test_many_points_are_thinned_out_without_repetition(model, given_points, cloud):
    code = model.encode(cloud)
    points = given_points[-1][0].numpy()
    assert points.shape == (200, 3)
    assert len(np.unique(points, axis=0)) == 200
    assert code.facts["points_read"] == 1000
    assert code.facts["points_used"] == 200


def test_few_points_are_repeated_evenly_and_copies_moved_a_little(model, given_points, cloud):
    few = cloud.subsampled(60)
    code = model.encode(few)
    points = given_points[-1][0].numpy()
    assert points.shape == (200, 3)
    assert code.facts["points_used"] == 60
    own = code.placement.to_box(few.points)
    distances = np.linalg.norm(points[:, None] - own[None], axis=2)
    nearest = distances.argmin(axis=1)
    assert set(np.bincount(nearest, minlength=60)) <= {2, 3, 4, 5}
    assert (distances.min(axis=1)[:60] == 0).all()
    assert 0 < distances.min(axis=1)[60:].mean() < 5 * INFO.noise


def test_duplicates_and_strays_are_left_out_and_said(model, cloud):
    dirty = np.concatenate([cloud.points, cloud.points[:50], cloud.points[:1] + 100])
    code = model.encode(PointCloud(dirty))
    assert any("50 duplicates" in note for note in code.notes)
    assert any("1 outlier" in note for note in code.notes)
    assert code.facts["points_kept"] == 1000
    clean = model.encode(cloud)
    np.testing.assert_allclose(code.placement.matrix, clean.placement.matrix)


def test_points_outside_the_box_are_left_out(model, given_points, cloud):
    placement = Placement(np.eye(3), 0.5, cloud.centroid)
    code = model.encode(cloud, placement=placement)
    assert (given_points[-1].abs() <= 0.5501).all()
    assert code.facts["points_outside"] > 100
    assert any("outside the model's box" in note for note in code.notes)
    with pytest.raises(ObservationError, match="place the cloud there"):
        model.encode(cloud, placement=Placement())


@pytest.mark.parametrize("points", [np.zeros((10, 3)), np.zeros((1, 3)), np.eye(3)])
def test_clouds_without_a_shape_are_refused(model, points):
    with pytest.raises(ObservationError):
        model.encode(PointCloud(points))


def test_the_threshold_moves_the_level(model, cloud):
    code = model.encode(cloud)
    assert model.field(code).level == model.level == pytest.approx(np.log(0.3 / 0.7))
    assert model.field(code, threshold=0.5).level == 0
    with pytest.raises(ValueError, match="threshold"):
        model.field(code, threshold=1.5)


def test_a_code_of_another_network_is_refused(model, cloud):
    other = Model(small_network("onet"), INFO)
    with pytest.raises(CodeError, match="toy"):
        model.field(other.encode(cloud))
    with pytest.raises(CodeError):
        open_model(model.path, device="cpu").field(other.encode(cloud))


def test_the_network_is_not_trained_by_using_it(model, cloud):
    before = {name: tensor.clone() for name, tensor in model.network.state_dict().items()}
    extract(model.field(model.encode(cloud)), resolution=16, level=None)
    after = model.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not any(parameter.requires_grad for parameter in model.network.parameters())


def test_a_name_that_does_not_ship_lists_what_does(tmp_path, network, monkeypatch):
    save_checkpoint(tmp_path / "furniture.safetensors", network, INFO)
    monkeypatch.setattr(assets, "checkpoints", lambda: tmp_path)
    assert list(shipped_models()) == ["furniture"]
    assert open_model("furniture", device="cpu").name == "toy"
    with pytest.raises(CheckpointError, match=r"'sofas'.*furniture"):
        open_model("sofas")
    with pytest.raises(CheckpointError, match=r"sofas\.safetensors does not exist"):
        open_model("sofas.safetensors")


def test_a_device_that_is_not_there_is_said(checkpoint, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for name in ("cuda", "mps", "meta", "abacus"):
        with pytest.raises(CheckpointError, match=name):
            open_model(checkpoint, device=name)
    assert open_model(checkpoint, device="auto").device == torch.device("cpu")
