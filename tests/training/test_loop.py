import json
import math
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from occviewer.errors import Cancelled, DataError
from occviewer.training import loop
from occviewer.training.loop import SAVE_EVERY, Trainer
from occviewer.training.observing import KINDS
from occviewer.training.run_files import RunFiles

from .solids import BALL, save
from .tiny import tiny_recipe


@pytest.fixture
def every_step(monkeypatch):
    """Report after every step."""
    monkeypatch.setattr(loop, "REPORT_EVERY", -1.0)


def curves(run):
    return [json.loads(line) for line in (run / "curves.jsonl").read_text().splitlines()]


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def snapshot(trainer):
    return {key: value.clone() for key, value in trainer.network.state_dict().items()}


@pytest.fixture(scope="module")
def learned(tiny_set, tmp_path_factory):
    """A run that learns something, its curves, and the weights that it began with."""
    folder = tmp_path_factory.mktemp("learning")
    trainer = Trainer(tiny_recipe(steps=120, learning_rate=0.01), [tiny_set], folder, workers=0)
    before = snapshot(trainer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "REPORT_EVERY", -1.0)
        trainer._validate()  # the untrained network
        trainer.train()
    return trainer, curves(folder), before


class TestLearning:
    def test_the_loss_falls(self, learned):
        losses = [line["loss"] for line in learned[1] if "loss" in line]
        assert len(losses) == 120
        assert sum(losses[-20:]) / 20 < 0.6 * sum(losses[:5]) / 5

    def test_the_score_on_other_shapes_rises(self, learned):
        first, last = [line for line in learned[1] if "val_whole" in line]
        assert last["step"] == 120
        for kind in KINDS:
            assert last[f"val_{kind}"] > first[f"val_{kind}"] + 0.15
        assert learned[0].best_threshold == last["val_threshold"]

    def test_the_averaged_network_is_not_the_last_one(self, learned):
        trainer, _, before = learned
        averaged = trainer.averaged_network()
        assert not averaged.training
        assert not same(averaged.state_dict(), trainer.network.state_dict())
        assert not same(averaged.state_dict(), before)


class TestTheRun:
    def test_ends_after_its_steps_with_state_and_curves(self, tiny_set, tmp_path, recipe):
        lines = []
        trainer = Trainer(recipe, [tiny_set], tmp_path / "a" / "run", report=lines.append)
        trainer.train()
        assert trainer.step == 4
        assert trainer.finished
        files = {path.name for path in (tmp_path / "a" / "run").iterdir()}
        assert files == {"state.pt", "curves.jsonl"}
        assert curves(tmp_path / "a" / "run") == lines
        assert [line["step"] for line in lines] == [4, 4]
        assert {"loss", "rate", "step_seconds", "minutes"} <= lines[0].keys()
        assert {"val_whole", "val_half", "val_view", "val_threshold"} <= lines[1].keys()

    def test_ends_after_its_time(self, tiny_set, tmp_path, recipe):
        minutes = replace(recipe, optimisation=replace(recipe.optimisation, steps=0, minutes=0.01))
        trainer = Trainer(minutes, [tiny_set], tmp_path, workers=0)
        began = time.monotonic()
        trainer.train()
        assert trainer.seconds >= 0.6
        assert trainer.step >= 1
        assert trainer.seconds <= time.monotonic() - began

    def test_validates_now_and_then(self, tiny_set, tmp_path):
        recipe = tiny_recipe(steps=3, validate_every=1e-9)
        Trainer(recipe, [tiny_set], tmp_path, workers=0).train()
        assert [line["step"] for line in curves(tmp_path) if "val_whole" in line] == [1, 2, 3]

    def test_the_rate_rises_then_falls_along_a_cosine(self, tiny_set, tmp_path, every_step):
        recipe = tiny_recipe(steps=20, warmup=5, learning_rate=0.01)
        rates = []
        trainer = Trainer(
            recipe,
            [tiny_set],
            tmp_path,
            workers=0,
            report=lambda line: rates.append(trainer.optimiser.param_groups[0]["lr"]),
        )
        trainer.train()
        rates = rates[:20]  # one more comes with the validation
        expected = [
            0.01 * min(1, (i + 1) / 5) * (0.01 + 0.99 * (1 + math.cos(math.pi * i / 20)) / 2)
            for i in range(20)
        ]
        assert rates == pytest.approx(expected, rel=1e-3)

    def test_the_same_seed_trains_the_same_network(self, tiny_set, tmp_path, recipe):
        networks = []
        for name, seed in (("a", 0), ("b", 0), ("c", 1)):
            run = Trainer(replace(recipe, seed=seed), [tiny_set], tmp_path / name, workers=0)
            run.train()
            networks.append(snapshot(run))
        assert same(networks[0], networks[1])
        assert not same(networks[0], networks[2])

    def test_without_shapes_to_validate_on_it_trains_all_the_same(self, tmp_path, recipe):
        save(tmp_path / "set", "only", BALL)
        trainer = Trainer(recipe, [tmp_path / "set"], tmp_path / "run", workers=0)
        trainer.train()
        assert trainer.val_shapes is None
        assert trainer.best_threshold == 0.5
        assert [line["step"] for line in curves(tmp_path / "run")] == [4]


