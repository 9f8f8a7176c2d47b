"""Animated GLB files."""

import json
import struct

import numpy as np
import pytest
import trimesh

from occviewer.errors import MeshError
from occviewer.meshes import Mesh
from occviewer.meshes.morph import save_morph

from .shapes import cube


def read(path):
    content = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    size, kind = struct.unpack_from("<I4s", content, 12)
    assert kind == b"JSON"
    document = json.loads(content[20 : 20 + size])
    return document, content[28 + size :]


def array(document, content, number):
    accessor = document["accessors"][number]
    view = document["bufferViews"][accessor["bufferView"]]
    columns = {"SCALAR": 1, "VEC3": 3}[accessor["type"]]
    kind = {5126: "<f4", 5125: "<u4"}[accessor["componentType"]]
    count = accessor["count"] * columns
    return np.frombuffer(content, kind, count, view["byteOffset"]).reshape(-1, columns)


def shown(document, content, time):
    """Names of the frames that can be seen at a time."""
    (animation,) = document["animations"]
    names = []
    for channel in animation["channels"]:
        assert channel["target"]["path"] == "scale"
        sampler = animation["samplers"][channel["sampler"]]
        assert sampler["interpolation"] == "STEP"
        times = array(document, content, sampler["input"])[:, 0]
        scales = array(document, content, sampler["output"])
        scale = scales[np.searchsorted(times, time, side="right") - 1]
        if (scale == 1).all():
            names.append(document["nodes"][channel["target"]["node"]]["name"])
        else:
            assert (scale == 0).all()
    return names


def test_one_frame_is_shown_at_a_time_in_order(tmp_path):
    save_morph([cube(), cube(), cube()], tmp_path / "m.glb", rate=4.0)
    document, content = read(tmp_path / "m.glb")
    found = [shown(document, content, time) for time in (0.0, 0.2, 0.3, 0.5, 0.7)]
    assert found == [["frame 1"], ["frame 1"], ["frame 2"], ["frame 3"], ["frame 3"]]


def test_without_playing_only_the_first_frame_is_there(tmp_path):
    save_morph([cube(), cube()], tmp_path / "m.glb", rate=4.0)
    document, _ = read(tmp_path / "m.glb")
    assert [node.get("scale") for node in document["nodes"]] == [None, [0.0, 0.0, 0.0], None]


def test_other_programs_read_the_meshes(tmp_path):
    mesh = cube()
    save_morph([mesh, mesh], tmp_path / "m.glb", rate=4.0)
    scene = trimesh.load(tmp_path / "m.glb")
    assert len(scene.geometry) == 2
    first = next(iter(scene.geometry.values()))
    assert len(first.faces) == len(mesh.faces)
    assert first.is_watertight


def test_places_far_from_the_origin_are_kept(tmp_path):
    mesh = cube()
    far = Mesh(mesh.vertices.astype(np.float64) + [5e5, 4e6, 30.0], mesh.faces)
    save_morph([far, far], tmp_path / "m.glb", rate=4.0)
    document, content = read(tmp_path / "m.glb")
    root = document["nodes"][-1]
    at = document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    placed = array(document, content, at).astype(np.float64) + root["translation"]
    assert np.allclose(placed, far.vertices, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("name", "count"), [("m.obj", 2), ("m.glb", 1)])
def test_what_is_no_morph_is_refused(tmp_path, name, count):
    with pytest.raises(MeshError, match="a morph"):
        save_morph([cube()] * count, tmp_path / name, 20.0)
    assert list(tmp_path.iterdir()) == []
