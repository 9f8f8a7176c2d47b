"""Files of other programs: what may lie in them, and what is said of the rest."""

from __future__ import annotations

import argparse
import os
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from occviewer.errors import CheckpointError
from occviewer.models import open_model
from occviewer.models.torch_files import read_contents
from occviewer.observations import PointCloud
from occviewer.placement import Placement

from .families.published import save_like_onet
from .families.test_onet import QUERIES, state_of


@pytest.fixture(scope="module")
def state():
    return state_of("pointnet_simple", "cbatchnorm")


def logits_of(path):
    network = open_model(path, "cpu").network
    points = torch.rand(1, 30, 3, generator=torch.Generator().manual_seed(0)) - 0.5
    with torch.no_grad():
        return network(points, QUERIES)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".tar"])
@pytest.mark.parametrize("zipped", [True, False])
def test_zip_and_legacy_files_open_under_any_name(state, suffix, zipped, tmp_path):
    path = tmp_path / f"model{suffix}"
    save_like_onet(path, state, _use_new_zipfile_serialization=zipped)
    assert not open_model(path, "cpu").network.training
    assert read_contents(path).beside["loss_val_best"] == 0.593


def test_what_is_around_the_weights_does_not_change_the_answers(state, tmp_path):
    save_like_onet(tmp_path / "plain.pt", state)
    expected = logits_of(tmp_path / "plain.pt")
    torch.save(state, tmp_path / "bare.pth")
    torch.save(
        {"epoch": 3, "model_state_dict": {f"module.{n}": t for n, t in state.items()}},
        tmp_path / "parallel.tar",
    )
    save_file(state, tmp_path / "foreign.safetensors")
    np.savez(tmp_path / "arrays.npz", **{name: t.numpy() for name, t in state.items()})
    for name in ("bare.pth", "parallel.tar", "foreign.safetensors", "arrays.npz"):
        assert torch.equal(logits_of(tmp_path / name), expected), name


def test_half_precision_files_open_as_float32(state, tmp_path):
    half = {n: t.half() if t.is_floating_point() else t for n, t in state.items()}
    torch.save({"model": half}, tmp_path / "half.pt")
    torch.save({"model": state}, tmp_path / "full.pt")
    model = open_model(tmp_path / "half.pt", "cpu")
    assert {p.dtype for p in model.network.parameters()} == {torch.float32}
    assert any("float16" in warning for warning in model.info.warnings)
    expected = logits_of(tmp_path / "full.pt")
    assert torch.allclose(logits_of(tmp_path / "half.pt"), expected, atol=0.05, rtol=0.05)


def test_files_of_old_versions_without_counters_open(state, tmp_path):
    kept = {n: t for n, t in state.items() if not n.endswith("num_batches_tracked")}
    torch.save({"model": kept}, tmp_path / "old.pt")
    torch.save({"model": state}, tmp_path / "new.pt")
    assert torch.equal(logits_of(tmp_path / "old.pt"), logits_of(tmp_path / "new.pt"))


def test_numpy_values_and_arguments_of_the_writers_are_let_in(state, tmp_path):
    arguments = argparse.Namespace(model="kl_d512", lr=1e-4, pin_mem=True)
    beside = {"loss": np.float32(0.5), "best": np.arange(3.0), "args": arguments}
    torch.save({"model": state, **beside}, tmp_path / "m.pth")
    assert read_contents(tmp_path / "m.pth").beside["args"].model == "kl_d512"


class Payload:
    def __reduce__(self):
        return os.system, ("touch never",)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_wants_more_is_refused_with_its_name(state, zipped, tmp_path):
    path = tmp_path / "evil.pt"
    save_like_onet(path, {**state, "x": Payload()}, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=r"evil\.pt.*asks for (posix|nt)\.system") as error:
        open_model(path, "cpu")
    assert "\n" not in str(error.value)


def test_a_whole_network_that_was_pickled_is_refused_with_its_name(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "whole.pt")
    with pytest.raises(CheckpointError, match=r"asks for torch\.nn\.modules\.linear\.Linear"):
        open_model(tmp_path / "whole.pt", "cpu")


