import errno
import json
import os
import re
import stat
import struct
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from occviewer.errors import MeshError
from occviewer.meshes import Mesh
from occviewer.placement import Placement

from .shapes import ball, cube

FORMATS = ["glb", "obj", "ply", "stl", "off"]
UTM = Placement(scale=0.25, centre=(4_500_000.123, 512_345.678, 120.5))


def same_shape(first, second, tolerance):
    """Same surface, whatever the order of the vertices."""
    assert len(first.vertices) == len(second.vertices)
    corners = [mesh.vertices[mesh.faces].astype(np.float64) for mesh in (first, second)]
    np.testing.assert_allclose(corners[0], corners[1], rtol=0, atol=tolerance)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_saved_is_loaded_again(tmp_path, kind):
    mesh = ball()
    mesh.save(tmp_path / f"ball.{kind}")
    loaded = Mesh.load(tmp_path / f"ball.{kind}")
    same_shape(loaded, mesh, 1e-7)
    assert loaded.vertices.dtype == np.float32
    assert loaded.is_watertight
    assert os.listdir(tmp_path) == [f"ball.{kind}"]


@pytest.mark.parametrize("kind", FORMATS)
def test_georeferenced_meshes_keep_their_micrometres(tmp_path, kind):
    mesh = ball().placed(UTM)
    mesh.save(tmp_path / f"ball.{kind}")
    loaded = Mesh.load(tmp_path / f"ball.{kind}")
    same_shape(loaded, mesh, 1e-6)
    assert loaded.vertices.dtype == np.float64
    assert loaded.is_watertight


@pytest.mark.parametrize("kind", ["glb", "obj", "ply"])
def test_normals_and_colors_are_saved(tmp_path, kind):
    mesh = ball()
    # Not what a reader would compute: only the file can say it.
    normals = np.roll(mesh.normals, 1, axis=1)
    colors = np.random.default_rng(0).integers(0, 256, (len(mesh.vertices), 3), np.uint8)
    path = tmp_path / f"ball.{kind}"
    replace(mesh, normals=normals, colors=colors).save(path)
    np.testing.assert_array_equal(Mesh.load(path).colors, colors)
    np.testing.assert_allclose(STORED_NORMALS[kind](path.read_bytes()), normals, atol=1e-6)


def normals_in_glb(content):
    (length,) = struct.unpack("<I", content[12:16])
    head, body = json.loads(content[20 : 20 + length]), content[20 + length + 8 :]
    accessor = head["accessors"][head["meshes"][0]["primitives"][0]["attributes"]["NORMAL"]]
    start = head["bufferViews"][accessor["bufferView"]]["byteOffset"]
    return np.frombuffer(body, "<f4", 3 * accessor["count"], start).reshape(-1, 3)


def normals_in_obj(content):
    lines = [line.split()[1:] for line in content.decode().splitlines() if line.startswith("vn ")]
    return np.array(lines, float)


def normals_in_ply(content):
    head, _, body = content.partition(b"end_header\n")
    count = int(re.search(rb"element vertex (\d+)", head).group(1))
    kinds = [("place", "<f4", 3), ("normal", "<f4", 3), ("color", "u1", 3)]
    return np.frombuffer(body, kinds, count)["normal"]


STORED_NORMALS = {"glb": normals_in_glb, "obj": normals_in_obj, "ply": normals_in_ply}


def test_transparency_is_kept(tmp_path):
    mesh = cube()
    colors = np.full((8, 4), 128, np.uint8)
    replace(mesh, colors=colors).save(tmp_path / "cube.ply")
    np.testing.assert_array_equal(Mesh.load(tmp_path / "cube.ply").colors, colors)


def test_a_glb_stores_the_offset_in_its_node(tmp_path):
    ball().placed(UTM).save(tmp_path / "ball.glb")
    scene = trimesh.load_scene(tmp_path / "ball.glb")
    (geometry,) = scene.geometry.values()
    assert np.abs(geometry.vertices).max() < 2
    matrix, _ = scene.graph[scene.graph.nodes_geometry[0]]
    np.testing.assert_allclose(matrix[:3, 3], UTM.centre, atol=1e-6)


def test_extensions_may_be_in_capitals(tmp_path):
    cube().save(tmp_path / "CUBE.PLY")
    assert Mesh.load(tmp_path / "CUBE.PLY").volume == pytest.approx(1)


