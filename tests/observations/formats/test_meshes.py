"""OBJ, OFF, STL and glTF."""

import json
import struct

import numpy as np
import pytest
import trimesh

from occviewer.errors import ObservationError

SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"


@pytest.mark.parametrize(
    "faces",
    [
        "f 1 2 3 4\n",
        "f 1/1 2/1 3/1\nf 1//1 3//1 4//1\n",
        "f 1/2/3 2/2/3 3/2/3 4/2/3\n",
        "f -4 -3 -2\nf -4 -2 -1\n",
        "vn 0 0 1\nvt 0 0\nusemtl wood\ng seat\ns off\no a\nf\t1 2 3 4 # done\r\n",
    ],
)
def test_obj_faces_in_every_notation(load, faces):
    cloud = load("a.obj", (SQUARE + faces).encode(), mesh_samples=2000)
    np.testing.assert_allclose(cloud.normals, np.tile([0, 0, 1], (2000, 1)), atol=1e-6)
    np.testing.assert_allclose(cloud.points.mean(axis=0), [0.5, 0.5, 0], atol=0.05)


def test_obj_relative_indices_count_from_their_line(load):
    text = "v 9 9 9\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf -3 -2 -1\nv 5 5 5\n"
    assert load("a.obj", text.encode(), mesh_samples=100).bounds[1].max() <= 1


def test_obj_with_vertices_only_is_a_cloud(load):
    cloud = load("a.obj", b"# cloud\nv 1 2 3 1 0 0\nv 4 5 6 0 0.5 0\n")
    assert cloud.points.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert cloud.colors.tolist() == [[255, 0, 0], [0, 128, 0]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v 0 0 0\nv 1 oops 0\n", "'oops' in line 2"),
        ("v 0 0 0\nv 1 0\n", "2 values in line 2"),
        ("v 0 0\n", "2 values in its first vertex"),
        (SQUARE + "f 1 2 x\n", "'x' in line 5"),
        (SQUARE + "f 1 2 0\n", "the face '1 2 0' in line 5"),
        (SQUARE + "f 1 2 3.5\n", "the face '1 2 3.5' in line 5"),
        (SQUARE + "f 1 2 -9\n", "vertex number -5"),
        ("o nothing\n", "holds no vertices"),
    ],
)
def test_damaged_obj(load, text, words):
    with pytest.raises(ObservationError) as caught:
        load("a.obj", text.encode())
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "OFF\n4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n",
        "OFF 4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3 255 0 0\n",
        "OFF4 1 0\r\n0 0 0\r\n1 0 0\r\n1 1 0\r\n0 1 0\r\n4 0 1 2 3\r\n",
        "# made by hand\nOFF\n# counts\n4 2\n\n0 0 0\n1 0 0 # b\n1 1 0\n0 1 0\n3 0 1 2\n3 0 2 3\n",
        "OFF\n4 1 0\n0 0 0 9\n1 0 0 9\n1 1 0 9\n0 1 0 9\n4 0 1 2 3\n",
    ],
)
def test_off_in_every_notation(load, text):
    cloud = load("a.off", text.encode(), mesh_samples=2000)
    np.testing.assert_allclose(cloud.points.mean(axis=0), [0.5, 0.5, 0], atol=0.05)
    np.testing.assert_allclose(cloud.normals, np.tile([0, 0, 1], (2000, 1)), atol=1e-6)


def test_off_clouds_with_colours_and_normals(load):
    cloud = load("a.off", b"COFF\n2 0 0\n1 2 3 255 0 9 255\n4 5 6 0 1 2 255\n")
    assert cloud.colors.tolist() == [[255, 0, 9], [0, 1, 2]]
    cloud = load("a.off", b"NOFF\n2 0 0\n1 2 3 0 0 1\n4 5 6 0 1 0\n")
    assert cloud.normals.tolist() == [[0, 0, 1], [0, 1, 0]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OFF\n", "no line with the numbers of vertices"),
        ("OFF\n3 1 0\n0 0 0\n1 0 0\n", "declares 3 vertices but only 2 follow"),
        ("OFF\n3 2 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n", "declares 2 faces but only 1 follow"),
        ("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1\n", "is damaged at line 6"),
        ("OFF\n3 1 0\n0 0 0\n1 b 0\n0 1 0\n3 0 1 2\n", "'b' in line 4"),
        ("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n", "vertex number 7"),
        ("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 nan\n", "vertex number -1"),
        ("OFF\n1000000000000 1 0\n0 0 0\n", "declares 1,000,000,000,000 vertices but only 1"),
        ("4OFF\n1 0 0\n0 0 0 0\n", "of a rare kind"),
        ("OFF BINARY\n1 0 0\n", "of a rare kind"),
        ("OFF\n1 0 0\n0 0\n", "2 values in its first vertex"),
    ],
)
def test_damaged_off(load, text, words):
    with pytest.raises(ObservationError) as caught:
        load("a.off", text.encode())
    assert words in str(caught.value)


