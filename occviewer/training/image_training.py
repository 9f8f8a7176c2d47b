"""Training of the image encoder over a finished model and its latent space.

Model and latent space stay as they are. Like a training of the model itself, a run lives in
a folder and goes on where it was; see `occviewer.training.loop`. Needs torch, numpy,
safetensors and Pillow only.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.errors import Cancelled, DataError
from occviewer.networks import PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.networks.image_encoder import ImageEncoder
from occviewer.training.averaging import MovingAverage
from occviewer.training.image_examples import ImageBatch, ImageExamples, Targets, ViewSet
from occviewer.training.image_scores import validate_images
from occviewer.training.network_setup import channels_last, has_fast_bfloat16, parameter_groups
from occviewer.training.recipe import Optimisation
from occviewer.training.run_files import RunFiles, Tally

SAVE_EVERY = 60.0
"""Seconds between states on disk."""
REPORT_EVERY = 10.0
"""Seconds between lines of the curves."""
_FIRST_TARGETS = 48  # shapes by which the vectors are standardised
_LEAST_STD = 1e-2

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class ImageSettings:
    """Settings of a training.

    Attributes
    ----------
    optimisation : Optimisation
    pixels : int
        Side of the pictures.
    decoded : int
        Examples of a batch whose occupancy is looked at; that costs more than all else.
    queries : int
        Labelled queries of each of them.
    cells, outline, camera : float
        Weights of the squared errors of standardised cells and outline, and of the camera,
        against 1 for the occupancy.
    seed : int
    validate_every : float
        Minutes of training between validations.
    """

    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(batch=32, learning_rate=1e-3, weight_decay=0.05)
    )
    pixels: int = 112
    decoded: int = 8
    queries: int = 1024
    cells: float = 0.2
    outline: float = 0.1
    camera: float = 0.2
    seed: int = 0
    validate_every: float = 10.0


class ImageTrainer:
    """One training run of an image encoder.

    Parameters
    ----------
    network : PointCloudNetwork
        Of the finished model; it is frozen and moved to the device.
    bottleneck : Bottleneck
        Its latent space; likewise.
    level : float
        Logit at which the model's surfaces lie.
    settings : ImageSettings
    train_views, val_views : ViewSet
        The latter None where there is nothing to validate on.
    weights : mapping of str to float
        How often shapes of a category or a library are drawn, relative to 1.
    run : Path
        Folder of the run; made if it does not exist.
    device : torch.device
    report : callable
        Called with every line of the curves.

    Attributes
    ----------
    encoder : ImageEncoder
        As it is trained; `averaged` is the better one.
    step : int
    seconds : float
        Training time, that of earlier sessions included, without validations.

    Raises
    ------
    DataError
        The data do not fit, or an earlier state is damaged or of another network.
    """

    def __init__(
        self,
        network: PointCloudNetwork,
        bottleneck: Bottleneck,
        level: float,
        settings: ImageSettings,
        train_views: ViewSet,
        val_views: ViewSet | None,
        weights: dict[str, float],
        run: Path,
        device: torch.device,
        report: Report = lambda line: None,
    ) -> None:
        self.network = network.to(device).eval().requires_grad_(False)
        self.bottleneck = bottleneck.to(device).eval().requires_grad_(False)
        channels_last(self.network)
        channels_last(self.bottleneck)
        self.settings, self.device, self.run_folder = settings, device, run
        self.train_views = train_views
        self.step, self.seconds = 0, 0.0
        self._level, self._val_views, self._weights = level, val_views, weights
        self._report_line = report
        self._mixed = has_fast_bfloat16(device)
        self._stopped, self._validated_at = False, 0.0
        torch.manual_seed(settings.seed)
        self.encoder = ImageEncoder(bottleneck.size, settings.pixels).to(device)
        channels_last(self.encoder)
        options = settings.optimisation
        self.average = MovingAverage(self.encoder, options.average)
        self.optimiser = torch.optim.AdamW(
            parameter_groups(self.encoder, options.weight_decay), lr=options.learning_rate
        )
        self._targets = Targets(self.network, self.bottleneck, train_views.shapes)
        self._files = RunFiles(run)
        self._resume()

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

    def train(self) -> None:
        """Train until the time or the steps are used up.

        Raises
        ------
        Cancelled
            After `stop`. The state is saved, and the same run goes on from it.
        DataError
            The state cannot be saved, views cannot be read, or the loss is not finite.
        """
        if self.finished:
            return
        if self.step == 0:
            self._learn_scale()
        examples = ImageExamples(
            self.train_views,
            self._targets,
            self._weights,
            self.settings.pixels,
            # A resumed run draws new examples, not those that it has seen.
            [self.settings.seed, self.step],
        )
        self.encoder.train()
        self._take_steps(examples)
        self._validate()

    def averaged(self) -> ImageEncoder:
        """Build the encoder with the averaged weights, in evaluation mode."""
        encoder = ImageEncoder(**self.encoder.config)
        encoder.load_state_dict(self.average.state_dict())
        channels_last(encoder)
        return encoder.to(self.device).requires_grad_(False).eval()

    def _learn_scale(self) -> None:
        """Take mean and spread of the vectors from some of the training shapes."""
        usable = self.train_views.usable
        step = -(-len(usable) // _FIRST_TARGETS)
        vectors = []
        for index in usable[::step]:
            vectors.append(self._targets.of(index))
            self.check_stopped()
        known = torch.stack(vectors)
        self.encoder.latent_mean.copy_(known.mean(0))
        self.encoder.latent_std.copy_(known.std(0, correction=0).clamp(min=_LEAST_STD))
        self.average = MovingAverage(self.encoder, self.settings.optimisation.average)

    def _take_steps(self, examples: ImageExamples) -> None:
        last_save, tally = time.monotonic(), Tally(time.monotonic())
        parts: list[dict[str, float]] = []
        while self._progress() < 1:
            started = time.monotonic()
            options = self.settings
            batch = examples.draw(options.optimisation.batch, options.decoded, options.queries)
            loss, errors = self._step(batch)
            parts.append(errors)
            tally.add(loss)
            self.step += 1
            now = time.monotonic()
            self.seconds += now - started
            if now - tally.began > REPORT_EVERY or self._stopped:
                means = {name: float(np.mean([p[name] for p in parts])) for name in parts[0]}
                self._write({**tally.means(now), **means, "rate": self._rate()})
                tally, parts = Tally(now), []
            due = self.seconds - self._validated_at > 60 * self.settings.validate_every
            if now - last_save > SAVE_EVERY or due or self._stopped:
                self._save_state()
                last_save = time.monotonic()
            if due and not self._stopped and self._progress() < 1:
                self._validate()
                tally.began += time.monotonic() - now
            self.check_stopped()

    def _step(self, batch: ImageBatch) -> tuple[float, dict[str, float]]:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._mixed):
            losses = self._losses(batch)
        options = self.settings
        loss = (
            losses["occupancy"]
            + options.cells * losses["cells"]
            + options.outline * losses["outline"]
            + options.camera * losses["camera"]
        )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.encoder.parameters(), options.optimisation.clip)
        if not torch.isfinite(norm):
            raise DataError(
                f"The gradients were not finite at step {self.step}: start the same command "
                "again, which goes on from the last state with other examples."
            )
        self.optimiser.step()
        self.average.update(self.encoder, self.step)
        return float(loss.detach()), {name: float(v.detach()) for name, v in losses.items()}

    def _losses(self, batch: ImageBatch) -> dict[str, Tensor]:
        vectors, cameras = self.encoder(batch.images.to(self.device))
        wanted = batch.vectors.to(self.device)
        split = self.bottleneck.outline
        outline = (vectors - wanted)[:, :split] / self.encoder.latent_std[:split]
        cells = self._cells(vectors) - self._cells(wanted)
        features = self.bottleneck.decode(vectors[: self.settings.decoded])
        logits = self.network.decode(batch.queries.to(self.device), features).float()
        return {
            "occupancy": F.binary_cross_entropy_with_logits(logits, batch.inside.to(self.device)),
            "cells": (cells / self.bottleneck.cell_std).square().mean(),
            "outline": outline.square().mean(),
            "camera": F.smooth_l1_loss(cameras.float(), batch.cameras.to(self.device)),
        }

    def _cells(self, vectors: Tensor) -> Tensor:
        split = self.bottleneck.outline
        return self.bottleneck.cells_of(vectors[:, :split]) + vectors[:, split:]

    def _rate(self) -> float:
        options = self.settings.optimisation
        warm = min(1.0, (self.step + 1) / max(options.warmup, 1))
        falling = 0.01 + 0.495 * (1 + math.cos(math.pi * self._progress()))
        return options.learning_rate * warm * falling

    def _progress(self) -> float:
        options = self.settings.optimisation
        done = self.seconds / (60 * options.minutes)
        if options.steps:
            done = max(done, self.step / options.steps)
        return min(done, 1.0)

    def _validate(self) -> None:
        """Write into the curves what pictures of validation shapes give."""
        if self._val_views is not None:
            scores = validate_images(
                self.network,
                self.bottleneck,
                self.averaged(),
                self._val_views,
                self._level,
                self.check_stopped,
            )
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
                "settings": asdict(self.settings),
                "config": self.encoder.config,
                "encoder": self.encoder.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                "validated_at": self._validated_at,
            }
        )

    def _resume(self) -> None:
        state = self._files.load_state()
        if state is not None:
            try:
                if state["config"] != self.encoder.config:
                    raise DataError(
                        f"{self.run_folder} holds a run of another network: choose another folder."
                    )
                self.encoder.load_state_dict(state["encoder"])
                self.average.load_state_dict(state["average"])
                self.optimiser.load_state_dict(state["optimiser"])
                self.step, self.seconds = int(state["step"]), float(state["seconds"])
                self._validated_at = float(state["validated_at"])
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                raise self._files.damaged() from error
        self._files.forget_after(self.step)
