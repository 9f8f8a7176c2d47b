import os
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from occviewer.errors import DataError
from occviewer.training.labelling import LabelledShape
from occviewer.training.shape_file import (
    ShapeRecord,
    load_shape,
    read_record,
    remove_leftovers,
    save_shape,
    update_record,
)

RECORD = ShapeRecord(
    name="chair-1", category="chair", split="train", source="a/chair.obj", creator="Ünal", scale=0.5
)


def a_shape(count=13, seed=0):
    rng = np.random.default_rng(seed)
    points = rng.uniform(-0.5, 0.5, (count, 3)).astype(np.float16)
    return LabelledShape(
        bounds=np.array([[-0.5] * 3, [0.5] * 3], np.float32),
        uniform=points,
        uniform_inside=rng.random(count) < 0.5,
        near=points[:7],
        near_inside=rng.random(7) < 0.5,
        surface=points,
        normals=points,
        cameras=rng.random((3, 3)).astype(np.float32),
        visible=rng.random((3, count)) < 0.5,
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "chair-1.safetensors"
    save_shape(path, a_shape(), RECORD)
    return path


def test_what_was_saved_comes_back(file):
    arrays, record = load_shape(file)
    assert record == read_record(file) == RECORD
    for name, array in vars(a_shape()).items():
        assert arrays[name].dtype == array.dtype
        assert np.array_equal(arrays[name], array), name
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_new_record_leaves_the_arrays_as_they_are(file):
    record = replace(RECORD, creator="Someone with a much longer name ©", split="test")
    before, _ = load_shape(file)
    update_record(file, record)
    after, stored = load_shape(file)
    assert stored == record
    for name, array in before.items():
        assert np.array_equal(after[name], array), name
    assert len(list(file.parent.iterdir())) == 1


def test_a_write_that_fails_leaves_the_old_file(file, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    before = file.read_bytes()
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        save_shape(file, a_shape(seed=1), RECORD)
    assert file.read_bytes() == before
    assert len(list(file.parent.iterdir())) == 1


@pytest.mark.parametrize("keep", [0, 5, 200, 900])
def test_a_file_that_was_cut_off_is_named_with_the_remedy(file, keep):
    file.write_bytes(file.read_bytes()[:keep])
    for read in (read_record, load_shape):
        with pytest.raises(DataError, match="chair-1.*delete it and prepare it again"):
            read(file)


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        (None, "not a prepared shape"),
        ({"format": "other"}, "not a prepared shape"),
        ({"format": "occviewer-shape-1"}, "no readable record"),
        ({"format": "occviewer-shape-1", "record": "[1]"}, "no readable record"),
        ({"format": "occviewer-shape-1", "record": '{"name": "x"}'}, "no readable record"),
    ],
)
def test_a_foreign_safetensors_file_is_refused(tmp_path, metadata, said):
    path = tmp_path / "x.safetensors"
    save_file({"a": np.zeros(2)}, path, metadata=metadata)
    with pytest.raises(DataError, match=said):
        read_record(path)


def test_leftovers_of_a_killed_run_are_removed_for_the_named_shapes_only(file):
    for name in (".chair-1.safetensors.77", ".chair-2.safetensors.78"):
        (file.parent / name).write_bytes(b"half")
    remove_leftovers(file.parent, {"chair-1"})
    assert sorted(p.name for p in file.parent.iterdir()) == [
        ".chair-2.safetensors.78",
        "chair-1.safetensors",
    ]
