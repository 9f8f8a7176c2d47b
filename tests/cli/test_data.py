import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trimesh

from occviewer.cli.data import add_data_commands
from occviewer.training.manifest import read_manifest
from occviewer.training.shape_file import load_shape

FEW = ["--uniform-points", "300", "--near-points", "200", "--surface-points", "100"]


def parse(*arguments):
    parser = argparse.ArgumentParser()
    add_data_commands(parser.add_subparsers(required=True))
    return parser.parse_args(["data", *map(str, arguments)])


def run(*arguments):
    args = parse(*arguments)
    return args.run(args)


@pytest.fixture
def meshes(tmp_path):
    folder = tmp_path / "meshes"
    for category, shape in (
        ("box", trimesh.creation.box()),
        ("ball", trimesh.creation.icosphere(1)),
    ):
        (folder / category).mkdir(parents=True)
        shape.export(folder / category / "one.ply")
    return folder


def test_bad_meshes_are_reported_and_the_rest_is_done(meshes, tmp_path, capsys):
    pytest.importorskip("embreex")
    bad = {
        "garbage.stl": "no mesh at all",
        "empty.obj": "",
        "nan.obj": "v nan 0 0\nv 0 nan 0\nv 0 0 nan\nf 1 2 3\n",
        "flat.obj": "v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n",
        "point.obj": "v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n",
    }
    for name, text in bad.items():
        (meshes / name).write_text(text)
    status = run("prepare", meshes, "-o", tmp_path / "set", "--workers", 1, *FEW)
    printed = capsys.readouterr()
    assert status == 1
    assert "2 shapes prepared" in printed.out
    assert "5 failed" in printed.out
    entries = {e["source"]: e for e in read_manifest(tmp_path / "set")}
    assert {source for source, e in entries.items() if e["status"] == "failed"} == set(bad)
    for name in bad:
        assert entries[name]["reason"]
        assert entries[name]["name"] in printed.err
    assert {entries[f"{c}/one.ply"]["category"] for c in ("box", "ball")} == {"box", "ball"}
    arrays, record = load_shape(tmp_path / "set" / entries["box/one.ply"]["file"])
    assert record.watertight
    assert len(arrays["uniform"]) == 300
    assert len(arrays["near_inside"]) == 200


@pytest.mark.slow
def test_workers_and_shards_change_nothing_in_the_files(meshes, tmp_path):
    pytest.importorskip("embreex")

    def shapes(dataset):
        return {p.name: p.read_bytes() for p in (dataset / "shapes").iterdir()}

    assert run("prepare", meshes, "-o", tmp_path / "a", "--workers", 2, *FEW) == 0
    for shard in ("0/2", "1/2"):
        options = ["--shard", shard, "--workers", 1]
        assert run("prepare", meshes, "-o", tmp_path / "b", *options, *FEW) == 0
    assert shapes(tmp_path / "a") == shapes(tmp_path / "b")
    assert len(shapes(tmp_path / "a")) == 2
    manifests = [(tmp_path / name / "manifest.jsonl").read_text() for name in "ab"]
    assert manifests[0] == manifests[1]


@pytest.mark.skipif(os.name != "posix", reason="kills a process group")
@pytest.mark.slow
def test_a_run_that_is_killed_leaves_whole_files_and_the_next_one_finishes(tmp_path):
    pytest.importorskip("embreex")
    for i in range(5):
        (tmp_path / "meshes").mkdir(exist_ok=True)
        trimesh.creation.icosphere(1).export(tmp_path / f"meshes/{i}.ply")
    shapes = tmp_path / "set" / "shapes"
    arguments = ["prepare", str(tmp_path / "meshes"), "-o", str(tmp_path / "set"), "--workers", "1"]
    code = (
        "import argparse, sys\nfrom occviewer.cli.data import add_data_commands\n"
        "if __name__ == '__main__':\n"
        "    parser = argparse.ArgumentParser()\n"
        "    add_data_commands(parser.add_subparsers())\n"
        "    args = parser.parse_args(['data', *sys.argv[1:]])\n"
        "    sys.exit(args.run(args))\n"
    )
    script = tmp_path / "data.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, str(script), *arguments, *FEW],
        env=environment, start_new_session=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(shapes.glob("*.safetensors")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in shapes.glob("*.safetensors")}
    assert 0 < len(before) < 5
    for path in before:
        load_shape(path)
    assert run(*arguments, *FEW) == 0
    assert len(list(shapes.iterdir())) == 5
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(read_manifest(tmp_path / "set")) == 5


@pytest.mark.slow
def test_sweethome3d_prepares_furniture_and_leaves_other_things_of_test_libraries_out(
    tmp_path, capsys
):
    pytest.importorskip("embreex")
    library = tmp_path / "unpacked" / "KatorLegaz"
    for name in ("stool", "toaster"):
        (library / name).mkdir(parents=True)
        trimesh.creation.box().export(library / name / f"{name}.obj")
    (library / "PluginFurnitureCatalog.properties").write_text(
        "name#1=Stool\nmodel#1=/stool/stool.obj\ncreator#1=Ann\n"
        "name#2=Toaster\nmodel#2=/toaster/toaster.obj\n"
    )
    (library / "LICENSE.TXT").write_text("http://creativecommons.org/licenses/by/3.0/us/")
    options = ["--workers", 1, *FEW]
    dataset = tmp_path / "set"
    assert run("sweethome3d", "--from", tmp_path / "unpacked", "-o", dataset, *options) == 0
    (entry,) = [json.loads(line) for line in (dataset / "manifest.jsonl").read_text().splitlines()]
    assert (entry["name"], entry["split"], entry["creator"], entry["licence"]) == (
        "katorlegaz-stool",
        "test",
        "Ann",
        "CC-BY-3.0-US",
    )
    assert "Left out: 1 " in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["prepare", "meshes"],
        ["prepare", "-o", "set"],
        ["prepare", "meshes", "-o", "set", "--shard", "2/2"],
        ["prepare", "meshes", "-o", "set", "--shard", "half"],
        ["prepare", "meshes", "-o", "set", "--workers", "0"],
        ["prepare", "meshes", "-o", "set", "--val-share", "1.5"],
        ["prepare", "meshes", "-o", "set", "--val-share", "0.7", "--test-share", "0.7"],
        ["prepare", "meshes", "-o", "set", "--up", "w"],
        ["prepare", "meshes", "-o", "set", "--up", "-z", "--front", "z"],
        ["sweethome3d"],
        [],
    ],
)
def test_wrong_usage_ends_with_status_two(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("up", ["-x", "-y", "-z", "x"])
def test_negative_axes_can_be_given_as_they_are(up):
    assert parse("prepare", "meshes", "-o", "set", "--up", up).up == up


@pytest.mark.slow
def test_made_up_furniture_is_labelled_and_a_second_call_makes_more(tmp_path, capsys):
    pytest.importorskip("embreex")
    options = ["-o", tmp_path / "set", "--workers", 1, *FEW]
    assert run("synthetic", "--count", 2, *options) == 0
    assert run("synthetic", "--count", 3, *options) == 0
    assert "1 shapes prepared, 2 kept" in capsys.readouterr().out
    entries = read_manifest(tmp_path / "set")
    assert [entry["status"] for entry in entries] == ["ok"] * 3
    assert all(entry["watertight"] for entry in entries)
    assert all(entry["split"] == "train-only" for entry in entries)
