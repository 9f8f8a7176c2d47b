"""``occviewer models``."""

import json

import pytest

from occviewer import assets, cli
from occviewer.models import ModelInfo, save_checkpoint

from ..networks.small import small_network


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    for name in ("furniture", "cars"):
        info = ModelInfo(name=name, description=f"completes {name}", licence="CC-BY-4.0")
        save_checkpoint(tmp_path / f"{name}.safetensors", small_network(), info)
    monkeypatch.setattr(assets, "checkpoints", lambda: tmp_path)
    return tmp_path


def test_what_ships_is_listed_with_its_line(shipped, capsys):
    assert cli.main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "cars           completes cars; licence: CC-BY-4.0",
        "furniture      completes furniture; licence: CC-BY-4.0",
    ]


def test_a_checkpoint_is_described_for_programs(shipped, capsys):
    path = shipped / "cars.safetensors"
    assert cli.main(["models", str(path), "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["file"] == str(path)
    assert about["description"] == "completes cars"
    assert about["threshold"] == 0.5


def test_a_name_that_does_not_ship_is_said(shipped, capsys):
    assert cli.main(["models", "boats"]) == 1
    assert "'boats'" in capsys.readouterr().err