def test_a_scene_of_parts_becomes_one_mesh(tmp_path):
    scene = trimesh.Scene()
    for x in (0.0, 3.0):
        matrix = np.eye(4)
        matrix[0, 3] = x
        scene.add_geometry(trimesh.creation.box(), transform=matrix)
    scene.export(tmp_path / "two.glb")
    mesh = Mesh.load(tmp_path / "two.glb")
    assert mesh.bounds.tolist() == [[-0.5, -0.5, -0.5], [3.5, 0.5, 0.5]]
    assert mesh.volume == pytest.approx(2)


@pytest.mark.parametrize("name", ["mesh.fbx", "mesh", "mesh.txt"])
def test_unknown_formats_name_the_known_ones(tmp_path, name):
    with pytest.raises(MeshError, match=r"\.glb, \.obj, \.off, \.ply or \.stl"):
        cube().save(tmp_path / name)
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(MeshError, match=r"read from \.glb"):
        Mesh.load(tmp_path / name)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MeshError, match=r"folder .*nowhere does not exist"):
        cube().save(tmp_path / "nowhere" / "cube.glb")


def test_a_folder_is_not_overwritten(tmp_path):
    (tmp_path / "cube.glb").mkdir()
    with pytest.raises(MeshError, match="is a folder"):
        cube().save(tmp_path / "cube.glb")
    with pytest.raises(MeshError, match="is a folder"):
        Mesh.load(tmp_path / "cube.glb")


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MeshError, match="does not exist"):
        cube().save(tmp_path / "file" / "cube.glb")


def test_no_permission_is_said(tmp_path, monkeypatch):
    if os.geteuid() != 0:
        tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    else:  # nothing is forbidden to root
        refuse(monkeypatch, errno.EACCES)
    with pytest.raises(MeshError, match="no permission"):
        cube().save(tmp_path / "cube.glb")


def refuse(monkeypatch, number):
    def fail(*_args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "cube.glb"
    path.write_bytes(b"the old one")
    refuse(monkeypatch, errno.ENOSPC)
    with pytest.raises(MeshError, match=r"disk is full; free \d+\.\d MB"):
        cube().save(path)
    assert path.read_bytes() == b"the old one"
    assert os.listdir(tmp_path) == ["cube.glb"]


def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        cube().save(tmp_path / "cube.ply")
    assert os.listdir(tmp_path) == []


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.ply").write_bytes(b"old")
    (tmp_path / "link.ply").symlink_to("real.ply")
    cube().save(tmp_path / "link.ply")
    assert (tmp_path / "link.ply").is_symlink()
    assert Mesh.load(tmp_path / "real.ply").volume == pytest.approx(1)


def test_an_empty_mesh_is_not_saved(tmp_path):
    with pytest.raises(MeshError, match="no triangles"):
        Mesh(np.empty((0, 3)), np.empty((0, 3), int)).save(tmp_path / "nothing.glb")
    assert os.listdir(tmp_path) == []


def test_a_mesh_with_nan_is_not_saved(tmp_path):
    vertices = cube().vertices.copy()
    vertices[0] = np.nan
    with pytest.raises(MeshError, match="not finite"):
        replace(cube(), vertices=vertices).save(tmp_path / "nan.glb")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_missing_file_is_named(tmp_path, kind):
    with pytest.raises(MeshError, match="does not exist"):
        Mesh.load(tmp_path / f"missing.{kind}")


@pytest.mark.parametrize("kind", [*FORMATS, "gltf"])
def test_an_empty_file_is_said(tmp_path, kind):
    (tmp_path / f"empty.{kind}").write_bytes(b"")
    with pytest.raises(MeshError, match="is empty"):
        Mesh.load(tmp_path / f"empty.{kind}")


@pytest.mark.parametrize("kind", [*FORMATS, "gltf"])
def test_nonsense_is_an_error_that_names_the_file(tmp_path, kind):
    path = tmp_path / f"nonsense.{kind}"
    path.write_bytes(np.random.default_rng(0).bytes(3000))
    with pytest.raises(MeshError, match=f"nonsense.{kind}"):
        Mesh.load(path)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.4, 0.97])
def test_a_truncated_file_is_an_error_or_whole_triangles(tmp_path, kind, share):
    path = tmp_path / f"cut.{kind}"
    ball().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    if kind == "obj" and share > 0.9:
        # Lines of text that end early are a smaller mesh, and nobody can know.
        assert 0 < len(Mesh.load(path).faces) < len(ball().faces)
        return
    with pytest.raises(MeshError, match=f"cut.{kind}"):
        Mesh.load(path)


def test_points_without_triangles_are_not_a_mesh(tmp_path):
    (tmp_path / "points.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\n"
        "property float z\nend_header\n0 0 0\n1 1 1\n"
    )
    with pytest.raises(MeshError, match="no triangles"):
        Mesh.load(tmp_path / "points.ply")
