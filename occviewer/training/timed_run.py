"""What trainings on one process have in common: time, steps, states, curves, validations.

A run lives in a folder: ``state.pt`` (all that is needed to go on) and ``curves.jsonl``.
Started again on the same folder, a run goes on where it was, also after kill -9. Needs torch,
numpy and safetensors only. `occviewer.training.loop` trains on several processes.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from occviewer.errors import Cancelled, DataError
from occviewer.training.averaging import MovingAverage
from occviewer.training.network_setup import channels_last, has_fast_bfloat16, parameter_groups
from occviewer.training.recipe import Optimisation
from occviewer.training.run_files import RunFiles, Tally

SAVE_EVERY = 60.0
"""Seconds between states on disk: what a kill can lose."""
REPORT_EVERY = 10.0
"""Seconds between lines of the curves."""

_LONGEST_STEP = 60.0  # seconds; in a longer one the process was stopped, or the machine slept

Report = Callable[[dict[str, Any]], None]
Batch = TypeVar("Batch")


class TimedRun(ABC, Generic[Batch]):
    """One training run of a network.

    Parameters
    ----------
    trained : Module
        With fresh weights, on the device.
    optimisation : Optimisation
    validate_every : float
        Minutes of training between validations.
    run : Path
        Folder of the run; made if it does not exist.
    device : torch.device
    report : callable
        Called with every line of the curves.
    betas : (float, float)
        Of AdamW.

    Attributes
    ----------
    step : int
    seconds : float
        Training time, that of earlier sessions included, without validations.
    run_folder : Path
    device : torch.device

    Raises
    ------
    DataError
        The run's folder cannot be made.
    """

    stored_as: ClassVar[str]
    """Name of the trained network in the state."""

    def __init__(
        self,
        trained: nn.Module,
        optimisation: Optimisation,
        validate_every: float,
        run: Path,
        device: torch.device,
        report: Report = lambda line: None,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        self.device, self.run_folder = device, run
        self.step, self.seconds = 0, 0.0
        channels_last(trained)
        self.average = MovingAverage(trained, optimisation.average)
        self.optimiser = torch.optim.AdamW(
            parameter_groups(trained, optimisation.weight_decay),
            lr=optimisation.learning_rate,
            betas=betas,
        )
        self._trained, self._optimisation = trained, optimisation
        self._validate_every, self._report_line = validate_every, report
        self._mixed = has_fast_bfloat16(device)
        self._stopped, self._validated_at = False, 0.0
        self._files = RunFiles(run)

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to train."""
        return self._progress() >= 1.0

    def stop(self) -> None:
        """Ask for the training to end soon; callable from a signal handler or another thread."""
        self._stopped = True

    def check_stopped(self) -> None:
        """Raise `Cancelled` after `stop`."""
        if self._stopped:
            raise Cancelled(f"The run stopped at step {self.step}.")

    @abstractmethod
    def _loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of a batch, and parts of it for the curves."""

    @abstractmethod
    def _scores(self) -> Mapping[str, float]:
        """Scores of the averaged network on validation data; none where there is no data."""

    def _take_steps(
        self, draw: Callable[[], Batch], until: Callable[[], bool] = lambda: False
    ) -> None:
        """Train on what is drawn until the time or the steps are used up, or it is enough."""
        last_save, tally = time.monotonic(), Tally(time.monotonic())
        parts: list[dict[str, float]] = []
        while self._progress() < 1 and not until():
            started = time.monotonic()
            loss, errors = self._step(draw())
            parts.append(errors)
            tally.add(loss)
            self.step += 1
            now = time.monotonic()
            self.seconds += min(now - started, _LONGEST_STEP)
            if now - tally.began > REPORT_EVERY or self._stopped:
                self._write({**tally.means(now), **part_means(parts), "rate": self._rate()})
                tally, parts = Tally(now), []
            due = self.seconds - self._validated_at > 60 * self._validate_every
            if now - last_save > SAVE_EVERY or due or self._stopped:
                self._save_state()
                last_save = time.monotonic()
            if due and not self._stopped and self._progress() < 1:
                self._validate()
                tally.began += time.monotonic() - now
            self.check_stopped()

    def _step(self, batch: Batch) -> tuple[float, dict[str, float]]:
        """Move the weights once; returns what `_loss` does, as numbers."""
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._mixed):
            loss, parts = self._loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self._trained.parameters(), self._optimisation.clip)
        if not torch.isfinite(norm):
            raise DataError(
                f"The gradients were not finite at step {self.step}: start the same command "
                "again, which goes on from the last state with other examples."
            )
        self.optimiser.step()
        self.average.update(self._trained, self.step)
        return float(loss.detach()), {name: float(part.detach()) for name, part in parts.items()}

    def _rate(self) -> float:
        return cosine_rate(self._optimisation, self.step, self._progress())

    def _progress(self) -> float:
        return share_done(self._optimisation, self.seconds, self.step)

    def _validate(self) -> None:
        scores = self._scores()
        if scores:
            self._write({f"val_{key}": value for key, value in scores.items()})
        self._validated_at = self.seconds
        self._save_state()

    def _write(self, values: dict[str, Any]) -> None:
        line = {"step": self.step, "minutes": round(self.seconds / 60, 3), **values}
        self._files.append(line)
        self._report_line(line)

    def _save_state(self) -> None:
        self._files.save_state(
            {
                **self._own_state(),
                self.stored_as: self._trained.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                "validated_at": self._validated_at,
            }
        )

    def _resume(self) -> None:
        """Go on from the state on disk, where there is one.

        Raises
        ------
        DataError
            The state is damaged, or of another network.
        """
        state = self._files.load_state()
        if state is not None:
            try:
                self._take_own(state)
                self._trained.load_state_dict(state[self.stored_as])
                self.average.load_state_dict(state["average"])
                self.optimiser.load_state_dict(state["optimiser"])
                self.step, self.seconds = int(state["step"]), float(state["seconds"])
                self._validated_at = float(state["validated_at"])
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                raise self._files.damaged() from error
        self._files.forget_after(self.step)

    @abstractmethod
    def _own_state(self) -> dict[str, Any]:
        """Make what else belongs into the state."""

    @abstractmethod
    def _take_own(self, state: Mapping[str, Any]) -> None:
        """Take that over; raises `DataError` where the state is of another network."""

    def _of_another_network(self) -> DataError:
        return DataError(
            f"{self.run_folder} holds a run of another network: choose another folder."
        )


def part_means(steps: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean of every part over the steps that have it: a training may go over to other parts."""
    names = {name: None for step in steps for name in step}
    return {name: float(np.mean([step[name] for step in steps if name in step])) for name in names}


def cosine_rate(options: Optimisation, step: int, progress: float) -> float:
    """Learning rate: it rises over the first steps, and falls as a cosine to a hundredth."""
    warm = min(1.0, (step + 1) / max(options.warmup, 1))
    return options.learning_rate * warm * (0.01 + 0.495 * (1 + math.cos(math.pi * progress)))


def share_done(options: Optimisation, seconds: float, step: int, of_time: float = 1.0) -> float:
    """Share of a training that is done, 0 … 1: by time, or by steps where they end it first.

    `of_time` is the share of the time that may be used.
    """
    done = seconds / (60 * options.minutes * of_time)
    if options.steps:
        done = max(done, step / options.steps)
    return min(done, 1.0)
