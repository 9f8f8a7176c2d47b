from dataclasses import replace

import numpy as np
import pytest
import trimesh

from occviewer import Placement
from occviewer.errors import DataError
from occviewer.training.labelling import SampleCounts
from occviewer.training.mesh_folder import axes_rotation
from occviewer.training.prepare import MeshSource, load_mesh, prepare_mesh, refreshed
from occviewer.training.shape_file import ShapeRecord, load_shape, read_record

FEW = SampleCounts(uniform=500, near=300, surface=200)
Z_UP = axes_rotation("z")


def source_of(path, rotation=Z_UP, **known):
    record = ShapeRecord("thing", "chair", "train", path.name, **known)
    return MeshSource(path, record, rotation)


@pytest.fixture
def post(tmp_path):
    """A post that stands on z, and its front (-y) has a nose."""
    mesh = trimesh.util.concatenate(
        [
            trimesh.creation.box(bounds=[[9, 5, 0], [11, 7, 8]]),
            trimesh.creation.box(bounds=[[9.5, 4, 6], [10.5, 6, 7]]),
        ]
    )
    mesh.export(tmp_path / "post.ply")
    return tmp_path / "post.ply"


def test_the_record_says_how_the_source_lies_in_the_box(post, tmp_path):
    pytest.importorskip("embreex")
    target = tmp_path / "thing.safetensors"
    record = prepare_mesh(source_of(post), target, counts=FEW)
    arrays, stored = load_shape(target)
    assert stored == record
    assert (record.watertight, record.triangles, record.issues) == (True, 24, [])
    assert record.scale == pytest.approx(1 / 8)
    placement = Placement(
        np.reshape(record.rotation, (3, 3)), record.scale, np.array(record.centre)
    )
    nose = placement.to_box([[10, 4, 6.5]])[0]
    assert nose == pytest.approx([0, 2.5 / 8, 1.5 / 8], abs=1e-6)  # up, and to the front
    low, high = placement.to_box([[9, 7, 0], [11, 4, 8]])
    assert arrays["bounds"] == pytest.approx(np.array([low - 0.01, high + 0.01]), abs=1e-5)
    surface = arrays["surface"].astype(float)
    nose = surface[surface[:, 2] > 0.1]
    assert len(nose)
    assert (np.abs(nose[:, 1] - 2.5 / 8) < 0.51 / 8).all()


def test_open_meshes_and_broken_corners_are_noted(tmp_path):
    pytest.importorskip("embreex")
    box = trimesh.creation.box()
    lines = [f"v {x} {y} {z}" for x, y, z in box.vertices] + ["v nan 0 0", "v inf 1e5 0"]
    lines += [f"f {a} {b} {c}" for a, b, c in box.faces[:-1] + 1] + ["f 1 2 9", "f 1 10 3"]
    path = tmp_path / "box.obj"
    path.write_text("\n".join(lines))
    record = prepare_mesh(source_of(path), tmp_path / "thing.safetensors", counts=FEW)
    assert record.triangles == 11
    assert record.scale == pytest.approx(1)
    assert not record.watertight
    assert any("not finite" in issue for issue in record.issues)
    assert any("not watertight" in issue for issue in record.issues)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.obj", "", "cannot be read|no triangles"),
        ("empty.ply", "", "cannot be read|no triangles"),
        ("garbage.glb", "this is no mesh", "cannot be read|no triangles"),
        ("points.obj", "v 0 0 0\nv 1 1 1\n", "cannot be read|no triangles"),
        ("nan.obj", "v nan 0 0\nv 0 nan 0\nv 0 0 nan\nf 1 2 3\n", "finite"),
        ("missing.obj", None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_mesh_is_named(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=rf"{name}.*({said})"):
        load_mesh(path)


def test_vertices_are_merged_by_position_whatever_their_texture(tmp_path):
    path = tmp_path / "seam.obj"
    box = trimesh.creation.box()
    lines = [f"v {x} {y} {z}" for x, y, z in box.vertices] + ["vt 0 0", "vt 0 1", "vt 1 0"]
    lines += [f"f {a}/1 {b}/2 {c}/3" for a, b, c in box.faces + 1]
    path.write_text("\n".join(lines))
    mesh = load_mesh(path)
    assert len(mesh.vertices) == 8
    assert mesh.is_watertight


def test_a_kept_shape_takes_over_what_is_known_now_and_keeps_what_the_mesh_told(tmp_path):
    stored = ShapeRecord(
        "thing", "chair", "train", "old.obj", watertight=True, triangles=7, scale=2.0,
        centre=[1, 2, 3], rotation=list(Z_UP), issues=[
            "faces turned inconsistently: normals taken from visibility", "stale remark"
        ],
    )  # fmt: skip
    source = source_of(tmp_path / "new.obj", creator="A. Maker")
    now = refreshed(stored, source)
    assert (now.creator, now.source, now.triangles, now.scale) == ("A. Maker", "new.obj", 7, 2.0)
    assert now.issues == ["faces turned inconsistently: normals taken from visibility"]
    assert refreshed(replace(stored, rotation=list(axes_rotation("y"))), source) is None


def test_a_record_of_the_first_version_gets_its_centre_in_the_axes_of_the_source(tmp_path):
    source = source_of(tmp_path / "new.obj")
    centre = np.array([1.0, 2.0, 3.0])
    turned = np.reshape(Z_UP, (3, 3)) @ centre
    now = refreshed(replace(source.record, centre=turned.tolist()), source)
    assert now.centre == pytest.approx(centre)
    assert now.rotation == pytest.approx(Z_UP)
    assert refreshed(now, source) == now


def test_the_samples_depend_on_seed_and_name_only(post, tmp_path):
    pytest.importorskip("embreex")
    paths = [tmp_path / f"{i}.safetensors" for i in range(3)]
    prepare_mesh(source_of(post), paths[0], counts=FEW)
    prepare_mesh(source_of(post, creator="someone"), paths[1], counts=FEW)
    prepare_mesh(source_of(post), paths[2], seed=1, counts=FEW)
    first, second, third = (load_shape(path)[0]["uniform"] for path in paths)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)
    assert read_record(paths[1]).creator == "someone"
