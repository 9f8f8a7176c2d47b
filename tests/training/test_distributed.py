"""Two processes on the CPU, started as a person would start them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from occviewer.errors import DataError
from occviewer.training.distributed import Processes
from occviewer.training.loop import Trainer

from .tiny import as_toml, tiny_recipe

# Four runs in one start, because importing torch takes longer than all of them.
SCRIPT = """
import sys
from pathlib import Path
import torch
from occviewer.errors import Cancelled
from occviewer.training import loop
from occviewer.training.distributed import Processes
from occviewer.training.recipe import load_recipe

data, out = map(Path, sys.argv[1:])
processes = Processes()
processes.start("cpu")
loop.REPORT_EVERY = -1.0

def run(name, recipe, stop_at=None, folder=None):
    def report(line):
        assert processes.first
        if line["step"] == stop_at:
            trainer.stop()

    trainer = loop.Trainer(load_recipe(out / f"{recipe}.toml"), [data], out / (folder or name),
                           processes=processes, workers=0, report=report)
    try:
        trainer.train()
        cancelled = False
    except Cancelled:
        cancelled = True
    result = {"network": trainer.network.state_dict(), "step": trainer.step,
              "seconds": trainer.seconds, "cancelled": cancelled}
    torch.save(result, out / f"{name}-{processes.rank}.pt")

run("three", "three", folder="steps")
run("time", "short")
run("stopped", "long", stop_at=2)
run("steps", "five")
processes.stop()
"""


@pytest.fixture(scope="module")
def results(tiny_set, tmp_path_factory):
    out = tmp_path_factory.mktemp("two")
    recipes = {
        "three": tiny_recipe(steps=3, validate_every=1e-9),
        "five": tiny_recipe(steps=5),
        "short": tiny_recipe(minutes=0.01),
        "long": tiny_recipe(),
    }
    for name, recipe in recipes.items():
        (out / f"{name}.toml").write_text(as_toml(recipe))
    script = out / "script.py"
    script.write_text(SCRIPT)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node", "2", str(script), str(tiny_set), str(out)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return out, {
        name: [torch.load(out / f"{name}-{rank}.pt", weights_only=True) for rank in (0, 1)]
        for name in ("three", "steps", "time", "stopped")
    }


@pytest.mark.parametrize("name", ["three", "steps", "time", "stopped"])
@pytest.mark.slow
def test_both_processes_end_at_one_step_with_the_same_weights(results, name):
    first, second = results[1][name]
    assert first["step"] == second["step"] > 0
    assert first["seconds"] == second["seconds"] > 0
    for key, tensor in first["network"].items():
        assert torch.equal(tensor, second["network"][key]), key


def test_they_end_when_the_time_is_up(results):
    assert all(result["seconds"] >= 0.6 for result in results[1]["time"])


def test_a_stop_of_the_first_process_stops_both(results):
    for result in results[1]["stopped"]:
        assert result["cancelled"]
        assert result["step"] == 3


def test_they_go_on_together(results):
    assert [result["step"] for result in results[1]["three"]] == [3, 3]
    assert [result["step"] for result in results[1]["steps"]] == [5, 5]


def test_one_state_is_written_and_opens_in_a_single_process(results, tiny_set):
    out, finals = results
    assert {path.name for path in (out / "steps").iterdir()} == {"state.pt", "curves.jsonl"}
    trainer = Trainer(tiny_recipe(steps=5), [tiny_set], out / "steps")
    assert trainer.finished
    for key, tensor in finals["steps"][0]["network"].items():
        assert torch.equal(tensor, trainer.network.state_dict()[key])


def test_each_learns_from_the_examples_of_both(results, tiny_set, tmp_path):
    # One that ignored the other's gradients would end as it does alone.
    alone = Trainer(tiny_recipe(steps=3), [tiny_set], tmp_path, workers=0)
    alone.train()
    together = results[1]["three"][0]["network"]
    name = "decoder.fc_p.weight"
    assert not torch.equal(alone.network.state_dict()[name], together[name])


class TestProcesses:
    @pytest.fixture
    def two(self, monkeypatch):
        for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
            monkeypatch.setenv(name, value)
        return Processes()

    def test_alone_it_is_the_first_and_agrees_with_itself(self, monkeypatch):
        for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
            monkeypatch.delenv(name, raising=False)
        processes = Processes()
        processes.start("cpu")
        assert processes.first
        assert processes.agree(1.5, 2.0) == (1.5, 2.0)
        assert processes.device("cpu") == torch.device("cpu")
        processes.wait()
        processes.stop()

    def test_each_process_has_a_gpu_of_its_own(self, two):
        assert not two.first
        assert two.device("cuda") == torch.device("cuda", 1)

    def test_more_processes_than_gpus_are_refused(self, two, monkeypatch):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
        with pytest.raises(DataError, match="has 1 GPUs, too few for process 2.*--nproc-per-node"):
            two.start("cuda")
        two.stop()

    def test_apples_gpu_trains_in_one_process_only(self, two):
        with pytest.raises(DataError, match="cuda or cpu"):
            two.start("mps")
