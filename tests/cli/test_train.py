import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from occviewer.cli import main
from occviewer.models.checkpoint import read_info
from occviewer.training.observing import KINDS

from ..training.solids import BALL, BOX, EGG, TABLE, save
from ..training.tiny import as_toml, tiny_recipe


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "set"
    for name, solid in {"ball": BALL, "box": BOX, "egg": EGG, "table": TABLE}.items():
        save(folder, name, solid, category=name)
    save(folder, "other", EGG, "test", "egg", seed=5)
    return folder


def write_recipe(folder, **options):
    path = folder / "tiny.toml"
    path.write_text(as_toml(tiny_recipe(**options)))
    return path


def run(*arguments):
    return main([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """A finished run and what the command printed, `(folder, stdout, stderr)`."""
    folder = tmp_path_factory.mktemp("trained")
    recipe = write_recipe(folder, steps=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        out, err = Capture(), Capture()
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        assert run("train", recipe, "--data", data, "--device", "cpu", "--name", "toy") == 0
    return folder / "runs" / "tiny", out.text, err.text


class Capture:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


class TestTrain:
    def test_the_run_lies_where_it_is_looked_for(self, trained):
        folder, _, _ = trained
        files = {path.name for path in folder.iterdir()}
        assert files == {"state.pt", "curves.jsonl", "model.safetensors", "model.md"}

    def test_it_says_what_it_does_how_far_it_is_and_where_the_results_are(self, trained):
        folder, _, err = trained
        first, second, *lines = err.splitlines()
        assert "house: 0.0" in first
        assert "3 shapes and 1 to validate on, 60 minutes or 3 steps on cpu" in first
        assert second == f"Curves and state: {folder.relative_to(folder.parents[1])}"
        progress = [line for line in lines if "step 3" in line]
        assert "min, 0.0 left" in progress[0]
        assert "loss 0." in progress[0]
        assert "val_whole" in progress[1]
        assert "Saved runs/tiny/model.safetensors and its card model.md." in lines
        assert "occviewer evaluate --model runs/tiny/model.safetensors" in lines[-1]

    def test_it_prints_the_scores_on_the_test_split(self, trained):
        folder, out, _ = trained
        info = read_info(folder / "model.safetensors")
        assert info.name == "toy"
        assert f"| **all** | 1 | {info.scores['all']['whole']['iou']:.3f} |" in out

    def test_a_finished_run_is_left_as_it_is(self, trained, data, tmp_path, capsys):
        folder, _, _ = trained
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        recipe = write_recipe(tmp_path, steps=3)
        assert run("train", recipe, "--data", data, "-o", folder, "--device", "cpu") == 0
        assert "This run is finished" in capsys.readouterr().err
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    def test_minutes_are_taken_instead_of_the_recipes(self, data, tmp_path, capsys):
        recipe = write_recipe(tmp_path)
        options = ["-o", tmp_path / "run", "--minutes", "0.005", "--device", "cpu"]
        assert run("train", recipe, "--data", data, *options, "--workers", 0) == 0
        assert "0.005 minutes on cpu" in capsys.readouterr().err
        info = read_info(tmp_path / "run" / "model.safetensors")
        assert info.training["recipe"]["optimisation"]["minutes"] == 0.005

    @pytest.mark.skipif(os.name != "posix", reason="interrupts a process group")
    @pytest.mark.slow
    def test_ctrl_c_saves_the_state_and_says_how_to_go_on(self, data, tmp_path):
        recipe = write_recipe(tmp_path)
        folder = tmp_path / "run"
        command = [sys.executable, "-m", "occviewer", "train", recipe, "--data", data, "-o", folder]
        process = subprocess.Popen(
            [str(part) for part in [*command, "--device", "cpu"]],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            start_new_session=True,  # a terminal's Ctrl-C reaches the workers, too
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert "house" in process.stderr.readline()
            assert "Curves and state" in process.stderr.readline()
            time.sleep(1.0)
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=300)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        assert process.returncode == 130
        assert "Traceback" not in err
        assert "The same command goes on from there." in err
        state = torch.load(folder / "state.pt", weights_only=True)
        assert state["step"] >= 1
        assert f"stopped at step {state['step']}." in err

    @pytest.mark.skipif(
        importlib.util.find_spec("tensorboard") is not None, reason="TensorBoard is installed"
    )
    def test_without_tensorboard_its_installation_is_told(self, data, tmp_path, capsys):
        recipe = write_recipe(tmp_path, steps=1)
        options = ["-o", tmp_path / "run", "--device", "cpu", "--tensorboard"]
        assert run("train", recipe, "--data", data, *options) == 1
        assert 'pip install "occviewer[tensorboard]"' in capsys.readouterr().err
        assert not (tmp_path / "run").exists()

    def test_curves_go_to_tensorboard_as_well(self, data, tmp_path):
        accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
        recipe = write_recipe(tmp_path, steps=2)
        options = ["-o", tmp_path / "run", "--device", "cpu", "--workers", 0, "--tensorboard"]
        assert run("train", recipe, "--data", data, *options) == 0
        found = accumulators.EventAccumulator(str(tmp_path / "run"))
        found.Reload()
        lines = (tmp_path / "run/curves.jsonl").read_text().splitlines()
        assert found.Scalars("loss")[0].value == pytest.approx(json.loads(lines[0])["loss"])
        assert found.Scalars("val_whole")[0].step == 2


class TestEvaluate:
    @pytest.fixture
    def model(self, trained, tmp_path):
        """A copy, because `--update` changes it."""
        path = tmp_path / "model.safetensors"
        path.write_bytes((trained[0] / "model.safetensors").read_bytes())
        return path

    def evaluate(self, model, data, *options):
        return run("evaluate", "--model", model, "--data", data, "--device", "cpu", *options)

    def test_it_prints_the_table_and_updates_checkpoint_and_card(
        self, model, data, tmp_path, capsys
    ):
        rows = tmp_path / "rows.jsonl"
        options = ["--resolution", 16, "--json", "--update", "--shapes", rows]
        assert self.evaluate(model, data, *options) == 0
        table = json.loads(capsys.readouterr().out)
        assert list(table) == ["egg", "all"]
        measures = {"iou", "chamfer_l1", "normal_consistency", "f_score"}
        assert all(set(table["egg"][kind]) == measures for kind in KINDS)
        assert read_info(model).scores == table
        text = f"| **all** | 1 | {table['all']['whole']['iou']:.3f} |"
        assert text in model.with_suffix(".md").read_text()
        lines = [json.loads(line) for line in rows.read_text().splitlines()]
        assert [(line["name"], line["kind"]) for line in lines] == [("other", k) for k in KINDS]
        assert set(lines[0]["values"]) == measures

    def test_iou_alone_makes_no_meshes_and_prints_markdown(self, model, data, capsys):
        assert self.evaluate(model, data, "--iou-only") == 0
        out = capsys.readouterr().out
        assert out.count("| class | shapes | IoU |") == 3
        assert "Chamfer" not in out

    def test_another_split_can_be_scored_but_not_noted(self, model, data, capsys):
        assert self.evaluate(model, data, "--iou-only", "--split", "val") == 0
        before = model.read_bytes()
        with pytest.raises(SystemExit) as ended:
            self.evaluate(model, data, "--split", "val", "--update")
        assert ended.value.code == 2
        assert "leave --split out" in capsys.readouterr().err
        assert model.read_bytes() == before

    def test_a_file_that_cannot_be_written_is_named_before_the_work(self, model, data, capsys):
        assert self.evaluate(model, data, "--shapes", "nowhere/rows.jsonl") == 1
        assert "nowhere/rows.jsonl cannot be written" in capsys.readouterr().err

    def test_data_without_a_test_split_is_named(self, model, tmp_path, capsys):
        save(tmp_path / "set", "one", BALL, uniform=8, near=8, surface=8)
        assert self.evaluate(model, tmp_path / "set") == 1
        assert f"No shape of the split 'test' in {tmp_path / 'set'}" in capsys.readouterr().err

    def test_an_unknown_model_is_named(self, data, capsys):
        assert self.evaluate("nosuchmodel", data) == 1
        assert "nosuchmodel" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["train", "house"],
        ["train", "--data", "set"],
        ["train", "house", "--data", "set", "--minutes", "0"],
        ["train", "house", "--data", "set", "--minutes=-3"],
        ["train", "house", "--data", "set", "--minutes", "nan"],
        ["train", "house", "--data", "set", "--minutes", "inf"],
        ["train", "house", "--data", "set", "--minutes", "soon"],
        ["train", "house", "--data", "set", "--workers=-1"],
        ["train", "house", "--data", "set", "--workers", "two"],
        ["train", "house", "--data", "set", "--device", "tpu"],
        ["evaluate"],
        ["evaluate", "--data", "set", "--split", "all"],
        ["evaluate", "--data", "set", "--resolution", "8"],
        ["evaluate", "--data", "set", "--resolution", "fine"],
    ],
)
def test_wrong_usage_ends_with_status_two(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["huose", "--data", "set"], "There is no recipe 'huose'"),
        (["none.toml", "--data", "set"], "none.toml cannot be read"),
        (["house", "--data", "nowhere"], "nowhere does not exist"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_status_one(
    arguments, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run("train", *arguments, "--device", "cpu") == 1
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_said(data, tmp_path, capsys):
    recipe = write_recipe(tmp_path, steps=1)
    options = ["--data", data, "-o", tmp_path / "run", "--device", "cuda"]
    assert run("train", recipe, *options) == 1
    assert "has no cuda; use --device auto" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
