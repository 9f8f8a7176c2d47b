"""Training of the bottleneck over the features of a finished model.

The encoder and the decoder of the model stay as they are. Like a training of the model
itself, a run lives in a folder and goes on where it was; see `occviewer.training.timed_run`.
Needs torch, numpy and safetensors only.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from occviewer.errors import DataError
from occviewer.networks import PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck, bottleneck_config
from occviewer.training.averaging import MovingAverage
from occviewer.training.dataset import ShapeSet
from occviewer.training.latent_axes import require_several
from occviewer.training.latent_examples import FeaturePool, LatentBatch
from occviewer.training.latent_finish import train_finish
from occviewer.training.latent_losses import latent_loss
from occviewer.training.latent_outline import OUTLINE_SHAPES, train_outline
from occviewer.training.latent_scores import validate_latent
from occviewer.training.latent_settings import LatentSettings
from occviewer.training.network_setup import channels_last
from occviewer.training.timed_run import Report, TimedRun, share_done

_KL_RISES = 0.2  # share of the training; a vector must be of use before it is made simple
_FIRST_BATCHES = 4  # of features before the first step; the channels are standardised by them


class LatentTrainer(TimedRun[LatentBatch]):
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
    level : float

    Raises
    ------
    DataError
        The model has no features for a bottleneck, the data do not fit or span no space, or
        an earlier state is damaged or of another model or network.
    """

    stored_as = "bottleneck"

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
        self.settings = settings
        require_several(train_shapes, weights)
        self.train_shapes = train_shapes
        self.level, self._val_shapes, self._weights = level, val_shapes, weights
        torch.manual_seed(settings.seed)
        self.bottleneck = Bottleneck(**self._config(device)).to(device)
        super().__init__(
            self.bottleneck,
            settings.optimisation,
            settings.validate_every,
            run,
            device,
            report,
            betas=(0.9, 0.98),
        )
        self._outlined = self._ended = False
        self._resume()

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to train."""
        return self._ended and super().finished

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
        self._take_steps(lambda: self._drawn(pool))
        self._save_state()  # a kill during a later part costs nothing of those before
        if not self._outlined:
            self._train_outline(pool)
            self._save_state()
        self._finish(pool)
        self._save_state()
        self._validate()

    def averaged(self) -> Bottleneck:
        """Build the bottleneck with the averaged weights, in evaluation mode."""
        bottleneck = Bottleneck(**self.bottleneck.config)
        bottleneck.load_state_dict(self.average.state_dict())
        channels_last(bottleneck)
        return bottleneck.to(self.device).requires_grad_(False).eval()

    def _config(self, device: torch.device) -> dict[str, Any]:
        if self.network.observed != "points":
            raise DataError(
                "A latent space is learned from clouds, and this model takes none: take a model "
                "of the architecture 'house'."
            )
        points = torch.zeros(1, self.network.point_count, 3, device=device)
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
        self._train_part(train_outline, pool, self.settings.outline_share)
        self._outlined = True

    def _finish(self, pool: FeaturePool) -> None:
        """Train the way back from the averaged cells."""
        self._train_part(train_finish, pool, self.settings.finish_share)
        self._ended = True

    def _train_part(
        self, train: Callable[..., None], pool: FeaturePool, share_of_time: float
    ) -> None:
        options = self.settings.optimisation
        self._fill(pool, min(OUTLINE_SHAPES, options.steps * options.batch or OUTLINE_SHAPES))
        bottleneck = self.averaged()
        minutes = share_of_time * options.minutes
        began = time.monotonic()
        train(
            self.network, bottleneck, pool, self.settings, minutes, self.check_stopped, self._write
        )
        self.seconds += time.monotonic() - began
        self.average.load_state_dict(bottleneck.state_dict())

    def _drawn(self, pool: FeaturePool) -> LatentBatch:
        options = self.settings
        if options.fresh:
            pool.add(options.fresh)
        return pool.draw(options.optimisation.batch, options.queries, options.near_share)

    def _step(self, batch: LatentBatch) -> tuple[float, dict[str, float]]:
        self._outlined = self._ended = False
        return super()._step(batch)

    def _loss(self, batch: LatentBatch) -> tuple[Tensor, dict[str, Tensor]]:
        share = min(1.0, self._progress() / _KL_RISES)
        return latent_loss(self.network, self.bottleneck, batch, self.settings, share), {}

    def _progress(self) -> float:
        """Share of the training of the cells that is done."""
        later = self.settings.outline_share + self.settings.finish_share
        return share_done(self._optimisation, self.seconds, self.step, 1 - later)

    def _scores(self) -> Mapping[str, float]:
        """Score ``z`` alone on validation shapes."""
        if self._val_shapes is None:
            return {}
        return validate_latent(
            self.network, self.averaged(), self._val_shapes, self.level, self.check_stopped
        )

    def _own_state(self) -> dict[str, Any]:
        return {
            "settings": asdict(self.settings),
            "model": _fingerprint(self.network),
            "config": self.bottleneck.config,
            "outlined": self._outlined,
            "ended": self._ended,
        }

    def _take_own(self, state: Mapping[str, Any]) -> None:
        same = (_fingerprint(self.network), self.bottleneck.config)
        if (state["model"], state["config"]) != same:
            raise DataError(
                f"{self.run_folder} holds a run for another model or of another network: "
                "choose another folder."
            )
        self._outlined, self._ended = bool(state["outlined"]), bool(state.get("ended"))


def _fingerprint(network: nn.Module) -> int:
    """Make a number that tells networks with different weights apart."""
    number = 0
    for tensor in network.state_dict().values():
        number = zlib.crc32(tensor.cpu().contiguous().numpy().tobytes(), number)
    return number
