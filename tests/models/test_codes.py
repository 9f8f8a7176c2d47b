"""Codes in files."""

import io
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from occviewer.models import Code, CodeError
from occviewer.models.placing import rotation_of
from occviewer.placement import Placement

PLACEMENT = Placement(rotation_of("z", 33), 0.25, np.array([1e6 + 0.125, 2.0, -3.0]))


@pytest.fixture
def code():
    tensors = {"plane_xz": torch.randn(4, 8, 8), "c": torch.randn(16)}
    return Code(tensors, PLACEMENT, "toy", ("merged 3 duplicates",), {"points_used": 5})


def test_everything_comes_back_from_a_file(code, tmp_path):
    code.save(tmp_path / "code.npz")
    again = Code.load(tmp_path / "code.npz")
    assert again.tensors.keys() == code.tensors.keys()
    assert all(torch.equal(again.tensors[name], code.tensors[name]) for name in code.tensors)
    assert again.placement.as_dict() == PLACEMENT.as_dict()
    assert (again.model, again.notes, dict(again.facts)) == (
        "toy",
        ("merged 3 duplicates",),
        {"points_used": 5},
    )
    assert [path.name for path in tmp_path.iterdir()] == ["code.npz"]


def test_a_lenient_code_says_so_after_a_round_trip_and_keeps_its_other_facts(code, tmp_path):
    assert code.leniency == 0
    code.lenient(0.4).save(tmp_path / "code.npz")
    again = Code.load(tmp_path / "code.npz")
    assert again.leniency == 0.4
    assert again.facts["points_used"] == 5
    assert dict(again.lenient(0.0).facts) == {"points_used": 5}


@pytest.mark.parametrize("value", ["much", None, float("nan"), [1.0]])
def test_a_leniency_that_is_no_number_counts_for_nothing(code, value):
    assert replace(code, facts={"leniency": value}).leniency == 0


def test_a_code_cannot_be_changed(code):
    with pytest.raises(TypeError):
        code.tensors["c"] = torch.zeros(16)
    with pytest.raises(AttributeError):
        code.model = "other"


def test_another_suffix_or_a_missing_folder_is_said(code, tmp_path):
    with pytest.raises(CodeError, match=r"\.npz"):
        code.save(tmp_path / "code.pt")
    with pytest.raises(CodeError, match="nowhere"):
        code.save(tmp_path / "nowhere" / "code.npz")
    with pytest.raises(CodeError, match="does not exist"):
        Code.load(tmp_path / "code.npz")


def test_numbers_that_are_not_finite_are_refused(code, tmp_path):
    code.tensors["c"][3] = torch.nan
    code.save(tmp_path / "code.npz")
    with pytest.raises(CodeError, match="not finite"):
        Code.load(tmp_path / "code.npz")


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_inside_is_never_run(tmp_path):
    trap, path = tmp_path / "trap", tmp_path / "code.npz"
    np.savez(path, about=np.array([Payload(trap)], dtype=object))
    with pytest.raises(CodeError, match="no code"):
        Code.load(path)
    path.write_bytes(pickle.dumps(Payload(trap)))
    with pytest.raises(CodeError, match="no code"):
        Code.load(path)
    assert not trap.exists()
    pickle.loads(path.read_bytes())
    assert trap.exists(), "the payload must be one that works"


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "code.npz"
    np.savez(path, points=np.zeros((3, 3)))
    with pytest.raises(CodeError, match="no code"):
        Code.load(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("about.npy", b"nothing")
    with pytest.raises(CodeError, match="no code"):
        Code.load(path)


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("code") / "code.npz"
    Code({"c": torch.ones(4)}, PLACEMENT, "toy").save(path)
    return path


@settings(max_examples=100, deadline=None)
@given(place=st.floats(0, 1), junk=st.binary(max_size=6), cut=st.floats(0.5, 1))
def test_a_mutated_file_opens_or_is_refused(whole_file, place, junk, cut):
    content = bytearray(whole_file.read_bytes())
    start = int(place * len(content))
    content[start : start + len(junk)] = junk
    damaged = whole_file.with_name("damaged.npz")
    damaged.write_bytes(content[: int(cut * len(content))])
    try:
        again = Code.load(damaged)
    except CodeError:
        return
    again.placement.to_box(np.zeros((1, 3)))
    buffer = io.BytesIO()
    np.save(buffer, next(iter(again.tensors.values())).numpy())
