"""What a dropped file is opened as."""

import numpy as np
import pytest

from occviewer.gui.file_kinds import kind_of_file
from occviewer.models.codes import Code
from occviewer.placement import Placement


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.OCC", "session"),
        ("model.safetensors", "model"),
        ("onet_pcl2mesh-5c0be168.pt", "model"),
        ("IM_AE.model64-199.pth", "model"),
        ("checkpoint_epoch_9.tar", "model"),
        ("chair.JPG", "picture"),
        ("IMG_0001.HEIC", "picture"),
        ("chair.avif", "picture"),  # of which the reader of pictures says why it is not read
        ("depth.exr", "picture"),
        ("scan.ply", "cloud"),
        ("model.binvox", "voxels"),
        ("head.nii.gz", "voxels"),
        ("head.mha", "voxels"),
        ("nothing at all", "cloud"),
    ],
)
def test_names_tell_most(name, kind, tmp_path):
    assert kind_of_file(tmp_path / name) == kind


@pytest.mark.parametrize(
    ("arrays", "kind"),
    [
        ({"points": np.zeros((9, 3)), "normals": np.zeros((9, 3)), "loc": np.zeros(3)}, "cloud"),
        ({"xyz": np.zeros((9, 3))}, "cloud"),
        ({"depth": np.zeros((4, 5, 3))}, "cloud"),
        ({"voxels": np.zeros((4, 5, 3), bool)}, "voxels"),
        ({"a": np.zeros((8, 8, 8))}, "voxels"),
        ({"compressed_occupancies": np.zeros(64, np.uint8), "res": 8}, "voxels"),
        ({"w0": np.zeros((8, 3)), "b0": np.zeros(8), "w1": np.zeros((1, 8)), "b1": [0]}, "model"),
    ],
)
def test_arrays_are_told_apart_by_what_they_hold(arrays, kind, tmp_path):
    np.savez(tmp_path / "a.npz", **arrays)
    assert kind_of_file(tmp_path / "a.npz") == kind


def test_codes_plain_arrays_and_damaged_files(tmp_path):
    import torch

    Code({"c": torch.zeros(4)}, Placement(), "toy").save(tmp_path / "code.npz")
    assert kind_of_file(tmp_path / "code.npz") == "code"
    np.save(tmp_path / "cloud.npy", np.zeros((50, 6)))
    assert kind_of_file(tmp_path / "cloud.npy") == "cloud"
    np.save(tmp_path / "grid.npy", np.zeros((32, 32, 32)))
    assert kind_of_file(tmp_path / "grid.npy") == "voxels"
    (tmp_path / "bad.npz").write_bytes(b"PK nonsense")
    assert kind_of_file(tmp_path / "bad.npz") == "cloud"


def test_the_folder_of_a_deepsdf_experiment_is_a_model(tmp_path):
    assert kind_of_file(tmp_path) == "cloud"
    (tmp_path / "ModelParameters").mkdir()
    (tmp_path / "ModelParameters" / "latest.pth").write_bytes(b"")
    assert kind_of_file(tmp_path) == "model"
