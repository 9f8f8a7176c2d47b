"""``occviewer reconstruct``: from files to files."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import trimesh

import occviewer.extraction
from occviewer import assets, cli
from occviewer.meshes import Mesh
from occviewer.models import ModelInfo, save_checkpoint
from occviewer.observations import PointCloud
from occviewer.placement import Placement

from ..models.conftest import with_surface
from ..networks.small import small_network

CENTRE = np.array([500_000.0, 4_000_000.0, 30.0])


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "toy.safetensors"
    save_checkpoint(path, with_surface(small_network()), ModelInfo(name="toy", threshold=0.3))
    return path


@pytest.fixture
def scan(tmp_path):
    directions = np.random.default_rng(0).normal(size=(400, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    path = tmp_path / "scan.ply"
    PointCloud(directions * [2.0, 1.0, 0.5] + CENTRE).save(path)
    return path


@pytest.fixture
def reconstruct(checkpoint):
    def run(*arguments):
        given = [str(argument) for argument in arguments]
        quicker = ["--align", "none", "--resolution", "16"]
        return cli.main(
            ["reconstruct", "--model", str(checkpoint), "--device", "cpu", *quicker, *given]
        )

    return run


def usage_error(run, *arguments):
    with pytest.raises(SystemExit) as stop:
        run(*arguments)
    assert stop.value.code == 2


@pytest.mark.parametrize("suffix", [".glb", ".obj", ".ply", ".stl", ".off", ".GLB"])
def test_the_extension_is_the_format_and_the_mesh_lies_where_the_scan_does(
    suffix, reconstruct, scan, tmp_path, capsys
):
    out = tmp_path / f"mesh{suffix}"
    assert reconstruct(scan, "-o", out) == 0
    low, high = Mesh.load(out).bounds
    assert (np.abs((low + high) / 2 - CENTRE) < 2.3).all()
    assert ((high - low) <= 4.5).all()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "triangles" in captured.err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([out.name, scan.name])


def test_json_holds_what_a_program_wants_to_know(reconstruct, scan, tmp_path, capsys):
    out = tmp_path / "mesh.glb"
    assert reconstruct(scan, "-o", out, "--json", "--align", "auto") == 0
    record = json.loads(capsys.readouterr().out)
    mesh = Mesh.load(out)
    assert (record["input"], record["output"]) == (str(scan), str(out))
    assert record["triangles"] == len(mesh.faces)
    assert record["vertices"] == len(mesh.vertices)
    assert record["watertight"] is mesh.is_watertight
    assert record["volume"] == pytest.approx(mesh.volume, rel=1e-3)
    assert record["points_read"] == 400
    assert record["points_used"] == 200
    assert "error" not in record
    assert Placement.from_dict(record["placement"]).scale > 0
    assert {"import", "model", "load", "encode", "extract", "save"} <= record["seconds"].keys()
    assert all(seconds >= 0 for seconds in record["seconds"].values())


def test_up_yaw_threshold_and_seed_are_passed_on(reconstruct, scan, tmp_path, capsys):
    def record(*more):
        assert reconstruct(scan, "-o", tmp_path / "m.glb", "--json", *more) == 0
        return json.loads(capsys.readouterr().out)

    plain = record()
    assert plain["placement"]["rotation"] == np.eye(3).tolist()
    assert plain == {**record("--seed", 0), "seconds": plain["seconds"]}
    turned = record("--up", "-x", "--yaw", "90")["placement"]["rotation"]
    np.testing.assert_allclose(turned @ np.array([-1, 0, 0]), [0, 1, 0], atol=1e-12)
    assert record("--threshold", 0.5)["volume"] < plain["volume"]
    assert record("--seed", 5)["volume"] != plain["volume"]


def test_a_picture_is_drawn(reconstruct, scan, tmp_path):
    picture = tmp_path / "chair.png"
    assert reconstruct(scan, "-o", tmp_path / "m.glb", "--picture", picture) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 5000


def test_a_folder_is_done_and_the_broken_file_reported_at_the_end(
    reconstruct, scan, tmp_path, capsys
):
    folder, out = tmp_path / "scans", tmp_path / "meshes"
    folder.mkdir()
    scan.rename(folder / "b.ply")
    PointCloud.load(folder / "b.ply").save(folder / "c.xyz")
    (folder / "a.ply").write_text("ply\nnonsense\n")
    (folder / "notes.md").write_text("no scan")
    assert reconstruct(folder, "-o", out, "--json", "--format", "off") == 1
    captured = capsys.readouterr()
    records = [json.loads(line) for line in captured.out.splitlines()]
    assert ["error" in record for record in records] == [True, False, False]
    assert sorted(path.name for path in out.iterdir()) == ["b.off", "c.off"]
    *_, complaint, summary = captured.err.splitlines()
    assert complaint.startswith("occviewer: ")
    assert "a.ply" in complaint
    assert records[0]["error"] in complaint
    assert summary == "2 of 3 inputs done, 1 failed."


def test_several_inputs_of_one_name_give_several_meshes(reconstruct, scan, tmp_path):
    cloud = PointCloud.load(scan)
    others = [tmp_path / "scan.xyz", tmp_path / "scan.npz"]
    for other in others:
        cloud.save(other)
    out = tmp_path / "out"
    assert reconstruct(scan, *others, "-o", out) == 0
    assert sorted(path.name for path in out.iterdir()) == ["scan-2.glb", "scan-3.glb", "scan.glb"]


def test_an_existing_folder_as_output_takes_one_mesh(reconstruct, scan, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    assert reconstruct(scan, "-o", out) == 0
    assert [path.name for path in out.iterdir()] == ["scan.glb"]


def test_wrong_usage_is_said_before_any_work(reconstruct, scan, tmp_path, capsys):
    other = tmp_path / "missing.ply"
    for arguments, complaint in (
        (["-o", tmp_path / "m.fbx"], "m.fbx"),
        (["-o", tmp_path / "m"], "no format"),
        (["-o", tmp_path / "m.glb", "--resolution", "15"], "from 16 to 512"),
        (["-o", tmp_path / "m.glb", "--resolution", "513"], "from 16 to 512"),
        (["-o", tmp_path / "m.glb", "--resolution", "many"], "from 16 to 512"),
        (["-o", tmp_path / "m.glb", "--threshold", "1"], "probability"),
        (["-o", tmp_path / "m.glb", "--threshold", "nan"], "probability"),
        (["-o", tmp_path / "m.glb", "--yaw", "nan"], "angle"),
        (["-o", tmp_path / "m.glb", "--up", "w"], "--up"),
        (["-o", tmp_path / "m.glb", "--device", "abacus"], "--device"),
        (["-o", tmp_path / "m.glb", "--picture", tmp_path / "p.gif"], "--picture"),
        (["-o", tmp_path / "m.glb", "--format", "obj"], "contradict"),
        (["-o", scan], "overwritten"),
        ([other, "-o", tmp_path / "m.glb"], "folder"),
        ([other, "-o", tmp_path / "out", "--picture", tmp_path / "p.png"], "folder"),
        ([], "--output"),
    ):
        usage_error(reconstruct, scan, *arguments)
        assert complaint in capsys.readouterr().err.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == [scan.name]


def one_sentence(reconstruct, capsys, *arguments):
    assert reconstruct(*arguments) == 1
    lines = capsys.readouterr().err.splitlines()
    complaints = [line for line in lines if line.startswith("occviewer: ")]
    assert len(complaints) == 1
    assert not any("Traceback" in line for line in lines)
    return complaints[0]


def test_what_cannot_be_read_or_written_is_one_sentence(reconstruct, scan, tmp_path, capsys):
    out = tmp_path / "m.glb"
    empty, folder = tmp_path / "empty.ply", tmp_path / "folder"
    empty.touch()
    folder.mkdir()
    say = lambda *arguments: one_sentence(reconstruct, capsys, *arguments)  # noqa: E731
    assert "empty.ply" in say(empty, "-o", out)
    assert "missing.ply does not exist" in say(tmp_path / "missing.ply", "-o", out)
    assert "holds no scan" in say(folder, "-o", tmp_path / "out")
    assert "nowhere does not exist" in say(scan, "-o", tmp_path / "nowhere" / "m.glb")
    assert "nowhere does not exist" in say(scan, scan, "-o", tmp_path / "nowhere" / "out")
    assert "is no model" in say(scan, "-o", out, "--model", scan)
    assert "choose a threshold" in say(scan, "-o", out, "--threshold", "0.9999999")
    assert not out.exists()


def test_a_full_disk_leaves_the_old_mesh_and_nothing_else(
    reconstruct, scan, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "m.glb"
    out.write_bytes(b"the old mesh")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert "disk is full" in one_sentence(reconstruct, capsys, scan, "-o", out)
    assert out.read_bytes() == b"the old mesh"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.glb", scan.name]


def test_too_little_memory_is_one_sentence(reconstruct, scan, tmp_path, capsys, monkeypatch):
    def too_much(*_, **__):
        raise MemoryError

    monkeypatch.setattr(PointCloud, "load", too_much)
    assert "memory" in one_sentence(reconstruct, capsys, scan, "-o", tmp_path / "m.glb")


def test_a_fresh_process_reconstructs_with_a_model_that_ships(checkpoint, scan, tmp_path):
    """As a person does it: cold, aligned, default model."""
    code = (
        "import sys; from pathlib import Path; from occviewer import assets, cli\n"
        f"assets.checkpoints = lambda: Path({str(checkpoint.parent)!r})\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    command = ["reconstruct", scan, "-o", tmp_path / "m.ply", "--model", "toy", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, command), "--resolution", "32"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["alignment"]["runner_up"]["score"] <= record["alignment"]["score"]
    assert "aligned: " in done.stderr
    assert len(Mesh.load(tmp_path / "m.ply").faces) == record["triangles"]


def test_the_default_model_is_the_one_that_ships(scan, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(assets, "checkpoints", lambda: tmp_path)
    assert cli.main(["reconstruct", str(scan), "-o", str(tmp_path / "m.glb")]) == 1
    assert "no model named 'furniture'" in capsys.readouterr().err


def test_crumbs_are_left_out_and_said_unless_all_parts_are_wanted(
    reconstruct, scan, tmp_path, capsys, monkeypatch
):
    block = trimesh.creation.box((1, 1, 1))
    crumb = trimesh.creation.box(
        (0.01, 0.01, 0.01), trimesh.transformations.translation_matrix([1, 0, 0])
    )
    both = trimesh.util.concatenate([block, crumb])
    mesh = Mesh(both.vertices.astype(np.float32), both.faces.astype(np.int32))
    monkeypatch.setattr(occviewer.extraction, "extract", lambda field, resolution, refine: mesh)
    target = tmp_path / "out.ply"
    assert reconstruct(scan, "-o", target) == 0
    assert "left out 1 part below 1% of the surface" in capsys.readouterr().err
    assert Mesh.load(target).component_count == 1
    assert reconstruct(scan, "-o", target, "--all-parts") == 0
    assert Mesh.load(target).component_count == 2


def test_help_explains_the_options(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["reconstruct", "--help"])
    assert stop.value.code == 0
    assert "--all-parts" in capsys.readouterr().out
