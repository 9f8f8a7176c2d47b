import argparse

import numpy as np
import pytest
import trimesh
from safetensors import safe_open
from safetensors.numpy import save_file

from occviewer.cli.data import add_data_commands
from occviewer.training.view_file import load_views

FEW = ["--uniform-points", "300", "--near-points", "200", "--surface-points", "100"]
SMALL = ["--views", "2", "--pixels", "32", "--workers", "1"]


def run(*arguments):
    parser = argparse.ArgumentParser()
    add_data_commands(parser.add_subparsers(required=True))
    args = parser.parse_args(["data", *map(str, arguments)])
    return args.run(args)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Two shapes in a data set, and the folder that they were prepared from."""
    pytest.importorskip("embreex")
    folder = tmp_path_factory.mktemp("render")
    for category, shape in (
        ("box", trimesh.creation.box()),
        ("ball", trimesh.creation.icosphere(1)),
    ):
        (folder / "meshes" / category).mkdir(parents=True)
        shape.export(folder / "meshes" / category / "one.ply")
    assert run("prepare", folder / "meshes", "-o", folder / "set", "--workers", 1, *FEW) == 0
    return folder


@pytest.mark.slow
def test_shards_can_be_stopped_and_make_the_same_files(prepared, tmp_path, capsys):
    meshes = ("--from", prepared / "meshes")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert run("render", prepared / "set", *meshes, "-o", whole, *SMALL) == 0
    assert "views of 2 shapes drawn" in capsys.readouterr().out
    for shard in ("0/2", "1/2"):
        run("render", prepared / "set", *meshes, "-o", parts, *SMALL, "--shard", shard)
    files = sorted((whole / "views").iterdir())
    assert len(files) == 2
    for file in files:
        assert (parts / "views" / file.name).read_bytes() == file.read_bytes()
        assert len(load_views(file)) == 2
    # A file that was cut off is drawn again, the other one is kept.
    before = files[0].read_bytes()
    files[0].write_bytes(before[:100])
    capsys.readouterr()
    assert run("render", prepared / "set", *meshes, "-o", whole, *SMALL) == 0
    assert "views of 1 shapes drawn, 1 kept" in capsys.readouterr().out
    assert files[0].read_bytes() == before


@pytest.mark.slow
def test_pictures_that_lack_only_depths_get_them_and_stay(prepared, tmp_path, capsys):
    options = ("--from", prepared / "meshes", "-o", tmp_path, *SMALL)
    run("render", prepared / "set", *options)
    files = sorted((tmp_path / "views").iterdir())
    whole = [file.read_bytes() for file in files]
    with safe_open(files[0], "np") as file:
        header = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys() if "depth" not in name}  # noqa: SIM118
    pictures = arrays["pictures"] = arrays["pictures"][::-1].copy()  # such as nobody draws
    save_file(arrays, files[0], header)
    capsys.readouterr()
    assert run("render", prepared / "set", *options) == 0
    assert "views of 1 shapes drawn, 1 kept" in capsys.readouterr().out
    with safe_open(files[0], "np") as file:
        np.testing.assert_array_equal(file.get_tensor("pictures"), pictures)
        assert "depths" in file.keys()  # noqa: SIM118
    assert files[1].read_bytes() == whole[1]


def test_sources_that_are_not_there_are_reported_and_the_rest_is_done(prepared, tmp_path, capsys):
    (tmp_path / "meshes" / "box").mkdir(parents=True)
    box = prepared / "meshes" / "box" / "one.ply"
    (tmp_path / "meshes" / "box" / "one.ply").write_bytes(box.read_bytes())
    out = tmp_path / "views"
    status = run("render", prepared / "set", "--from", tmp_path / "meshes", "-o", out, *SMALL)
    assert status == 1
    said = capsys.readouterr()
    assert "ball" in said.err
    assert "--from" in said.err
    (file,) = (out / "views").iterdir()
    assert not np.isnan(load_views(file).cameras).any()


def test_classes_choose_shapes_and_unknown_ones_are_named(prepared, tmp_path, capsys):
    from occviewer.errors import DataError

    meshes = ("--from", prepared / "meshes", "-o", tmp_path / "views", *SMALL)
    assert run("render", prepared / "set", *meshes, "--classes", "ball") == 0
    assert "views of 1 shapes" in capsys.readouterr().out
    with pytest.raises(DataError, match=r"classes sofa; there is ball, box"):
        run("render", prepared / "set", *meshes, "--classes", "sofa")