@pytest.mark.parametrize("sample", ["binary.stl", "ascii.stl"])
def test_stl(load, valid_files, sample):
    cloud = load("a.stl", valid_files[sample], mesh_samples=500)
    assert (np.einsum("ij,ij->i", cloud.points, cloud.normals) > 0.9).all()
    assert cloud.notes[-1].endswith("a mesh with 80 triangles")


def test_a_binary_stl_whose_header_says_solid(load, valid_files):
    data = b"solid of facets".ljust(80) + valid_files["binary.stl"][80:]
    assert len(load("a.stl", data, mesh_samples=500)) == 500


@pytest.mark.parametrize("sample", ["binary.stl", "ascii.stl"])
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_truncated_stl(load, valid_files, sample, keep):
    data = valid_files[sample]
    with pytest.raises(
        ObservationError, match=r"a\.stl (is truncated|has '\w*' in line|has . values? in line)"
    ):
        load("a.stl", data[: int(len(data) * keep)])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0" * 80 + struct.pack("<I", 4_000_000_000) + b"\0" * 50, "4,000,000,000 triangles"),
        (b"\0" * 84, "holds no triangles"),
        (b"\0" * 20, "declares 0 triangles"),
        (b"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 x\n", "'x' in line 4"),
        (b"solid a\nfacet\nendsolid a\n", "holds no triangles"),
    ],
)
def test_damaged_stl(load, data, words):
    with pytest.raises(ObservationError) as caught:
        load("a.stl", data)
    assert words in str(caught.value)


def test_glb_scenes_are_joined_in_world_coordinates(load):
    box = trimesh.creation.box()
    scene = trimesh.Scene()
    scene.add_geometry(box, transform=trimesh.transformations.translation_matrix([10, 0, 0]))
    scene.add_geometry(box.copy(), transform=trimesh.transformations.translation_matrix([0, 5, 0]))
    cloud = load("a.glb", scene.export(file_type="glb"), mesh_samples=4000)
    np.testing.assert_allclose(cloud.bounds, [[-0.5, -0.5, -0.5], [10.5, 5.5, 0.5]], atol=0.01)
    assert cloud.notes == (
        "joined 2 meshes of a scene",
        "sampled 4,000 points on the surface of a mesh with 24 triangles",
    )


def test_glb_vertex_colours(load):
    box = trimesh.creation.box()
    box.visual.vertex_colors = [10, 20, 30, 255]
    cloud = load("a.glb", box.export(file_type="glb"), mesh_samples=10)
    assert cloud.colors.tolist() == [[10, 20, 30]] * 10


def test_glb_point_clouds(load):
    scene = trimesh.Scene(trimesh.PointCloud(np.eye(3)))
    np.testing.assert_array_equal(load("a.glb", scene.export(file_type="glb")).points, np.eye(3))


def test_gltf_with_its_buffer_beside(load, tmp_path):
    for name, data in trimesh.Scene(trimesh.creation.box()).export(file_type="gltf").items():
        (tmp_path / name).write_bytes(data)
    cloud = load("a.gltf", (tmp_path / "model.gltf").read_bytes(), mesh_samples=100)
    np.testing.assert_allclose(np.abs(cloud.points).max(axis=1), 0.5, atol=1e-6)
    for buffer in tmp_path.glob("*.bin"):
        buffer.unlink()
    with pytest.raises(ObservationError, match=r"a\.gltf"):
        load("a.gltf", (tmp_path / "model.gltf").read_bytes())


def changed_glb(data, change):
    """The GLB with its description changed by a function."""
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    change(document)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    head = struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A)
    return head + text + rest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["accessors"][0].update(count=10**12), "an array of 1000000000000 values"),
        (lambda d: d["accessors"][0].update(count="many"), "an array of many values"),
        (
            lambda d: d.update(extensionsRequired=["KHR_draco_mesh_compression"]),
            "stored with 'KHR_draco_mesh_compression'",
        ),
        (lambda d: d["bufferViews"].clear(), "cannot be read as glTF"),
        (lambda d: d.update(meshes=[], nodes=[], scenes=[{"nodes": []}]), "glTF|neither a mesh"),
    ],
)
def test_damaged_glb(load, valid_files, change, words):
    with pytest.raises(ObservationError, match=words):
        load("a.glb", changed_glb(valid_files["scene.glb"], change))


@pytest.mark.parametrize("cut", [10, 100, 800])
def test_truncated_glb(load, valid_files, cut):
    with pytest.raises(ObservationError, match=r"a\.glb is truncated"):
        load("a.glb", valid_files["scene.glb"][:cut])


def test_damaged_descriptions(load, valid_files):
    for text in (b'{"asset": ', b'{"asset"' + b"[" * 100_000, b'["asset"]'):
        with pytest.raises(ObservationError):
            load("a.gltf", text)


def test_glb_point_clouds_keep_their_colours(load):
    cloud = trimesh.PointCloud(np.eye(3), colors=[[1, 2, 3, 255], [4, 5, 6, 255], [7, 8, 9, 255]])
    loaded = load("a.glb", trimesh.Scene(cloud).export(file_type="glb"))
    assert loaded.colors.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
