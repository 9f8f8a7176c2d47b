"""Training of the image encoder over a finished model and its latent space.

Model and latent space stay as they are. Like a training of the model itself, a run lives in
a folder and goes on where it was; see `occviewer.training.timed_run`. Needs torch, numpy,
safetensors and Pillow only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks import PointCloudNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.networks.image_encoder import ImageEncoder, camera_loss
from occviewer.training.averaging import MovingAverage
from occviewer.training.image_examples import ImageBatch, ImageExamples, Targets, ViewSet
from occviewer.training.image_scores import validate_images
from occviewer.training.network_setup import channels_last
from occviewer.training.recipe import Optimisation
from occviewer.training.timed_run import Report, TimedRun

_FIRST_TARGETS = 48  # shapes by which the vectors are standardised
_LEAST_STD = 1e-2


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
        Weights of the squared errors of standardised cells and outline, and of the camera's loss,
        against 1 for the occupancy.
    seed : int
    validate_every : float
        Minutes of training between validations.
    """

    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(batch=32, learning_rate=1e-3, weight_decay=0.05)
    )
    pixels: int = 112
    decoded: int = 24
    queries: int = 512
    cells: float = 0.1
    outline: float = 0.1
    camera: float = 0.1
    seed: int = 0
    validate_every: float = 10.0


class ImageTrainer(TimedRun[ImageBatch]):
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

    Raises
    ------
    DataError
        The data do not fit, or an earlier state is damaged or of another network.
    """

    stored_as = "encoder"

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
        torch.manual_seed(settings.seed)
        self.encoder = ImageEncoder(bottleneck.size, settings.pixels).to(device)
        super().__init__(
            self.encoder, settings.optimisation, settings.validate_every, run, device, report
        )
        self.network = network.to(device).eval().requires_grad_(False)
        self.bottleneck = bottleneck.to(device).eval().requires_grad_(False)
        channels_last(self.network)
        channels_last(self.bottleneck)
        self.settings = settings
        self.train_views = train_views
        self._level, self._val_views, self._weights = level, val_views, weights
        self._targets = Targets(self.network, self.bottleneck, train_views.shapes)
        self._resume()

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
            self._weights,
            self.settings.pixels,
            # A resumed run draws new examples, not those that it has seen.
            [self.settings.seed, self.step],
        )
        self.encoder.train()
        options = self.settings
        self._take_steps(
            lambda: examples.draw(options.optimisation.batch, options.decoded, options.queries)
        )
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

    def _loss(self, batch: ImageBatch) -> tuple[Tensor, dict[str, Tensor]]:
        options, losses = self.settings, self._losses(batch)
        loss = (
            losses["occupancy"]
            + options.cells * losses["cells"]
            + options.outline * losses["outline"]
            + options.camera * losses["camera"]
        )
        return loss, losses

    def _losses(self, batch: ImageBatch) -> dict[str, Tensor]:
        vectors, cameras = self.encoder(batch.images.to(self.device))
        wanted = torch.stack([self._targets.of(*shape) for shape in batch.shapes]).to(self.device)
        split = self.bottleneck.outline
        outline = (vectors - wanted)[:, :split] / self.encoder.latent_std[:split]
        cells = self._cells(vectors) - self._cells(wanted)
        features = self.bottleneck.decode(vectors[: self.settings.decoded])
        logits = self.network.decode(batch.queries.to(self.device), features).float()
        return {
            "occupancy": F.binary_cross_entropy_with_logits(logits, batch.inside.to(self.device)),
            "cells": (cells / self.bottleneck.cell_std).square().mean(),
            "outline": outline.square().mean(),
            "camera": camera_loss(cameras.float(), batch.cameras.to(self.device)),
        }

    def _cells(self, vectors: Tensor) -> Tensor:
        split = self.bottleneck.outline
        return self.bottleneck.cells_of(vectors[:, :split]) + vectors[:, split:]

    def _scores(self) -> Mapping[str, float]:
        """Score pictures of validation shapes."""
        if self._val_views is None:
            return {}
        return validate_images(
            self.network,
            self.bottleneck,
            self.averaged(),
            self._val_views,
            self._level,
            self.check_stopped,
        )

    def _own_state(self) -> dict[str, Any]:
        return {"settings": asdict(self.settings), "config": self.encoder.config}

    def _take_own(self, state: Mapping[str, Any]) -> None:
        if state["config"] != self.encoder.config:
            raise self._of_another_network()
