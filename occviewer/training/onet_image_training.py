"""Training of Occupancy Networks on single pictures, end to end, to compare with.

A ResNet-18 makes one code of a picture, and conditional batch norms bring it into the decoder
(Mescheder et al., CVPR 2019, section 3, "single image 3D reconstruction"). The pictures, what
spoils them and the labelled points are those of `occviewer.training.image_training`. Needs
torch, numpy, safetensors and Pillow only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.onet import ONet
from occviewer.training.ahead import drawn_ahead
from occviewer.training.image_examples import ImageBatch, PictureSource, ViewSet
from occviewer.training.image_scores import validate_image_network
from occviewer.training.network_setup import channels_last
from occviewer.training.recipe import Optimisation
from occviewer.training.timed_run import Report, TimedRun

CODE = 256
"""Length of the code of a picture, as published."""


@dataclass(frozen=True)
class OnetSettings:
    """Settings of a training.

    Attributes
    ----------
    optimisation : Optimisation
    pixels : int
        Side of the pictures; 224 as published.
    queries : int
        Labelled queries of each example; 2,048 as published, of which a processor would see
        few pictures in its time.
    seed : int
    validate_every : float
        Minutes of training between validations.
    """

    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(batch=32, learning_rate=5e-4, weight_decay=0.01)
    )
    pixels: int = 112
    queries: int = 256
    seed: int = 0
    validate_every: float = 10.0


class OnetImageTrainer(TimedRun[ImageBatch]):
    """One training run of an Occupancy Network that sees pictures.

    Parameters
    ----------
    settings : OnetSettings
    train_views, val_views : ViewSet
        The latter None where there is nothing to validate on.
    weights : mapping of str to float
        How often shapes of a category or a library are drawn, relative to 1.
    run : Path
        Folder of the run; made if it does not exist.
    device : torch.device
    report : callable
        Called with every line of the curves.
    source : PictureSource, optional
        Of the pictures to learn from, where they are not the `train_views`.

    Attributes
    ----------
    network : ONet
        As it is trained; `averaged` is the better one.
    best_threshold : float
        Of those that were tried, the one that did best on the validation pictures.

    Raises
    ------
    DataError
        The data do not fit, or an earlier state is damaged or of another network.
    """

    stored_as = "network"

    def __init__(
        self,
        settings: OnetSettings,
        train_views: ViewSet,
        val_views: ViewSet | None,
        weights: dict[str, float],
        run: Path,
        device: torch.device,
        report: Report = lambda line: None,
        source: PictureSource | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.network = ONet(CODE, encoder="resnet18", side=settings.pixels).to(device)
        super().__init__(
            self.network, settings.optimisation, settings.validate_every, run, device, report
        )
        self.settings = settings
        self.train_views = train_views
        self.source: PictureSource = train_views if source is None else source
        self.best_threshold = 0.5
        self._val_views, self._weights = val_views, weights
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
        options, batch = self.settings, self.settings.optimisation.batch
        # A resumed run draws new examples, not those that it has seen.
        seed = [self.settings.seed, self.step]
        examples = self.source.examples(self._weights, self.settings.pixels, seed, self.device)
        self.network.train()
        with drawn_ahead(lambda: examples.draw(batch, batch, options.queries)) as take:
            self._take_steps(take)
        self._validate()

    def averaged(self) -> ONet:
        """Build the network with the averaged weights, in evaluation mode."""
        network = ONet(CODE, encoder="resnet18", side=self.settings.pixels)
        network.load_state_dict(self.average.state_dict())
        channels_last(network)
        return network.to(self.device).requires_grad_(False).eval()

    def _loss(self, batch: ImageBatch) -> tuple[Tensor, dict[str, Tensor]]:
        images = batch.images.to(self.device, memory_format=torch.channels_last)
        logits = self.network(images, batch.queries.to(self.device)).float()
        return F.binary_cross_entropy_with_logits(logits, batch.inside.to(self.device)), {}

    def _scores(self) -> Mapping[str, float]:
        """Score pictures of validation shapes, and take the threshold that did best."""
        if self._val_views is None:
            return {}
        scores = validate_image_network(self.averaged(), self._val_views, self.check_stopped)
        self.best_threshold = scores["threshold"]
        return scores

    def _own_state(self) -> dict[str, Any]:
        return {
            "settings": asdict(self.settings),
            "config": self.network.config,
            "best_threshold": self.best_threshold,
        }

    def _take_own(self, state: Mapping[str, Any]) -> None:
        if state["config"] != self.network.config:
            raise self._of_another_network()
        self.best_threshold = float(state["best_threshold"])
