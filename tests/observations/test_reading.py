import os
from pathlib import Path

import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations import READABLE_SUFFIXES, PointCloud


def complaint_about(path):
    with pytest.raises(ObservationError) as caught:
        PointCloud.load(path)
    message = str(caught.value)
    assert message.count("\n") == 0
    assert "Traceback" not in message
    assert message.endswith(".")
    return message


def test_every_valid_file_is_read(load, valid_files):
    for name, data in valid_files.items():
        cloud = load(name, data)
        assert len(cloud) == (30_000 if cloud.notes and "sampled" in cloud.notes[-1] else 60)
        # All samples lie on or near the unit sphere.
        assert np.abs(np.linalg.norm(cloud.points, axis=1) - 0.95).max() < 0.2, name
        assert cloud.source.name == name


def test_strings_and_paths_are_accepted(tmp_path):
    path = tmp_path / "a.xyz"
    path.write_text("1 2 3\n")
    assert len(PointCloud.load(str(path))) == len(PointCloud.load(path)) == 1


def test_a_missing_file(tmp_path):
    assert "none.ply does not exist" in complaint_about(tmp_path / "none.ply")


def test_a_path_through_a_file(tmp_path):
    (tmp_path / "a").touch()
    assert "does not exist" in complaint_about(tmp_path / "a" / "b.ply")


def test_an_empty_file(tmp_path):
    (tmp_path / "a.ply").touch()
    assert "a.ply is empty" in complaint_about(tmp_path / "a.ply")


def test_a_folder(tmp_path):
    assert "is a folder" in complaint_about(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in folders")
def test_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "a.ply")
    assert "not a regular file" in complaint_about(tmp_path / "a.ply")


def test_a_name_that_no_file_can_have():
    assert "no possible file name" in complaint_about("a\0.ply")


def test_no_permission(tmp_path, monkeypatch):
    (tmp_path / "a.ply").write_bytes(b"ply\n")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read" in complaint_about(tmp_path / "a.ply")


def test_a_failing_disk(tmp_path, monkeypatch):
    (tmp_path / "a.ply").write_bytes(b"ply\n")

    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    assert "cannot be read (Input/output error)" in complaint_about(tmp_path / "a.ply")


def test_too_little_memory(tmp_path, monkeypatch):
    from occviewer.observations import reading

    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY")

    def fail(_):
        raise MemoryError

    monkeypatch.setitem(reading._READERS, "NPY", fail)
    assert "does not fit into the memory" in complaint_about(tmp_path / "a.npy")


