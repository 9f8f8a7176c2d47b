"""Training of the bottleneck over the features of a finished model.

The encoder and the decoder of the model stay as they are. Like a training of the model
itself, a run lives in a folder and goes on where it was; see `occviewer.training.loop`.
Needs torch, numpy and safetensors only.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from occviewer.errors import Cancelled, DataError
from occviewer.networks import PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck, bottleneck_config
from occviewer.training.averaging import MovingAverage
from occviewer.training.dataset import ShapeSet
from occviewer.training.latent_axes import require_several
from occviewer.training.latent_examples import FeaturePool, LatentBatch
from occviewer.training.latent_losses import latent_loss
from occviewer.training.latent_outline import OUTLINE_SHAPES, train_outline
from occviewer.training.latent_scores import validate_latent
from occviewer.training.latent_settings import LatentSettings
from occviewer.training.network_setup import channels_last, has_fast_bfloat16, parameter_groups
from occviewer.training.run_files import RunFiles, Tally

SAVE_EVERY = 60.0
"""Seconds between states on disk."""
REPORT_EVERY = 10.0
"""Seconds between lines of the curves."""
_KL_RISES = 0.2  # share of the training; a vector must be of use before it is made simple
_FIRST_BATCHES = 4  # of features before the first step; the channels are standardised by them

Report = Callable[[dict[str, Any]], None]


class LatentTrainer:
    """One training run of a bottleneck.

    Parameters
    ----------
    network : PointCloudNetwork
        Of the finished model; it is frozen and moved to the device.
    level : float
        Logit at which the model's surfaces lie.
    settings : LatentSettings
    train_shapes, val_shapes : ShapeSet
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
    bottleneck : Bottleneck
        As it is trained; `averaged` is the better one.
    step : int
    seconds : float
        Training time, that of earlier sessions included, without validations.

    Raises
    ------
    DataError
        The model has no features for a bottleneck, the data do not fit or span no space, or
        an earlier state is damaged or of another model or network.
    """

    def __init__(
        self,
        network: PointCloudNetwork,
        level: float,
        settings: LatentSettings,
        train_shapes: ShapeSet,
        val_shapes: ShapeSet | None,
        weights: dict[str, float],
        run: Path,
        device: torch.device,
        report: Report = lambda line: None,
    ) -> None:
        self.network = network.to(device).eval().requires_grad_(False)
        channels_last(self.network)
        self.settings, self.device = settings, device
        self.run_folder = run
        require_several(train_shapes, weights)
        self.train_shapes = train_shapes
        self.step, self.seconds = 0, 0.0
        self._level, self._val_shapes, self._weights = level, val_shapes, weights
        self._report_line = report
        self._mixed = has_fast_bfloat16(device)
        self._stopped, self._validated_at = False, 0.0
        torch.manual_seed(settings.seed)
        self.bottleneck = Bottleneck(**self._config()).to(device)
        channels_last(self.bottleneck)
        self.average = MovingAverage(self.bottleneck, settings.optimisation.average)
        self.optimiser = torch.optim.AdamW(
            parameter_groups(self.bottleneck, settings.optimisation.weight_decay),
            lr=settings.optimisation.learning_rate,
            betas=(0.9, 0.98),
        )
        self._files = RunFiles(run)
        self._outlined = False
        self._resume()

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to train."""
        return self._outlined and self._progress() >= 1.0

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
            The state cannot be saved, a shape cannot be read, or the loss is not finite.
        """
        if self.finished:
            return
        pool = FeaturePool(
            self.network,
            self.train_shapes,
            self._weights,
            self.settings.memory,
            # A resumed run draws new examples, not those that it has seen.
            [self.settings.seed, self.step],
        )
        self._fill(pool, _FIRST_BATCHES * self.settings.optimisation.batch)
        if self.step == 0:
            self.bottleneck.learn_scale(pool.features(0, len(pool)))
            self.average = MovingAverage(self.bottleneck, self.settings.optimisation.average)
        self.bottleneck.train()
        self._take_steps(pool)
        self._save_state()  # a kill while the outline is trained costs nothing else
        self._train_outline(pool)
        self._save_state()
        self._validate()

    def averaged(self) -> Bottleneck:
        """Build the bottleneck with the averaged weights, in evaluation mode."""
        bottleneck = Bottleneck(**self.bottleneck.config)
        bottleneck.load_state_dict(self.average.state_dict())
        channels_last(bottleneck)
        return bottleneck.to(self.device).requires_grad_(False).eval()

    def _config(self) -> dict[str, Any]:
        if self.network.observed != "points":
            raise DataError(
                "A latent space is learned from clouds, and this model takes none: take a model "
                "of the architecture 'house'."
            )
        points = torch.zeros(1, self.network.point_count, 3, device=self.device)
        with torch.no_grad():
            found = bottleneck_config(self.network.encode(points))
        if found is None:
            raise DataError(
                f"A model of the architecture {self.network.architecture!r} has no three planes "
                "and grid to learn a latent space of: take a model of the architecture 'house'."
            )
        return {**self.settings.network, **found}

    def _fill(self, pool: FeaturePool, count: int) -> None:
        batch = self.settings.optimisation.batch
        while len(pool) < count and not pool.full:
            pool.add(batch)
            self.check_stopped()

    def _train_outline(self, pool: FeaturePool) -> None:
        """Train the outline on the averaged cells, which are what is stored."""
        options = self.settings.optimisation
        self._fill(pool, min(OUTLINE_SHAPES, options.steps * options.batch or OUTLINE_SHAPES))
        bottleneck = self.averaged()
        minutes = self.settings.outline_share * options.minutes
        began = time.monotonic()
        train_outline(
            self.network, bottleneck, pool, self.settings, minutes, self.check_stopped, self._write
        )
        self.seconds += time.monotonic() - began
        self.average.load_state_dict(bottleneck.state_dict())
        self._outlined = True

    def _take_steps(self, pool: FeaturePool) -> None:
        last_save, tally = time.monotonic(), Tally(time.monotonic())
        while self._progress() < 1:
            started = time.monotonic()
            if self.settings.fresh:
                pool.add(self.settings.fresh)
            options = self.settings
            loss = self._step(
                pool.draw(options.optimisation.batch, options.queries, options.near_share)
            )
            tally.add(loss)
            self.step, self._outlined = self.step + 1, False
            now = time.monotonic()
            self.seconds += now - started
            if now - tally.began > REPORT_EVERY or self._stopped:
                self._write({**tally.means(now), "rate": self._rate()})
                tally = Tally(now)
            due = self.seconds - self._validated_at > 60 * self.settings.validate_every
            if now - last_save > SAVE_EVERY or due or self._stopped:
                self._save_state()
                last_save = time.monotonic()
            if due and not self._stopped and self._progress() < 1:
                self._validate()
                tally.began += time.monotonic() - now
            self.check_stopped()

    def _step(self, batch: LatentBatch) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._mixed):
            share = min(1.0, self._progress() / _KL_RISES)
            loss = latent_loss(self.network, self.bottleneck, batch, self.settings, share)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        clip = self.settings.optimisation.clip
        norm = nn.utils.clip_grad_norm_(self.bottleneck.parameters(), clip)
        if not torch.isfinite(norm):
            raise DataError(
                f"The gradients were not finite at step {self.step}: start the same command "
                "again, which goes on from the last state with other examples."
            )
        self.optimiser.step()
        self.average.update(self.bottleneck, self.step)
        return float(loss.detach())

    def _rate(self) -> float:
        options = self.settings.optimisation
        warm = min(1.0, (self.step + 1) / max(options.warmup, 1))
        falling = 0.01 + 0.495 * (1 + math.cos(math.pi * self._progress()))
        return options.learning_rate * warm * falling

    def _progress(self) -> float:
        """Share of the training of the cells that is done."""
        options = self.settings.optimisation
        done = self.seconds / (60 * options.minutes * (1 - self.settings.outline_share))
        if options.steps:
            done = max(done, self.step / options.steps)
        return min(done, 1.0)

    def _validate(self) -> None:
        """Write into the curves what ``z`` alone gives on validation shapes."""
        if self._val_shapes is not None:
            scores = validate_latent(
                self.network, self.averaged(), self._val_shapes, self._level, self.check_stopped
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
                "model": _fingerprint(self.network),
                "config": self.bottleneck.config,
                "bottleneck": self.bottleneck.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                "validated_at": self._validated_at,
                "outlined": self._outlined,
            }
        )

    def _resume(self) -> None:
        state = self._files.load_state()
        if state is not None:
            try:
                same = (_fingerprint(self.network), self.bottleneck.config)
                if (state["model"], state["config"]) != same:
                    raise DataError(
                        f"{self.run_folder} holds a run for another model or of another network: "
                        "choose another folder."
                    )
                self.bottleneck.load_state_dict(state["bottleneck"])
                self.average.load_state_dict(state["average"])
                self.optimiser.load_state_dict(state["optimiser"])
                self.step, self.seconds = int(state["step"]), float(state["seconds"])
                self._validated_at = float(state["validated_at"])
                self._outlined = bool(state["outlined"])
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                raise self._files.damaged() from error
        self._files.forget_after(self.step)


def _fingerprint(network: nn.Module) -> int:
    """Make a number that tells networks with different weights apart."""
    number = 0
    for tensor in network.state_dict().values():
        number = zlib.crc32(tensor.cpu().contiguous().numpy().tobytes(), number)
    return number
