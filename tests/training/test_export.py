import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from occviewer.errors import CheckpointError
from occviewer.models.checkpoint import load_checkpoint, save_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.training.card import write_card
from occviewer.training.export import export_run, update_scores
from occviewer.training.loop import Trainer
from occviewer.training.observing import KINDS
from occviewer.training.scores import ShapeScore, summarise

from ..networks.small import small_network
from .solids import BALL, save
from .tiny import as_toml, tiny_recipe

TABLE = summarise([ShapeScore("a", "chair", kind, {"iou": 0.625}) for kind in KINDS])


@pytest.fixture(scope="module")
def trainer(tiny_set, tmp_path_factory):
    trainer = Trainer(tiny_recipe(steps=3), [tiny_set], tmp_path_factory.mktemp("run"), workers=0)
    trainer.train()
    return trainer


@pytest.fixture(scope="module")
def exported(trainer, tiny_set):
    told = []
    path = export_run(trainer, [tiny_set], "mine", "CC0-1.0", lambda *done: told.append(done))
    return path, told


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "toy.safetensors"
    save_checkpoint(path, small_network(), ModelInfo(name="toy", scores={}))
    return path


class TestExport:
    def test_the_checkpoint_holds_the_averaged_network(self, trainer, exported):
        network, info = load_checkpoint(exported[0])
        averaged = trainer.averaged_network().state_dict()
        assert averaged.keys() == network.state_dict().keys()
        for name, tensor in network.state_dict().items():
            assert torch.equal(tensor, averaged[name]), name
        assert network.point_count == trainer.recipe.examples.points
        assert info.threshold == trainer.best_threshold

    def test_it_says_what_it_was_trained_with(self, trainer, exported):
        _, info = load_checkpoint(exported[0])
        assert (info.name, info.licence) == ("mine", "CC0-1.0")
        assert info.classes == ("ball", "box", "egg", "table")
        assert info.provenance == {
            "tests": {"shapes": 8, "licences": {"CC0-1.0": 8}, "creators": ["Ann"]}
        }
        assert info.training["steps"] == 3
        assert info.training["shapes"] == {"train": 8, "val": 2, "test": 2}
        assert info.training["recipe"]["optimisation"]["batch"] == 4
        assert info.training["minutes"] >= 0

    def test_it_holds_the_scores_on_the_test_split(self, exported):
        _, info = load_checkpoint(exported[0])
        assert set(info.scores) == {"box", "egg", "all"}
        assert info.scores["all"]["shapes"] == 2
        assert 0 < info.scores["all"]["whole"]["iou"] < 1
        assert exported[1] == [(i, 6) for i in range(1, 7)]

    def test_the_card_says_it_to_people(self, trainer, exported):
        card = exported[0].with_suffix(".md").read_text()
        _, info = load_checkpoint(exported[0])
        assert card.startswith("# mine\n")
        assert f"Threshold: {trainer.best_threshold:g}" in card
        assert "3 steps" in card
        assert "8 to train, 2 to choose the threshold, 2 to test" in card
        assert "tests, 8 shapes (8 CC0-1.0), by Ann" in card
        assert f"| **all** | 2 | {info.scores['all']['whole']['iou']:.3f} |" in card

    def test_nobody_is_given_a_licence_that_was_not_stated(self, tmp_path, tiny_set):
        save(tmp_path / "set", "only", BALL)
        trainer = Trainer(tiny_recipe(steps=1), [tmp_path / "set"], tmp_path / "run", workers=0)
        trainer.train()
        path = export_run(trainer, [tmp_path / "set"], "mine")
        _, info = load_checkpoint(path)
        assert info.licence == ""
        assert info.scores == {}
        assert "not stated" in path.with_suffix(".md").read_text()

    def test_the_model_opens_and_reconstructs(self, exported):
        import numpy as np

        from occviewer.models import open_model
        from occviewer.observations import PointCloud

        model = open_model(exported[0], device="cpu")
        points = np.random.default_rng(0).uniform(-0.5, 0.5, (500, 3))
        field = model.field(model.encode(PointCloud(points)))
        assert np.isfinite(field.logits(np.zeros((4, 3), np.float32))).all()


