"""``occviewer train-image`` and ``occviewer evaluate-image`` for a model of its own."""

import json

import pytest

from occviewer.cli import main
from occviewer.models.checkpoint import read_info

from ..training.pictures import save_pictures
from ..training.solids import BALL, BOX, save


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name, split in (("ball", "train"), ("box", "test")):
        solid = BALL if name == "ball" else BOX
        save(folder / "set", name, solid, split, uniform=1000, near=300, surface=1000)
    save_pictures(folder / "set", folder / "views", count=2)
    return folder


def run(command, data, *options):
    sets = ["--data", data / "set", "--views", data / "views", "--device", "cpu"]
    return main([str(argument) for argument in [command, *sets, *options]])


def test_an_occupancy_network_is_trained_and_scored_by_the_same_commands(data, tmp_path, capsys):
    folder = tmp_path / "run"
    options = ["--architecture", "onet", "--pixels", 32, "--batch", 4, "--steps", 1, "-o", folder]
    assert run("train-image", data, *options) == 0
    assert "Occupancy Network: " in capsys.readouterr().err
    path = folder / "model.safetensors"
    assert read_info(path).training["image"]["steps"] == 1
    options = ["--model", path, "--iou-only", "--json", "--update"]
    assert run("evaluate-image", data, *options) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["pictures"] == 2
    assert read_info(path).training["image"]["scores"] == scores
    assert run("evaluate-image", data, "--model", path, "--refine", 5) == 1
    assert "finds no cameras" in capsys.readouterr().err


@pytest.mark.slow
def test_pictures_are_drawn_while_it_learns(tmp_path, capsys):
    made = tmp_path / "set"
    assert main(["data", "synthetic", "--count", "2", "--workers", "1", "-o", str(made)]) == 0
    save_pictures(made, tmp_path / "views", count=2)
    options = ["--architecture", "onet", "--pixels", 32, "--batch", 2, "--steps", 1]
    options += ["--live", made, "-o", tmp_path / "run"]
    assert run("train-image", tmp_path, *options) == 0
    assert "drawn of 2 of 2 shapes" in capsys.readouterr().err
    card = (tmp_path / "run" / "model.md").read_text()
    assert "a new picture each time of 2 shapes of made-up" in card
    assert run("train-image", tmp_path, *options, "--live", "nowhere", "--steps", 2) == 1
    assert "nowhere is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "required: --model"),
        (["--architecture", "onet", "--model", "a.safetensors"], "leave --model out"),
        (["--architecture", "deepsdf"], "invalid choice"),
    ],
)
def test_wrong_usage_ends_with_status_two(data, options, said, capsys):
    with pytest.raises(SystemExit) as ended:
        run("train-image", data, *options)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
