"""The training loop: on a bare server with torch, numpy and safetensors, or on a desktop.

A run lives in a folder: ``state.pt`` (all that is needed to go on, written every
minute), ``curves.jsonl`` (one line a report) and, once it is exported,
``model.safetensors``. Started again on the same folder, a run goes on where it was,
also after kill -9.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.errors import Cancelled, DataError
from occviewer.networks import PointCloudNetwork
from occviewer.training.averaging import MovingAverage
from occviewer.training.dataset import Batch, Examples, ShapeSet
from occviewer.training.distributed import Processes
from occviewer.training.loading import load_batches, lost_worker
from occviewer.training.network_setup import (
    channels_last,
    fresh_network,
    has_fast_bfloat16,
    parameter_groups,
)
from occviewer.training.recipe import Recipe
from occviewer.training.run_files import RunFiles, Tally
from occviewer.training.timed_run import REPORT_EVERY, SAVE_EVERY, Report, cosine_rate, share_done
from occviewer.training.validation import validate

_MOST_SKIPPED = 50


class Trainer:
    """One training run.

    Parameters
    ----------
    recipe : Recipe
    folders : list of Path
        Prepared data sets.
    run : Path
        Folder of the run; made if it does not exist.
    device : str
        ``cpu``, ``cuda`` or ``mps``.
    report : callable
        Called with every line of the curves, on the first process only.
    processes : Processes
        The processes that train together.
    workers : int
        Processes that make examples.

    Attributes
    ----------
    network : PointCloudNetwork
        As it is trained; `averaged_network` is the better one.
    train_shapes, val_shapes : ShapeSet
        None where there is nothing to validate on, and on all processes but the first.
    step : int
        Steps taken.
    seconds : float
        Training time, that of earlier sessions included, without validations.
    best_threshold : float
        The probability that did best in the last validation.

    Raises
    ------
    DataError
        When the data or an earlier state do not fit the recipe.
    """

    def __init__(
        self,
        recipe: Recipe,
        folders: list[Path],
        run: Path,
        *,
        device: str = "cpu",
        report: Report = lambda line: None,
        processes: Processes | None = None,
        workers: int = 1,
    ) -> None:
        self.recipe = recipe
        self.run_folder = run
        self.processes = processes or Processes()
        self.device = self.processes.device(device)
        self._mixed = has_fast_bfloat16(self.device)
        self._report_line = report
        self._workers = workers
        torch.manual_seed(recipe.seed)
        self.network = fresh_network(recipe.network, recipe.examples.points)
        channels_last(self.network)
        self.network.to(self.device)
        self.average = MovingAverage(self.network, recipe.optimisation.average)
        self.optimiser = torch.optim.AdamW(
            parameter_groups(self.network, recipe.optimisation.weight_decay),
            lr=recipe.optimisation.learning_rate,
            betas=(0.9, 0.98),
        )
        self.train_shapes = ShapeSet(folders, "train")
        self.val_shapes = ShapeSet.if_any(folders, "val") if self.processes.first else None
        self.step = 0
        self.seconds = 0.0
        self.best_threshold = 0.5
        self._validated_at = 0.0
        self._stopped = False
        self._skipped_in_a_row = 0
        self._files = RunFiles(run)
        self._resume()

    @property
    def finished(self) -> bool:
        """Whether the recipe's time or steps are used up."""
        return self._progress() >= 1.0

    def stop(self) -> None:
        """Ask for the training to end soon; callable from a signal handler or another thread."""
        self._stopped = True

    def train(self) -> None:
        """Train until the recipe's time or steps are used up.

        Raises
        ------
        Cancelled
            After `stop`. The state is saved, and the same run goes on from it.
        DataError
            When the state cannot be saved, the processes do not share a run's folder, a
            shape cannot be read, a worker process dies, or the gradients stay infinite.
        """
        self._check_shared()
        wrapped = self.processes.wrap(self.network)
        self.network.train()
        lost = None
        try:
            if not self.finished:
                with closing(self._batches()) as batches:
                    self._take_steps(wrapped, batches)
        except (RuntimeError, OSError, EOFError) as error:
            lost = lost_worker(error)
            if lost is None:
                raise
        if lost is not None:  # raised here, where nothing holds on to the dead process any more
            raise lost
        if self.processes.first and self._validated_at != self.seconds:
            self._save_state()  # a kill during the validation costs nothing
            self._validate()
        self.processes.wait()
        if self._stopped and self.processes.first:
            raise Cancelled(f"The run stopped at step {self.step}.")

    def averaged_network(self) -> PointCloudNetwork:
        """Build the network with the averaged weights, in evaluation mode: what is shipped."""
        network = fresh_network(self.network.config, self.network.point_count)
        channels_last(network)
        network.load_state_dict(self.average.state_dict())
        return network.to(self.device).eval()

    def _take_steps(self, wrapped: nn.Module, batches: Iterator[Batch]) -> None:
        last_save, tally = time.monotonic(), Tally(time.monotonic())
        while not self.finished:
            started = time.monotonic()
            tally.add(self._step(wrapped, next(batches)))
            self.step += 1
            now = time.monotonic()
            # The first process keeps the time and decides, so that all stop at the same step.
            self.seconds, stopped = self.processes.agree(
                self.seconds + now - started, float(self._stopped)
            )
            if self.processes.first:
                if now - tally.began > REPORT_EVERY or self.finished or stopped:
                    self._write({**tally.means(now), "rate": self._rate()})
                    tally = Tally(now)
                validation_due = self.seconds - self._validated_at > 60 * self.recipe.validate_every
                if now - last_save > SAVE_EVERY or validation_due or stopped:
                    self._save_state()
                    last_save = time.monotonic()
                if validation_due and not stopped and not self.finished:
                    self._validate()
                    tally.began += time.monotonic() - now
            if stopped:
                raise Cancelled(f"The run stopped at step {self.step}.")

    def _step(self, wrapped: nn.Module, batch: Batch) -> float:
        """Take one step and return the loss; not a finite number when the step was skipped."""
        points, queries, inside = (tensor.to(self.device, non_blocking=True) for tensor in batch)
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._mixed):
            logits = wrapped(points, queries)
        loss = F.binary_cross_entropy_with_logits(logits.float(), inside)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.optimisation.clip)
        if not torch.isfinite(norm):  # one bad batch must not spoil hours
            self.average.mend_buffers(self.network)
            self._skipped_in_a_row += 1
            if self._skipped_in_a_row == _MOST_SKIPPED:
                raise DataError(
                    f"The gradients were not finite in the last {_MOST_SKIPPED} steps up to "
                    f"{self.step}: lower the recipe's learning_rate and start a new run."
                )
            return math.nan
        self._skipped_in_a_row = 0
        self.optimiser.step()
        self.average.update(self.network, self.step)
        return float(loss.detach())

    def _rate(self) -> float:
        return cosine_rate(self.recipe.optimisation, self.step, self._progress())

    def _progress(self) -> float:
        return share_done(self.recipe.optimisation, self.seconds, self.step)

    def _batches(self) -> Generator[Batch]:
        examples = Examples(
            self.train_shapes,
            self.recipe.examples,
            self.recipe.optimisation.batch,
            # A resumed run draws new examples, not those that it has seen.
            self.recipe.seed + self.step,
            self.recipe.weights,
            self.processes.rank,
        )
        return load_batches(examples, self._workers, pinned=self.device.type == "cuda")

    def _validate(self) -> None:
        """Score the averaged network, and save what came out; nothing once `stop` was called."""
        if self.val_shapes is not None:
            started = time.monotonic()
            try:
                scores = validate(
                    self.averaged_network(),
                    self.val_shapes,
                    self.recipe.weights,
                    lambda: self._stopped,
                )
            except Cancelled:
                return  # the loop ends after the next step, in all processes at once
            self.best_threshold = scores["threshold"]
            took = round(time.monotonic() - started, 1)
            self._write({f"val_{key}": value for key, value in {**scores, "seconds": took}.items()})
        self._validated_at = self.seconds
        self._save_state()

    def _write(self, values: dict[str, Any]) -> None:
        line = {"step": self.step, "minutes": round(self.seconds / 60, 3), **values}
        self._files.append(line)
        self._report_line(line)

    def _save_state(self) -> None:
        self._files.save_state(
            {
                "recipe": asdict(self.recipe),
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                "validated_at": self._validated_at,
                "best_threshold": self.best_threshold,
            }
        )

    def _resume(self) -> None:
        state = self._files.load_state()
        if state is not None:
            try:
                self._check_network(state["recipe"])
                self.network.load_state_dict(state["network"])
                self.average.load_state_dict(state["average"])
                self.optimiser.load_state_dict(state["optimiser"])
                self.step = int(state["step"])
                self.seconds = float(state["seconds"])
                self._validated_at = float(state["validated_at"])
                self.best_threshold = float(state["best_threshold"])
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                raise self._files.damaged() from error
        if self.processes.first:
            self._files.forget_after(self.step)

    def _check_network(self, recipe: dict[str, Any]) -> None:
        """Refuse the state of another network, whatever its recipe left to the defaults."""
        old = fresh_network(recipe["network"], recipe["examples"]["points"])
        if old.config != self.network.config:
            raise DataError(
                f"{self.run_folder} holds a run of another network: choose another folder."
            )

    def _check_shared(self) -> None:
        (step,) = self.processes.agree(float(self.step))
        if step != self.step:
            raise DataError(
                f"{self.run_folder} is at step {self.step} here and at step {step:g} for the first "
                "process: give all processes one folder, on a disk that they share."
            )
