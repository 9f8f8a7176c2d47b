"""``occviewer inspect``, ``convert`` and ``codes``, and other commands on foreign models."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from occviewer.cli import main
from occviewer.models import open_model

from ..models.families.published import random_state, save_like_onet
from ..models.families.test_onet import QUERIES, Z, decoder_shapes, state_of


@pytest.fixture(scope="module")
def points_model(tmp_path_factory):
    """A model for points that has a surface."""
    path = tmp_path_factory.mktemp("points") / "onet_pcl2mesh.pt"
    state = state_of("pointnet_simple", "cbatchnorm")
    save_like_onet(path, state)
    network = open_model(path, "cpu").network
    with torch.no_grad():
        logits = network(torch.rand(1, 300, 3) - 0.5, 1.1 * (torch.rand(1, 3000, 3) - 0.5))
    state["decoder.fc_out.bias"] -= logits.quantile(0.6) + 1.4
    save_like_onet(path, state)
    return path


@pytest.fixture(scope="module")
def codes_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("codes") / "onet_uncond.pt"
    shapes = {f"decoder.{n}": s for n, s in decoder_shapes("simple", 0, Z).items()}
    state = random_state(shapes)
    save_like_onet(path, state)
    with torch.no_grad():
        network = open_model(path, "cpu").network
        logits = network.decode(QUERIES, {"z": torch.zeros(1, Z)})
    state["decoder.fc_out.bias"] -= logits.median() + 1.4
    save_like_onet(path, state)
    return path


def test_inspect_says_all_that_a_person_asks(points_model, capsys):
    assert main(["inspect", str(points_model)]) == 0
    text = capsys.readouterr().out
    for part in (
        "Occupancy Network for point clouds: pointnet_simple, cbatchnorm",
        "point clouds (300 points); normalised by box",
        "code          c 24",
        "encoder=pointnet_simple",
        "threshold     0.2",
        "assumed       threshold=0.2, points=300",
    ):
        assert part in text


def test_inspect_speaks_json_and_shows_what_was_set(points_model, capsys):
    assert main(["inspect", str(points_model), "--json", "--set", "threshold=0.4"]) == 0
    known = json.loads(capsys.readouterr().out)
    assert (known["family"], known["observes"], known["latent_size"]) == ("onet", "points", 24)
    assert known["threshold"] == 0.4
    assert "threshold" not in known["assumed"]
    state = torch.load(points_model, weights_only=False)["model"]
    weights = [t for n, t in state.items() if "running" not in n and "num_batches" not in n]
    assert known["parameters"] == sum(t.numel() for t in weights)


def test_inspect_lists_the_families(capsys):
    assert main(["inspect", "--families"]) == 0
    text = capsys.readouterr().out
    for name in ("onet", "convonet", "ifnet", "deepsdf", "imnet", "vecset", "mlp"):
        assert f"{name}: " in text


def test_inspect_refuses_what_it_does_not_know(tmp_path, capsys):
    torch.save({"layer.weight": torch.zeros(2, 2, 2, 2)}, tmp_path / "odd.pt")
    assert main(["inspect", str(tmp_path / "odd.pt")]) == 1
    assert "fits no network" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["inspect", str(tmp_path / "odd.pt"), "--set", "threshold"])


def test_a_converted_model_answers_the_same_and_keeps_what_was_set(points_model, tmp_path, capsys):
    out = tmp_path / "model.safetensors"
    options = ["--set", "threshold=0.3", "--set", "points=200"]
    assert main(["convert", str(points_model), "-o", str(out), *options]) == 0
    before, after = open_model(points_model, "cpu"), open_model(out, "cpu")
    assert (after.info.threshold, after.network.point_count) == (0.3, 200)
    assert (after.info.family, after.name) == ("onet", "onet_pcl2mesh")
    points = torch.rand(1, 50, 3) - 0.5
    with torch.no_grad():
        assert torch.equal(after.network(points, QUERIES), before.network(points, QUERIES))


def test_a_scan_is_reconstructed_with_a_published_checkpoint(points_model, tmp_path, capsys):
    directions = np.random.default_rng(0).normal(size=(400, 3))
    np.savetxt(tmp_path / "scan.xyz", directions / np.linalg.norm(directions, axis=1)[:, None])
    arguments = [str(tmp_path / "scan.xyz"), "-o", str(tmp_path / "mesh.ply"), "--resolution", "24"]
    assert main(["reconstruct", *arguments, "--model", str(points_model), "--json"]) == 0
    output = capsys.readouterr()
    record = json.loads(output.out)
    assert record["points_used"] == 300
    assert record["triangles"] > 0
    assert "axes as they come" in output.err


def test_voxels_are_reconstructed_where_the_model_takes_them(tmp_path, capsys):
    state = state_of("voxel_simple", "cbatchnorm")
    path = tmp_path / "onet_voxel2mesh.pt"
    save_like_onet(path, state)
    network = open_model(path, "cpu").network
    cells = np.zeros((20, 20, 20), bool)
    cells[4:16, 6:12, 2:18] = True
    np.save(tmp_path / "grid.npy", cells)
    with torch.no_grad():
        logits = network(torch.zeros(1, 32, 32, 32), 1.1 * (torch.rand(1, 2000, 3) - 0.5))
    state["decoder.fc_out.bias"] -= logits.quantile(0.8) + 1.4
    save_like_onet(path, state)
    arguments = [str(tmp_path / "grid.npy"), "-o", str(tmp_path / "mesh.ply"), "--resolution", "24"]
    assert main(["reconstruct", *arguments, "--model", str(path), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["voxels_used"] == 32
    empty = ["--voxel-threshold", "2"]
    assert main(["reconstruct", *arguments, "--model", str(path), *empty]) == 1
    assert "No voxel is above the threshold 2" in capsys.readouterr().err
    assert (tmp_path / "mesh.ply").exists()


def test_codes_are_drawn_and_decoded(codes_model, tmp_path, capsys):
    folder = tmp_path / "codes"
    assert main(["codes", "--model", str(codes_model), "--draw", "-n", "2", "-o", str(folder)]) == 0
    written = capsys.readouterr().out.split()
    assert len(written) == 2
    mesh = tmp_path / "mesh.ply"
    arguments = ["--model", str(codes_model), "-o", str(mesh), "--resolution", "24"]
    assert main(["decode", written[1], *arguments]) == 0
    assert mesh.exists()
    assert main(["codes", "--model", str(codes_model), "-o", str(folder)]) == 1
    assert "holds no codes; draw some with --draw" in capsys.readouterr().err


def test_a_model_of_codes_refuses_scans(codes_model, tmp_path, capsys):
    (tmp_path / "scan.xyz").write_text("0 0 0\n1 1 1\n")
    arguments = [str(tmp_path / "scan.xyz"), "-o", str(tmp_path / "mesh.ply")]
    assert main(["reconstruct", *arguments, "--model", str(codes_model)]) == 1
    assert "takes no observation, only codes" in capsys.readouterr().err