class TestGoingOn:
    def test_a_run_goes_on_as_it_was_left(self, tiny_set, tmp_path):
        first = Trainer(tiny_recipe(steps=3), [tiny_set], tmp_path, workers=0)
        first.train()
        second = Trainer(tiny_recipe(steps=5), [tiny_set], tmp_path, workers=0)
        assert (second.step, second.seconds) == (3, first.seconds)
        assert second.best_threshold == first.best_threshold
        assert same(second.network.state_dict(), first.network.state_dict())
        assert same(second.average.state_dict(), first.average.state_dict())
        for one, other in zip(
            first.optimiser.state.values(), second.optimiser.state.values(), strict=True
        ):
            assert same(one, other)
            assert one["step"] == 3
        second.train()
        assert second.step == 5
        assert second.seconds > first.seconds

    def test_it_draws_new_examples(self, tiny_set, tmp_path, monkeypatch):
        seeds = []

        class Noting(loop.Examples):
            def __init__(self, *arguments):
                seeds.append(arguments[3])
                super().__init__(*arguments)

        monkeypatch.setattr(loop, "Examples", Noting)
        for steps in (2, 3):
            Trainer(tiny_recipe(steps=steps), [tiny_set], tmp_path, workers=0).train()
        assert seeds == [0, 2]

    def test_a_finished_run_that_is_started_again_stays_as_it_is(self, tiny_set, tmp_path, recipe):
        Trainer(recipe, [tiny_set], tmp_path, workers=0).train()
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        again = Trainer(recipe, [tiny_set], tmp_path, workers=0)
        assert again.finished
        again.train()
        assert again.step == 4
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_what_a_kill_left_of_the_curves_is_cleared(self, tiny_set, tmp_path, every_step):
        Trainer(tiny_recipe(steps=2), [tiny_set], tmp_path, workers=0).train()
        kept = (tmp_path / "curves.jsonl").read_text()
        with (tmp_path / "curves.jsonl").open("a") as file:
            file.write('{"step": 3, "loss": 0.5}\n{"step": 4, "lo')
        Trainer(tiny_recipe(steps=3), [tiny_set], tmp_path, workers=0).train()
        assert (tmp_path / "curves.jsonl").read_text().startswith(kept)
        assert [line["step"] for line in curves(tmp_path)] == [1, 2, 2, 3, 3]

    def test_what_a_recipe_leaves_to_the_defaults_may_be_said_later(self, tiny_set, tmp_path):
        recipe = tiny_recipe(steps=1)
        Trainer(recipe, [tiny_set], tmp_path, workers=0).train()
        said = replace(recipe, network={**recipe.network, "point_count": recipe.examples.points})
        assert Trainer(said, [tiny_set], tmp_path, workers=0).step == 1

    def test_the_folder_of_another_network_is_refused(self, tiny_set, tmp_path, recipe):
        Trainer(recipe, [tiny_set], tmp_path, workers=0).train()
        before = (tmp_path / "state.pt").read_bytes()
        other = replace(recipe, network={**recipe.network, "hidden": 24})
        with pytest.raises(DataError, match="another network: choose another folder"):
            Trainer(other, [tiny_set], tmp_path)
        assert (tmp_path / "state.pt").read_bytes() == before

    @pytest.mark.parametrize("keep", [0, 100, 0.5, 0.99])
    def test_a_state_that_was_cut_off_is_named(self, tiny_set, tmp_path, recipe, keep):
        Trainer(recipe, [tiny_set], tmp_path, workers=0)._save_state()
        content = (tmp_path / "state.pt").read_bytes()
        cut = keep if isinstance(keep, int) else int(keep * len(content))
        (tmp_path / "state.pt").write_bytes(content[:cut])
        with pytest.raises(DataError, match=r"state\.pt is damaged.*delete it") as raised:
            Trainer(recipe, [tiny_set], tmp_path)
        assert "\n" not in str(raised.value)

    @pytest.mark.parametrize("content", [{"step": 3}, [1, 2], {"recipe": 5}])
    def test_a_file_that_is_no_state_is_named(self, tiny_set, tmp_path, recipe, content):
        torch.save(content, tmp_path / "state.pt")
        with pytest.raises(DataError, match="no state of a run"):
            Trainer(recipe, [tiny_set], tmp_path)