class TestScoresLater:
    def test_they_go_into_the_checkpoint_and_the_card_and_nothing_else_changes(self, checkpoint):
        before, _ = load_checkpoint(checkpoint)
        update_scores(checkpoint, TABLE)
        after, info = load_checkpoint(checkpoint)
        assert info.scores == TABLE
        assert info.name == "toy"
        for name, tensor in before.state_dict().items():
            assert torch.equal(tensor, after.state_dict()[name])
        assert "| chair | 1 | 0.625 |" in checkpoint.with_suffix(".md").read_text()

    def test_a_checkpoint_of_half_the_size_keeps_it(self, tmp_path):
        path = tmp_path / "half.safetensors"
        save_checkpoint(path, small_network(), ModelInfo(), half=True)
        size = path.stat().st_size
        update_scores(path, TABLE)
        assert path.stat().st_size < 1.1 * size

    def test_a_damaged_checkpoint_is_refused_and_no_card_is_written(self, tmp_path):
        path = tmp_path / "bad.safetensors"
        path.write_bytes(b"bad")
        with pytest.raises(CheckpointError, match=r"bad\.safetensors"):
            update_scores(path, TABLE)
        assert not path.with_suffix(".md").exists()


class TestCard:
    def test_what_people_wrote_stays(self, tmp_path):
        card = tmp_path / "toy.md"
        write_card(card, ModelInfo(name="toy", threshold=0.3))
        head, tail = "# My toy\n\nWith a picture.\n\n", "\n\n## Limits\n\nNo plants.\n"
        card.write_text(card.read_text().replace("# toy\n\n", head).rstrip("\n") + tail)
        write_card(card, ModelInfo(name="toy", threshold=0.45, scores=TABLE))
        text = card.read_text()
        assert text.startswith(head)
        assert text.endswith(tail)
        assert "Threshold: 0.45" in text
        assert "Threshold: 0.3\n" not in text
        assert text.count("Threshold") == 1
        write_card(card, ModelInfo(name="toy", threshold=0.45, scores=TABLE))
        assert card.read_text() == text

    @pytest.mark.parametrize("lost", ["<!-- scores: written by the program -->",
                                      "<!-- end of scores -->"])  # fmt: skip
    def test_no_text_is_lost_with_a_mark(self, tmp_path, lost):
        card = tmp_path / "toy.md"
        write_card(card, ModelInfo(threshold=0.3))
        card.write_text(card.read_text().replace(lost, "") + "\nBy hand.\n")
        write_card(card, ModelInfo(threshold=0.4))
        write_card(card, ModelInfo(threshold=0.6))
        text = card.read_text()
        assert "By hand." in text
        assert "Threshold: 0.3" in text
        assert "Threshold: 0.6" in text
        assert "Threshold: 0.4" not in text

    def test_a_card_without_marks_is_added_to(self, tmp_path):
        card = tmp_path / "toy.md"
        card.write_text("Hello.\n")
        write_card(card, ModelInfo(threshold=0.3))
        assert card.read_text().startswith("Hello.\n\n<!-- scores")

    def test_a_card_that_is_a_folder_is_named(self, tmp_path):
        (tmp_path / "toy.md").mkdir()
        with pytest.raises(CheckpointError, match=r"toy\.md cannot be read"):
            write_card(tmp_path / "toy.md", ModelInfo())
        assert [path.name for path in tmp_path.iterdir()] == ["toy.md"]


BARE = """
import json, sys

# As if these were not installed.
MISSING = {
    "scipy", "trimesh", "vtk", "vtkmodules", "pyvista", "embreex", "tqdm", "mcubes", "PIL",
    "matplotlib", "tensorboard", "laspy", "pye57", "PySide6",
}

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            return None
        return self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
try:
    import scipy
except ModuleNotFoundError:
    pass
else:
    raise SystemExit("scipy can still be imported")

import occviewer.training.export
import occviewer.training.loop
import occviewer.training.recipe
from occviewer.cli import main

if __name__ == "__main__":
    status = main(["train", *sys.argv[1:]])
    assert not MISSING & {name.partition(".")[0] for name in sys.modules}
    raise SystemExit(status)
"""


def test_a_server_with_torch_numpy_and_safetensors_trains_and_exports(tiny_set, tmp_path):
    (tmp_path / "tiny.toml").write_text(as_toml(tiny_recipe(steps=3)))
    (tmp_path / "bare.py").write_text(BARE)
    arguments = [tmp_path / "tiny.toml", "--data", tiny_set, "-o", tmp_path / "run"]
    done = subprocess.run(
        [sys.executable, str(tmp_path / "bare.py"), *map(str, arguments), "--device", "cpu"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    _, info = load_checkpoint(tmp_path / "run" / "model.safetensors")
    assert info.name == "tiny"
    assert info.scores["all"]["shapes"] == 2
    lines = (tmp_path / "run" / "curves.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["step"] == 3
