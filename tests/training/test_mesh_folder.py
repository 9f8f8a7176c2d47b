import numpy as np
import pytest

from occviewer.errors import DataError
from occviewer.training.mesh_folder import axes_rotation, folder_sources

OBJ = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
SAME = axes_rotation("y")


def write(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(OBJ)


def records(folder, val_share=0.1, test_share=0.1, **options):
    found = folder_sources(
        folder, rotation=SAME, val_share=val_share, test_share=test_share, **options
    )
    return {source.record.source: source.record for source in found}


def test_categories_are_the_first_subfolders_and_other_files_are_passed_over(tmp_path):
    write(tmp_path, "Arm Chairs/a.obj", "lamp/deep/down/b.STL", "c.ply", ".hidden/d.obj", "e.txt")
    found = records(tmp_path)
    assert {source: record.category for source, record in found.items()} == {
        "Arm Chairs/a.obj": "arm-chairs",
        "lamp/deep/down/b.STL": "lamp",
        "c.ply": "object",
    }
    assert {record.category for record in records(tmp_path, category="chair").values()} == {"chair"}


def test_split_folders_set_the_split_and_are_no_category(tmp_path):
    write(tmp_path, "chair/train/a.off", "chair/test/b.off", "Validation/lamp/c.off")
    found = records(tmp_path, val_share=0, test_share=1)
    assert {s: (r.category, r.split) for s, r in found.items()} == {
        "chair/train/a.off": ("chair", "train"),
        "chair/test/b.off": ("chair", "test"),
        "Validation/lamp/c.off": ("lamp", "val"),
    }


def test_the_shares_are_kept_and_a_shape_keeps_its_split_when_others_come(tmp_path):
    write(tmp_path, *(f"{i}.obj" for i in range(400)))
    before = records(tmp_path, val_share=0.2, test_share=0.1)
    splits = [record.split for record in before.values()]
    assert 0.14 < splits.count("val") / 400 < 0.26
    assert 0.06 < splits.count("test") / 400 < 0.14
    write(tmp_path, *(f"new-{i}.obj" for i in range(50)))
    after = records(tmp_path, val_share=0.2, test_share=0.1)
    assert all(after[source] == record for source, record in before.items())


def test_names_are_unique_and_safe(tmp_path):
    write(tmp_path, "a.obj", "a.ply", "A/b c.obj", "A/b-c.obj", "é.obj", "x" * 120 + ".obj")
    names = [record.name for record in records(tmp_path).values()]
    assert len({name.lower() for name in names}) == 6
    assert all(name.replace("-", "").isalnum() and name.isascii() for name in names)
    assert max(map(len, names)) < 100


def test_the_nearest_licence_file_counts_and_what_is_given_fills_the_rest(tmp_path):
    write(tmp_path, "a/x.obj", "a/b/y.obj", "c/z.obj")
    (tmp_path / "a/LICENSE.txt").write_text("Copyright 2020 Ann\nMIT License")
    (tmp_path / "a/b/license.md").write_text("some home-made terms")
    found = records(tmp_path, creator="Bob", licence="CC0-1.0")
    assert (found["a/x.obj"].creator, found["a/x.obj"].licence) == ("Bob (© 2020 Ann)", "MIT")
    assert found["a/b/y.obj"].licence == "see a/b/license.md"
    assert (found["c/z.obj"].creator, found["c/z.obj"].licence) == ("Bob", "CC0-1.0")


@pytest.mark.parametrize(
    ("up", "front"),
    [("y", None), ("z", None), ("-z", "x"), ("x", None), ("-x", "-y"), ("-y", "-z")],
)
def test_the_rotation_brings_up_to_y_and_front_to_z(up, front):
    def vector(axis):
        return np.eye(3)["xyz".index(axis[-1])] * (-1 if axis[0] == "-" else 1)

    rotation = np.reshape(axes_rotation(up, front), (3, 3))
    assert rotation @ vector(up) == pytest.approx([0, 1, 0])
    assert rotation @ vector(front or ("-y" if up == "z" else "z")) == pytest.approx([0, 0, 1])
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_up_and_front_on_one_line_are_refused():
    with pytest.raises(DataError, match="front"):
        axes_rotation("x", "-x")


def test_folders_without_meshes_are_refused(tmp_path):
    with pytest.raises(DataError, match="holds no meshes"):
        records(tmp_path)
    with pytest.raises(DataError, match="not a folder"):
        records(tmp_path / "missing")
