import errno
import os

import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations import WRITABLE_SUFFIXES, PointCloud


@pytest.fixture
def cloud():
    generator = np.random.default_rng(0)
    normals = generator.normal(size=(50, 3))
    points = generator.random((50, 3)) * 100 + [500_000, 5_400_000, 300]
    return PointCloud(points, normals, generator.integers(0, 256, (50, 3)))


@pytest.mark.parametrize("suffix", [".ply", ".npz", ".npy", ".PLY"])
def test_binary_files_give_back_the_same_points(tmp_path, cloud, suffix):
    cloud.save(tmp_path / f"a{suffix}")
    again = PointCloud.load(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(again.points, cloud.points)
    if suffix != ".npy":
        np.testing.assert_array_equal(again.normals, cloud.normals)
        np.testing.assert_array_equal(again.colors, cloud.colors)


def test_text_keeps_fifteen_digits_and_names_its_columns(tmp_path, cloud):
    cloud.save(tmp_path / "a.xyz")
    again = PointCloud.load(tmp_path / "a.xyz")
    np.testing.assert_allclose(again.points, cloud.points, rtol=1e-14)
    np.testing.assert_allclose(again.normals, cloud.normals, atol=1e-6)
    np.testing.assert_array_equal(again.colors, cloud.colors)


@pytest.mark.parametrize("suffix", [".ply", ".xyz", ".npz"])
def test_a_cloud_without_attributes_stays_without(tmp_path, suffix):
    PointCloud(np.eye(3)).save(tmp_path / f"a{suffix}")
    again = PointCloud.load(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(again.points, np.eye(3))
    assert again.normals is None
    assert again.colors is None


def test_another_suffix_is_refused_with_the_possible_ones(tmp_path, cloud):
    with pytest.raises(ObservationError) as caught:
        cloud.save(tmp_path / "a.las")
    assert all(suffix in str(caught.value) for suffix in WRITABLE_SUFFIXES)


def test_a_missing_folder_is_named(tmp_path, cloud):
    with pytest.raises(ObservationError, match="folder does not exist"):
        cloud.save(tmp_path / "no" / "a.ply")


def test_a_folder_is_not_overwritten(tmp_path, cloud):
    (tmp_path / "a.ply").mkdir()
    with pytest.raises(ObservationError, match="is a folder"):
        cloud.save(tmp_path / "a.ply")


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "cannot be written"), (errno.EACCES, "may not be")]
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path, cloud, monkeypatch, number, words
):
    target = tmp_path / "a.ply"
    target.write_bytes(b"old")

    def fail(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ObservationError, match=words) as caught:
        cloud.save(target)
    assert "a.ply" in str(caught.value)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_file_gets_the_usual_permissions(tmp_path, cloud):
    cloud.save(tmp_path / "a.ply")
    (tmp_path / "b").touch()
    assert (tmp_path / "a.ply").stat().st_mode == (tmp_path / "b").stat().st_mode
