"""Checkpoints: what is written comes back, and what is wrong is said."""

import io
import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from occviewer import __version__
from occviewer.errors import CheckpointError
from occviewer.models import ModelInfo, load_checkpoint, read_info, save_checkpoint

from ..networks.small import CONFIGS, box_points, small_network
from .conftest import INFO


def rewrite(path, tensors=None, **metadata):
    """Change a checkpoint's tensors or metadata (None removes)."""
    with safe_open(path, framework="pt") as file:
        old = dict(file.metadata())
    kept = {k: v for k, v in {**old, **metadata}.items() if v is not None}
    save_file(load_file(path) if tensors is None else tensors, path, kept)


@pytest.mark.parametrize("kind", CONFIGS)
def test_every_architecture_comes_back_with_the_same_answers(kind, tmp_path):
    network = small_network(kind)
    save_checkpoint(tmp_path / "m.safetensors", network, INFO)
    again, _ = load_checkpoint(tmp_path / "m.safetensors")
    points = box_points(1, 80)
    with torch.no_grad():  # with gradients other kernels may be chosen, which round otherwise
        assert torch.equal(again(points, points), network(points, points))
    assert again.config == network.config
    assert not again.training


def test_all_that_is_known_comes_back(checkpoint):
    _, info = load_checkpoint(checkpoint)
    assert info == replace(INFO, occviewer_version=__version__) == read_info(checkpoint)
    assert info.level == pytest.approx(-0.8472978603872034)


def test_one_file_holds_everything(checkpoint):
    assert [path.name for path in checkpoint.parent.iterdir()] == [checkpoint.name]


def test_half_precision_is_smaller_and_opens_as_float32(tmp_path, network, checkpoint):
    half = tmp_path / "half.safetensors"
    save_checkpoint(half, network, INFO, half=True)
    assert half.stat().st_size < 0.7 * checkpoint.stat().st_size
    again, _ = load_checkpoint(half)
    assert {parameter.dtype for parameter in again.parameters()} == {torch.float32}
    points = box_points(1, 80)
    torch.testing.assert_close(again(points, points), network(points, points), atol=0.05, rtol=0.05)


def test_an_existing_file_stays_when_the_weights_are_not_finite(checkpoint, network):
    before = checkpoint.read_bytes()
    next(network.parameters()).data[0] = torch.nan
    with pytest.raises(CheckpointError, match="not finite"):
        save_checkpoint(checkpoint, network, INFO)
    assert checkpoint.read_bytes() == before


def test_weights_too_large_for_half_precision_are_refused(tmp_path, network):
    next(network.parameters()).data[0] = 1e6
    with pytest.raises(CheckpointError, match="float16"):
        save_checkpoint(tmp_path / "m.safetensors", network, INFO, half=True)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_said(tmp_path, network):
    with pytest.raises(CheckpointError, match="nowhere"):
        save_checkpoint(tmp_path / "nowhere" / "m.safetensors", network, INFO)


def test_a_rename_that_fails_leaves_the_old_file_alone(checkpoint, network, monkeypatch):
    before = checkpoint.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CheckpointError, match="disk is full"):
        save_checkpoint(checkpoint, network, replace(INFO, name="other"))
    assert checkpoint.read_bytes() == before
    assert len(list(checkpoint.parent.iterdir())) == 1


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"threshold": 1.0}, "threshold"),
        ({"threshold": True}, "threshold"),
        ({"noise": -1}, "noise"),
        ({"bounds": ((0, 0, 0), (1, 1, 0))}, "bounds"),
        ({"bounds": ((0, 0), (1, 1))}, "bounds"),
        ({"classes": "chair"}, "classes"),
        ({"scores": 3}, "scores"),
        ({"name": None}, "name"),
    ],
)
def test_impossible_facts_are_refused(values, complaint):
    with pytest.raises(ValueError, match=complaint):
        ModelInfo(**values)