CHILD = """
import sys
from pathlib import Path
from occviewer.training import loop
from occviewer.training.recipe import load_recipe
loop.SAVE_EVERY, loop.REPORT_EVERY = 0.3, 0.1
data, run, recipe = map(Path, sys.argv[1:])
if __name__ == "__main__":
    loop.Trainer(load_recipe(recipe), [data], run).train()
"""


class TestAccidents:
    @pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
    @pytest.mark.slow
    def test_a_run_survives_kill_9(self, tiny_set, tmp_path, toml):
        assert SAVE_EVERY <= 60.0  # so that no more than two minutes are lost
        run = tmp_path / "run"
        arguments = [sys.executable, "-c", CHILD, tiny_set, run, toml()]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        process = subprocess.Popen(list(map(str, arguments)), env=environment)
        deadline = time.monotonic() + 300
        while not ((run / "state.pt").exists() and len(curves(run)) > 3):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        last = curves(run)[-1]["step"] if (run / "curves.jsonl").read_text()[-1] == "\n" else 0
        trainer = Trainer(tiny_recipe(), [tiny_set], run, workers=0)
        assert trainer.step > 0
        assert trainer.seconds > 0.0
        assert max(line["step"] for line in curves(run)) <= trainer.step
        states = list(trainer.optimiser.state.values())
        assert {int(state["step"]) for state in states} == {trainer.step}
        went_on = Trainer(
            tiny_recipe(steps=max(last, trainer.step) + 2), [tiny_set], run, workers=0
        )
        went_on.train()
        steps = [line["step"] for line in curves(run)]
        assert steps == sorted(steps)
        assert steps[-1] == max(last, trainer.step) + 2

    def test_asked_to_stop_it_saves_and_goes_on_later(self, tiny_set, tmp_path, every_step):
        def report(line):
            if line["step"] == 3:
                trainer.stop()

        trainer = Trainer(tiny_recipe(), [tiny_set], tmp_path, workers=0, report=report)
        with pytest.raises(Cancelled, match="step 4"):
            trainer.train()
        later = Trainer(tiny_recipe(steps=5), [tiny_set], tmp_path, workers=0)
        assert later.step == 4
        assert same(later.network.state_dict(), trainer.network.state_dict())
        later.train()

    def test_asked_to_stop_it_does_not_wait_for_the_validation(
        self, tiny_set, tmp_path, recipe, monkeypatch
    ):
        def validate(network, shapes, weights, stopped):
            trainer.stop()
            assert stopped()
            raise Cancelled

        trainer = Trainer(recipe, [tiny_set], tmp_path, workers=0)
        with monkeypatch.context() as patch:
            patch.setattr(loop, "validate", validate)
            with pytest.raises(Cancelled):
                trainer.train()
        # Its steps are done and saved; started again, only the validation is left.
        again = Trainer(recipe, [tiny_set], tmp_path, workers=0)
        assert again.finished
        again.train()
        assert [line["step"] for line in curves(tmp_path) if "val_whole" in line] == [4]

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
    def test_a_full_disk_leaves_the_old_state(self, tiny_set, tmp_path):
        Trainer(tiny_recipe(steps=1), [tiny_set], tmp_path, workers=0).train()
        before = (tmp_path / "state.pt").read_bytes()
        (tmp_path / ".state.pt").symlink_to("/dev/full")
        trainer = Trainer(tiny_recipe(steps=2), [tiny_set], tmp_path, workers=0)
        with pytest.raises(DataError, match=r"state\.pt cannot be written.*make room"):
            trainer.train()
        assert (tmp_path / "state.pt").read_bytes() == before
        assert not (tmp_path / ".state.pt").is_symlink()
        assert Trainer(tiny_recipe(steps=2), [tiny_set], tmp_path, workers=0).step == 1

    def test_a_folder_that_cannot_be_made_is_named(self, tiny_set, tmp_path, recipe):
        (tmp_path / "file").write_text("")
        with pytest.raises(DataError, match=r"file/run cannot be written"):
            Trainer(recipe, [tiny_set], tmp_path / "file" / "run")

    def test_curves_that_cannot_be_written_are_named(self, tmp_path):
        files = RunFiles(tmp_path)
        files.curves.mkdir()
        with pytest.raises(DataError, match=r"curves\.jsonl cannot be written"):
            files.append({"step": 1})

    @pytest.mark.parametrize("architecture", ["house", "onet"])
    def test_a_step_without_finite_gradients_is_skipped(
        self, tiny_set, tmp_path, monkeypatch, every_step, architecture
    ):
        recipe = tiny_recipe(steps=3)
        if architecture == "onet":  # it has running statistics, too
            network = {"c_dim": 8, "encoder_hidden": 8, "decoder_hidden": 8}
            recipe = replace(recipe, network={"architecture": "onet", **network})
        spoil(monkeypatch, {2}, points_too=architecture == "onet")
        weights = []
        trainer = Trainer(
            recipe,
            [tiny_set],
            tmp_path,
            workers=0,
            report=lambda line: weights.append(snapshot(trainer)),
        )
        trainer.train()
        assert trainer.step == 3
        for name, parameter in trainer.network.named_parameters():
            assert torch.equal(weights[0][name], weights[1][name])
            assert torch.isfinite(parameter).all()
        assert not same(weights[1], weights[2])
        for state in (trainer.network.state_dict(), trainer.average.state_dict()):
            assert all(torch.isfinite(tensor).all() for tensor in state.values())
        first, second, third, _ = curves(tmp_path)
        assert second["skipped"] == 1
        assert "loss" not in second
        assert "skipped" not in first
        assert "skipped" not in third

    def test_a_run_whose_gradients_stay_infinite_ends_with_advice(
        self, tiny_set, tmp_path, monkeypatch
    ):
        spoil(monkeypatch, set(range(3, 1000)))
        trainer = Trainer(tiny_recipe(), [tiny_set], tmp_path, workers=0)
        with pytest.raises(DataError, match="not finite in the last 50 steps.*learning_rate"):
            trainer.train()

    def test_a_shape_that_is_lost_while_training_is_named_without_a_traceback(
        self, tiny_set, tmp_path, recipe
    ):
        shutil.copytree(tiny_set, tmp_path / "set")
        trainer = Trainer(recipe, [tmp_path / "set"], tmp_path / "run", workers=1)
        for path in (tmp_path / "set" / "shapes").iterdir():
            path.write_bytes(b"")
        with pytest.raises(DataError, match=r"\.safetensors is damaged") as raised:
            trainer.train()
        assert "\n" not in str(raised.value)

    @pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
    def test_a_worker_that_is_killed_is_said_to_be(self, tiny_set, tmp_path, every_step):
        def report(line):
            if line["step"] == 2:
                (worker,) = multiprocessing.active_children()
                worker.kill()

        trainer = Trainer(tiny_recipe(), [tiny_set], tmp_path, workers=1, report=report)
        with pytest.raises(DataError, match="ended from outside.*fewer --workers"):
            trainer.train()

    def test_processes_that_share_no_folder_are_told(self, tiny_set, tmp_path, recipe):
        trainer = Trainer(recipe, [tiny_set], tmp_path, workers=0)
        trainer.processes.agree = lambda *values: (12.0,)  # what another machine would say
        with pytest.raises(
            DataError, match="step 0 here and at step 12.*on a disk that they share"
        ):
            trainer.train()


def spoil(monkeypatch, steps, *, points_too=False):
    """Put labels that are no numbers into the batches of some steps, counted from 1."""
    load_batches = loop.load_batches

    def spoiled(*arguments, **options):
        for step, (points, queries, inside) in enumerate(load_batches(*arguments, **options), 1):
            factor = math.nan if step in steps else 1.0
            yield points * factor if points_too else points, queries, inside * factor

    monkeypatch.setattr(loop, "load_batches", spoiled)