def test_a_name_with_a_line_break_stays_on_one_line(tmp_path):
    assert "two\\nlines.ply" in complaint_about(tmp_path / "two\nlines.ply")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.ply", b"\x89PNG\r\n\x1a\n\0\0", "PNG picture"),
        ("a.xyz", b"\xff\xd8\xff\xe0\0\0", "JPEG picture"),
        ("a.ply", b"<!DOCTYPE html><html>", "web page"),
        ("a.pcd", b"\x1f\x8b\x08\0\0\0", "gzip"),
        ("a.txt", "1 2 3\n".encode("utf-16"), "UTF-16"),
        ("a.ply", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        ("a.xyz", b"\x80\x04\x95\0\0", "binary data"),
        ("a.ply", b"\x80\x04\x95\0\0", "does not begin as PLY"),
        ("a.pcd", b"hello\n", "does not begin as PCD"),
        ("a.blend", b"BLENDER-v293", "Blender"),
        ("a.zzz", b"\1\2\3\4", "of no known format"),
        ("a.md", b"# Title\n\nSome words.\n", "of no known format"),
    ],
)
def test_files_of_another_kind_are_recognised(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    assert words in complaint_about(tmp_path / name)


@pytest.mark.parametrize(
    ("sample", "name", "kind"),
    [
        ("little.ply", "a.xyz", "PLY"),
        ("ascii.ply", "a.txt", "PLY"),
        ("binary.stl", "a.obj", "STL"),
        ("ascii.stl", "a.ply", "STL"),
        ("mesh.obj", "a.dat", "OBJ"),
        ("mesh.off", "a.txt", "OFF"),
        ("binary.pcd", "a.ply", "PCD"),
        ("array.npy", "a.npz", "NPY"),
        ("archive.npz", "a", "NPZ"),
        ("scene.glb", "a.stl", "glTF"),
        ("cloud.xyz", "a.ply", "lines of numbers"),
        ("cloud.xyz", "a.pose", "lines of numbers"),
    ],
)
def test_a_misnamed_file_is_read_with_a_note(load, valid_files, sample, name, kind):
    cloud = load(name, valid_files[sample])
    assert len(cloud) in (60, 30_000)
    assert cloud.notes[0].startswith(f"read as {kind}")


def test_only_points_that_are_not_finite(load, samples):
    with pytest.raises(ObservationError, match="no usable point: the coordinates of all 7"):
        load("a.ply", samples.ply("<", np.full((7, 3), np.nan)))


def test_some_points_that_are_not_finite_are_counted(load, samples):
    points = samples.sphere(20)
    points[3:6] = np.inf
    cloud = load("a.ply", samples.ply("<", points))
    assert len(cloud) == 17
    assert cloud.notes == ("dropped 3 non-finite points",)


def test_sampling_a_mesh_is_repeatable_and_even(load, valid_files):
    cloud = load("a.obj", valid_files["mesh.obj"], mesh_samples=5000, seed=4)
    again = load("a.obj", valid_files["mesh.obj"], mesh_samples=5000, seed=4)
    other = load("a.obj", valid_files["mesh.obj"], mesh_samples=5000, seed=5)
    np.testing.assert_array_equal(cloud.points, again.points)
    assert not np.array_equal(cloud.points, other.points)
    assert cloud.notes == ("sampled 5,000 points on the surface of a mesh with 80 triangles",)
    # Outward normals, and as many points above as below.
    assert (np.einsum("ij,ij->i", cloud.points, cloud.normals) > 0.9).all()
    assert np.abs(cloud.centroid).max() < 0.05


def test_sampling_follows_the_area_and_blends_colours(load):
    # A large and a small triangle; red at one end of the large one, black at the others.
    text = (
        "v 0 0 0 1 0 0\nv 9 0 0 0 0 0\nv 0 2 0 0 0 0\n"
        "v 0 0 5 0 0 1\nv 1 0 5 0 0 1\nv 0 2 5 0 0 1\nf 1 2 3\nf 4 5 6\n"
    )
    cloud = load("a.obj", text.encode(), mesh_samples=20_000)
    small = cloud.points[:, 2] > 2
    assert abs(small.mean() - 0.1) < 5 * np.sqrt(0.1 * 0.9 / 20_000)
    assert (cloud.colors[small] == [0, 0, 255]).all()
    x, y = cloud.points[~small, 0], cloud.points[~small, 1]
    np.testing.assert_allclose(cloud.colors[~small, 0], 255 * (1 - x / 9 - y / 2), atol=0.6)
    np.testing.assert_allclose(cloud.points[~small].mean(axis=0), [3, 2 / 3, 0], atol=0.08)


def test_a_mesh_in_georeferenced_coordinates_keeps_its_place(load):
    text = "v 500000.25 5400000.5 3\nv 500001.25 5400000.5 3\nv 500000.25 5400001.5 3\nf 1 2 3\n"
    cloud = load("a.obj", text.encode(), mesh_samples=100)
    np.testing.assert_allclose(cloud.bounds[0], [500000.25, 5400000.5, 3], atol=0.2)
    np.testing.assert_allclose(cloud.normals, np.tile([0, 0, 1], (100, 1)), atol=1e-6)


def test_a_mesh_without_area(load):
    with pytest.raises(ObservationError, match="have no area"):
        load("a.obj", b"v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n")


def test_a_face_with_a_vertex_that_is_not_there(load):
    with pytest.raises(ObservationError, match="vertex number 8"):
        load("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n")


def test_triangles_with_corners_that_are_not_finite_are_passed_over(load):
    text = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv nan 0 0\nf 1 2 3\nf 1 2 4\n"
    cloud = load("a.obj", text, mesh_samples=10)
    assert len(cloud) == 10
    assert cloud.notes[0].startswith("passed over 1 triangle with")


def test_a_sample_of_no_points_is_refused(tmp_path):
    with pytest.raises(ObservationError, match="0 points"):
        PointCloud.load(tmp_path / "a.ply", mesh_samples=0)


def test_the_suffixes_that_people_use_are_listed():
    expected = ".ply .obj .off .stl .xyz .txt .csv .npy .npz .pcd .las .laz .e57 .glb .gltf"
    assert set(expected.split()) <= set(READABLE_SUFFIXES)