class Payload:
    """When unpickled it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("way", ["torch zip", "torch legacy", *(f"pickle {n}" for n in range(6))])
def test_a_pickle_is_refused_and_never_run(way, tmp_path):
    trap, path = tmp_path / "trap", tmp_path / "m.safetensors"
    if way.startswith("torch"):
        torch.save({"model": Payload(trap)}, path, _use_new_zipfile_serialization="zip" in way)
    else:
        path.write_bytes(pickle.dumps(Payload(trap), protocol=int(way[-1])))
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(path)
    assert not trap.exists()
    assert str(path) in str(error.value)
    if way not in ("pickle 0", "pickle 1"):  # these are plain text without a mark
        assert "PyTorch file" in str(error.value)
    torch.load(io.BytesIO(path.read_bytes()), weights_only=False) if "torch" in way else (
        pickle.loads(path.read_bytes())
    )
    assert trap.exists(), "the payload must be one that works"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"hello", "no model"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\xff" * 8 + b"{", "longer than the file"),
        ((2).to_bytes(8, "little") + b"{}", "not what OccViewer needs"),
        ((4).to_bytes(8, "little") + b"{abc", "damaged or incomplete"),
    ],
)
def test_other_files_are_told_apart(content, complaint, tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=complaint) as error:
        load_checkpoint(path)
    assert str(path) in str(error.value)


def test_a_folder_and_a_missing_file_are_said(tmp_path):
    with pytest.raises(CheckpointError, match="is a folder"):
        load_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match="does not exist"):
        load_checkpoint(tmp_path / "m.safetensors")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="may read everything")
def test_a_closed_file_is_said(checkpoint):
    checkpoint.chmod(0)
    with pytest.raises(CheckpointError, match="may not be read"):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.6, 0.999])
def test_a_truncated_file_is_said(share, checkpoint):
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match=r"again|completely"):
        load_checkpoint(checkpoint)


def test_tensors_that_do_not_fit_are_named_and_counted(checkpoint):
    tensors = load_file(checkpoint)
    names = sorted(tensors)
    rewrite(checkpoint, {name: tensors[name] for name in names[1:]})
    with pytest.raises(CheckpointError, match=rf"{names[0]} is missing; "):
        load_checkpoint(checkpoint)
    rewrite(checkpoint, {**tensors, "extra": torch.zeros(1), "surplus": torch.zeros(1)})
    with pytest.raises(CheckpointError, match=r"belongs to no part of it \(and 1 more"):
        load_checkpoint(checkpoint)
    wrong = {**tensors, names[0]: torch.zeros(3, 2)}
    rewrite(checkpoint, wrong)
    with pytest.raises(CheckpointError, match=r"has shape \(3, 2\) instead of"):
        load_checkpoint(checkpoint)
    wrong[names[0]] = torch.zeros_like(tensors[names[0]], dtype=torch.int64)
    rewrite(checkpoint, wrong)
    with pytest.raises(CheckpointError, match="int64"):
        load_checkpoint(checkpoint)


def test_weights_that_are_not_finite_are_refused(checkpoint):
    tensors = load_file(checkpoint)
    name = sorted(tensors)[3]
    tensors[name].view(-1)[0] = torch.inf
    rewrite(checkpoint, tensors)
    with pytest.raises(CheckpointError, match=f"not finite.*{name}"):
        load_checkpoint(checkpoint)


def changed(network, **settings):
    return json.dumps({**network.config, **settings})


def test_what_the_metadata_get_wrong_is_said(checkpoint, network):
    for metadata, complaint in (
        ({"format": None}, "open a file that occviewer train wrote"),
        ({"format_version": "2", "occviewer_version": '"9.1"'}, r"OccViewer 9\.1.*update"),
        ({"format_version": "new"}, "format version is 'new'"),
        ({"network": None}, "configuration"),
        ({"network": "[1]"}, "configuration"),
        ({"network": "{"}, "configuration"),
        ({"network": '{"architecture": "unet"}'}, "unet.*update OccViewer"),
        ({"network": changed(network, hidden=10**9)}, "impossible setting 1000000000"),
        ({"network": changed(network, channels=0)}, "again"),
        ({"network": changed(network, colour=1)}, "colour"),
        ({"network": changed(network, point_count=0)}, "0 points"),
        ({"network": changed(network, point_count="many")}, "many points"),
        ({"network": changed(network, plane_sizes="ab")}, "cannot be made"),
        ({"threshold": "7"}, "threshold"),
        ({"bounds": "[[0, 0, 0], [1, 1]]"}, "bounds"),
        ({"scores": "nothing"}, "description"),
    ):
        original = checkpoint.read_bytes()
        rewrite(checkpoint, **metadata)
        with pytest.raises(CheckpointError, match=complaint) as error:
            load_checkpoint(checkpoint)
        assert str(checkpoint) in str(error.value)
        assert "\n" not in str(error.value)
        checkpoint.write_bytes(original)


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "m.safetensors"
    save_checkpoint(path, small_network(), INFO)
    return path.read_bytes()


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged") / "m.safetensors"


@settings(max_examples=150, deadline=None)
@given(
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=4),
    header_only=st.booleans(),
    cut=st.one_of(st.none(), st.floats(0, 1)),
)
@example(changes=[], header_only=True, cut=0.0)
def test_a_mutated_file_opens_or_is_refused_in_one_sentence(
    damaged, whole_file, changes, header_only, cut
):
    content = bytearray(whole_file)
    length = 8 + int.from_bytes(content[:8], "little") if header_only else len(content)
    for place, replacement in changes:
        start = int(place * length)
        content[start : start + len(replacement)] = replacement
    if cut is not None:
        del content[int(cut * len(content)) :]
    damaged.write_bytes(content)
    complaint = complaint_of(damaged)
    if complaint:
        assert str(damaged) in complaint
        assert "\n" not in complaint


def complaint_of(path):
    """What is said when a file is opened; nothing when it opens and works."""
    try:
        network, _ = load_checkpoint(path)
    except CheckpointError as error:
        return str(error)
    points = box_points(1, 10)
    assert network(points, points).shape == (1, 10)
    return ""
