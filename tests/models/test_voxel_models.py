"""Models that take voxels, or only codes: what they are given, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from occviewer.errors import ObservationError
from occviewer.models import Code, CodeError, open_model, save_checkpoint
from occviewer.models.known_codes import drawn_codes, stored_codes
from occviewer.observations import PointCloud, VoxelGrid

from .families.published import random_state, save_like_onet
from .families.test_onet import QUERIES, Z, decoder_shapes, state_of


@pytest.fixture(scope="module")
def voxel_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("voxels") / "onet_voxel2mesh.pt"
    save_like_onet(path, state_of("voxel_simple", "cbatchnorm"))
    return open_model(path, "cpu")


@pytest.fixture(scope="module")
def code_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("codes") / "onet_uncond.pt"
    shapes = {f"decoder.{n}": s for n, s in decoder_shapes("simple", 0, Z).items()}
    save_like_onet(path, random_state(shapes))
    return open_model(path, "cpu")


def test_a_grid_of_the_models_own_size_is_given_as_it_is(voxel_model):
    cells = np.random.default_rng(0).random((32, 32, 32)) < 0.2
    code = voxel_model.encode_voxels(VoxelGrid(cells, [0.1] * 3, [5.0, 0.0, -3.0]))
    with torch.no_grad():
        expected = voxel_model.network.encode(torch.from_numpy(cells.astype(np.float32))[None])
    assert torch.allclose(code.tensors["c"], expected["c"][0])
    assert np.allclose(
        code.placement.to_box([[5.0, 0.0, -3.0], [8.2, 3.2, 0.2]])[:, 0], [-0.5, 0.5]
    )


def test_another_grid_is_centred_scaled_and_drawn_anew(voxel_model):
    cells = np.zeros((40, 60, 20), bool)
    cells[10:20, 15:55, 5:15] = True
    code = voxel_model.encode_voxels(VoxelGrid(cells, [0.5] * 3))
    low, high = code.placement.to_box([[5.0, 7.5, 2.5], [10.0, 27.5, 7.5]])
    assert np.allclose([low, high], [[-0.125, -0.5, -0.125], [0.125, 0.5, 0.125]], atol=1e-6)
    assert any("60" in note and "32" in note for note in code.notes)
    assert code.facts["voxels_used"] == 32
    turned = voxel_model.encode_voxels(VoxelGrid(cells.transpose(0, 2, 1), [0.5] * 3), up="z")
    says_so = VoxelGrid(cells.transpose(0, 2, 1), [0.5] * 3, up="z")
    again = voxel_model.encode_voxels(says_so)
    assert torch.equal(again.tensors["c"], turned.tensors["c"])
    mirrored = VoxelGrid(cells[:, :, ::-1], [0.5] * 3)
    again = voxel_model.encode_voxels(mirrored)
    assert torch.allclose(turned.tensors["c"], again.tensors["c"], atol=1e-4)


def test_other_axes_turn_voxels_and_queries_alike(tmp_path):
    """A shape and the field around it turn together, whatever axes the network was trained in."""
    path = tmp_path / "onet_voxel2mesh.pt"
    save_like_onet(path, state_of("voxel_simple", "cbatchnorm"))
    plain, turned = open_model(path, "cpu"), open_model(path, "cpu", {"axes": "x-zy"})
    cells = np.random.default_rng(1).random((32, 32, 32)) < 0.2
    # The network's y is the box's -z, and its z the box's y.
    as_network = cells.transpose(0, 2, 1)[:, ::-1]
    points = QUERIES[0].numpy()
    asked = np.stack([points[:, 0], -points[:, 2], points[:, 1]], 1)
    expected = plain.field(plain.encode_voxels(VoxelGrid(as_network))).logits(asked)
    found = turned.field(turned.encode_voxels(VoxelGrid(cells))).logits(points)
    assert np.allclose(found, expected, atol=1e-4)


def test_models_refuse_what_they_do_not_take(voxel_model, code_model):
    cloud = PointCloud(np.random.default_rng(0).random((100, 3)))
    with pytest.raises(ObservationError, match=r"takes voxel grids \(32³\), and this is a point"):
        voxel_model.encode(cloud)
    with pytest.raises(ObservationError, match="takes no observation, only codes"):
        code_model.encode(cloud)
    with pytest.raises(ObservationError, match="this is a voxel grid"):
        code_model.encode_voxels(VoxelGrid(np.ones((2, 2, 2))))


def test_codes_of_an_unconditional_model_are_drawn_from_its_prior(code_model, voxel_model):
    codes = drawn_codes(code_model, 500, seed=3)
    values = torch.stack([code.tensors["z"] for code in codes])
    assert values.mean() == pytest.approx(0, abs=0.05)
    assert values.std() == pytest.approx(1, abs=0.05)
    assert torch.equal(drawn_codes(code_model, 2, seed=3)[1].tensors["z"], values[1])
    assert stored_codes(code_model) == ()
    with pytest.raises(CodeError, match="takes voxel grids"):
        drawn_codes(voxel_model, 1)


def test_a_code_gives_the_same_logits_elsewhere(code_model, voxel_model, tmp_path):
    cells = np.random.default_rng(0).random((32, 32, 32)) < 0.2
    codes = {
        "onet_uncond": (code_model, drawn_codes(code_model, 1)[0]),
        "onet_voxel2mesh": (voxel_model, voxel_model.encode_voxels(VoxelGrid(cells))),
    }
    for name, (model, code) in codes.items():
        code.save(tmp_path / f"{name}.npz")
        save_checkpoint(tmp_path / f"{name}.safetensors", model.network, model.info)
        elsewhere = open_model(tmp_path / f"{name}.safetensors", "cpu")
        again = Code.load(tmp_path / f"{name}.npz")
        points = QUERIES[0].numpy()
        expected = model.field(code).logits(points)
        assert np.array_equal(elsewhere.field(again).logits(points), expected)
        assert (elsewhere.info.family, elsewhere.name) == ("onet", name)


def test_a_code_of_another_length_is_refused(code_model, voxel_model):
    with pytest.raises(CodeError, match="does not fit the model"):
        code_model.field(
            Code({"z": torch.zeros(Z + 1)}, drawn_codes(code_model, 1)[0].placement, "x")
        )
