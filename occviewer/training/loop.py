"""The training loop: on a bare server with torch, numpy and safetensors, or on a desktop.

A run lives in a folder: ``state.pt`` (all that is needed to go on, written every
minute), ``curves.jsonl`` (one line a report) and, at the end, ``model.safetensors``.
Started again on the same folder, a run goes on where it was, also after kill -9.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name
from torch.utils.data import DataLoader

from occviewer.errors import DataError
from occviewer.networks import PointCloudNetwork, build_network
from occviewer.training.averaging import MovingAverage
from occviewer.training.dataset import Examples, ShapeSet
from occviewer.training.distributed import Processes
from occviewer.training.recipe import Recipe
from occviewer.training.validation import validate

SAVE_EVERY = 60.0
"""Seconds between states on disk: what a kill can lose."""
_REPORT_EVERY = 10.0

Report = Callable[[dict[str, Any]], None]


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
        self._report_line = report
        self._workers = workers
        run.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        try:
            self.network = build_network(recipe.network)
        except ValueError as error:
            raise DataError(f"The recipe's network cannot be made: {error}") from error
        _channels_last(self.network)
        self.network.to(self.device)
        self.average = MovingAverage(self.network, recipe.optimisation.average)
        self.optimiser = torch.optim.AdamW(
            _parameter_groups(self.network, recipe.optimisation.weight_decay),
            lr=recipe.optimisation.learning_rate,
            betas=(0.9, 0.98),
        )
        self.train_shapes = ShapeSet(folders, "train")
        self.val_shapes = ShapeSet(folders, "val") if self.processes.first else None
        self.step = 0
        self.seconds = 0.0  # training time, that of earlier sessions included
        self.best_threshold = 0.5
        self._validated_at = 0.0
        self._resume()

    def train(self) -> None:
        """Train until the recipe's time or steps are used up, then save the model's weights."""
        wrapped: nn.Module = self.processes.wrap(self.network)
        batches = self._batches()
        options = self.recipe.optimisation
        self.network.train()
        last_save = last_report = time.monotonic()
        total, count = 0.0, 0
        while not self._finished():
            started = time.monotonic()
            loss = self._step(wrapped, next(batches))
            self.step += 1
            total, count = total + loss, count + 1
            now = time.monotonic()
            # The first process keeps the time, so that all stop at the same step.
            self.seconds = self.processes.agree(self.seconds + now - started)
            if not self.processes.first:
                continue
            if now - last_report > _REPORT_EVERY or self._finished():
                self._write({"loss": total / count, "rate": self._rate(), "batch": options.batch})
                total, count, last_report = 0.0, 0, now
            if now - last_save > SAVE_EVERY:
                self._save_state()
                last_save = time.monotonic()
            if self.seconds - self._validated_at > 60 * self.recipe.validate_every:
                self._validate()
        if self.processes.first:
            self._validate()
            self._save_state()
        self.processes.wait()

    def averaged_network(self) -> PointCloudNetwork:
        """Build the network with the averaged weights, in evaluation mode: what is shipped."""
        network = build_network(self.recipe.network)
        network.load_state_dict(self.average.state_dict())
        return network.to(self.device).eval()

    def _step(self, wrapped: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> float:
        points, queries, inside = (tensor.to(self.device, non_blocking=True) for tensor in batch)
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        mixed = torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda"
        )
        with mixed:
            logits = wrapped(points, queries)
        loss = F.binary_cross_entropy_with_logits(logits.float(), inside)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.optimisation.clip)
        if torch.isfinite(norm):  # one bad batch must not spoil hours
            self.optimiser.step()
            self.average.update(self.network, self.step)
        return float(loss.detach())

    def _rate(self) -> float:
        options = self.recipe.optimisation
        warm = min(1.0, (self.step + 1) / max(options.warmup, 1))
        return (
            options.learning_rate
            * warm
            * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self._progress())))
        )

    def _progress(self) -> float:
        """Share of the run that is done, 0 to 1: by time, or by steps where they end it first."""
        options = self.recipe.optimisation
        done = self.seconds / (60 * options.minutes)
        if options.steps:
            done = max(done, self.step / options.steps)
        return min(done, 1.0)

    def _finished(self) -> bool:
        return self._progress() >= 1.0

    def _batches(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        examples = Examples(
            self.train_shapes,
            self.recipe.examples,
            self.recipe.optimisation.batch,
            # A resumed run draws new examples, not those that it has seen.
            self.recipe.seed + self.step,
            self.recipe.weights,
            self.processes.rank,
        )
        loader = DataLoader(
            examples,
            batch_size=None,
            num_workers=self._workers,
            pin_memory=self.device.type == "cuda",
            prefetch_factor=4 if self._workers else None,
        )
        return iter(loader)

    def _validate(self) -> None:
        assert self.val_shapes is not None
        scores = validate(self.averaged_network(), self.val_shapes)
        self.best_threshold = scores["threshold"]
        self._validated_at = self.seconds
        self._write({f"val_{key}": value for key, value in scores.items()})

    def _write(self, values: dict[str, Any]) -> None:
        line = {"step": self.step, "minutes": round(self.seconds / 60, 3), **values}
        with (self.run_folder / "curves.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self._report_line(line)

    def _save_state(self) -> None:
        state = {
            "recipe": asdict(self.recipe),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "validated_at": self._validated_at,
            "best_threshold": self.best_threshold,
        }
        temporary = self.run_folder / ".state.pt"
        torch.save(state, temporary)
        os.replace(temporary, self.run_folder / "state.pt")

    def _resume(self) -> None:
        path = self.run_folder / "state.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["recipe"]["network"] != asdict(self.recipe)["network"]:
            raise DataError(
                f"{self.run_folder} holds a run of another network: choose another folder."
            )
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        self.seconds = state["seconds"]
        self._validated_at = state["validated_at"]
        self.best_threshold = state["best_threshold"]


def _channels_last(network: nn.Module) -> None:
    """Lay out convolution weights as the CPU's and the GPU's fast kernels want them."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
        elif isinstance(module, nn.Conv3d | nn.ConvTranspose3d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay matrices and kernels, but not biases and scales."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