def test_a_plain_pickle_is_refused_with_what_it_wants(tmp_path):
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps({"a": np.zeros(3)}))
    with pytest.raises(CheckpointError, match=r"numpy.*_reconstruct"):
        open_model(tmp_path / "plain.pkl", "cpu")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_file_is_said(state, share, zipped, tmp_path):
    path = tmp_path / "cut.pt"
    save_like_onet(path, state, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match=r"damaged or incomplete \(.+\); copy") as error:
        open_model(path, "cpu")
    assert "weights_only" not in str(error.value)


def test_a_file_without_weights_is_said(tmp_path):
    torch.save({"epoch": 3, "history": [1, 2]}, tmp_path / "log.pt")
    with pytest.raises(CheckpointError, match=r"no weights: expected.*found epoch, history"):
        open_model(tmp_path / "log.pt", "cpu")


def test_weights_that_are_not_finite_are_refused(state, tmp_path):
    broken = {**state, "decoder.fc_out.bias": torch.tensor([torch.nan])}
    torch.save(broken, tmp_path / "nan.pt")
    with pytest.raises(CheckpointError, match=r"not finite \(in decoder\.fc_out\.bias\)"):
        open_model(tmp_path / "nan.pt", "cpu")


def test_what_does_not_fit_is_compared_with_the_closest_family(state, tmp_path):
    changed = {name: t for name, t in state.items() if name != "encoder.fc_2.weight"}
    changed["decoder.extra"] = torch.zeros(1)
    changed["decoder.fc_out.weight"] = torch.zeros(2, 20, 1)
    torch.save({"model": changed}, tmp_path / "odd.pt")
    with pytest.raises(CheckpointError) as error:
        open_model(tmp_path / "odd.pt", "cpu")
    for part in (
        "Closest is Occupancy Networks",
        "1 tensor is missing (encoder.fc_2.weight)",
        "1 tensor is unexpected (decoder.extra)",
        "decoder.fc_out.weight is (2, 20, 1), expected (1, 20, 1)",
    ):
        assert part in str(error.value)


def test_tensors_of_another_world_are_said(tmp_path):
    torch.save({"layer.weight": torch.zeros(7, 7, 7, 7)}, tmp_path / "other.pt")
    with pytest.raises(CheckpointError, match=r"fits no network.*found layer\.weight"):
        open_model(tmp_path / "other.pt", "cpu")


def test_an_unknown_setting_is_refused_with_those_that_there_are(state, tmp_path):
    torch.save(state, tmp_path / "m.pt")
    with pytest.raises(CheckpointError, match=r"no setting 'colour'.*threshold"):
        open_model(tmp_path / "m.pt", "cpu", settings={"colour": 1})
    with pytest.raises(CheckpointError, match="threshold must be"):
        open_model(tmp_path / "m.pt", "cpu", settings={"threshold": 3.0})
    with pytest.raises(CheckpointError, match="points must be a whole number from 1, not 'many'"):
        open_model(tmp_path / "m.pt", "cpu", settings={"points": "many"})
    with pytest.raises(CheckpointError, match="axes of a frame are such as"):
        open_model(tmp_path / "m.pt", "cpu", settings={"axes": "xx"})


def test_a_configuration_that_cannot_be_read_is_told(state, tmp_path):
    torch.save(state, tmp_path / "m.pt")
    (tmp_path / "config.yaml").write_text("data: [unclosed")
    warnings = open_model(tmp_path / "m.pt", "cpu").info.warnings
    assert any("config.yaml beside it cannot be read" in warning for warning in warnings)


def test_axes_and_scale_of_a_network_can_be_set(state, tmp_path):
    torch.save(state, tmp_path / "m.pt")
    plain = open_model(tmp_path / "m.pt", "cpu")
    turned = open_model(tmp_path / "m.pt", "cpu", settings={"axes": "x-zy", "scale": 2})
    points = torch.rand(1, 30, 3, generator=torch.Generator().manual_seed(0)) - 0.5

    def seen(x):
        return 2 * torch.stack([x[..., 0], -x[..., 2], x[..., 1]], -1)

    with torch.no_grad():
        expected = plain.network(seen(points), seen(QUERIES))
        assert torch.allclose(turned.network(points, QUERIES), expected, atol=1e-5)
    code = turned.encode(PointCloud(points[0].numpy()), placement=Placement())
    with torch.no_grad():
        layered = turned.network.decode(QUERIES, {"c": code.tensors["c"][None]})[0]
    assert torch.allclose(turned.field(code).logits(QUERIES[0]), layered, atol=1e-4)
