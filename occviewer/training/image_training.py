"""Training of the image encoder over a finished model.

First it learns to see: what surface a picture shows, and from where. Then its cloud encoder,
which begins as a copy of the model's, learns to make shapes of the clouds that are seen, with
the errors that they have. The model stays as it is. Like a training of the model itself, a run
lives in a folder and goes on where it was; see `occviewer.training.timed_run`. Needs torch,
numpy, safetensors and Pillow only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from occviewer.networks import HouseNetwork
from occviewer.networks.bottleneck import Bottleneck
from occviewer.networks.camera_numbers import camera_loss
from occviewer.networks.image_encoder import ImageEncoder, cloud_settings
from occviewer.networks.surface_maps import bent, surface_loss
from occviewer.training.ahead import drawn_ahead
from occviewer.training.image_augmentation import plain_input
from occviewer.training.image_examples import ImageBatch, PictureSource, ViewSet, as_images
from occviewer.training.image_losses import shape_loss
from occviewer.training.image_scores import measured_leniency, validate_images
from occviewer.training.network_setup import channels_last, has_fast_bfloat16_pictures
from occviewer.training.recipe import Optimisation
from occviewer.training.timed_run import Report, TimedRun, cosine_rate

_SPREAD_OVER = 96  # pictures
_LEAST_SPREAD = 1e-2


@dataclass(frozen=True)
class ImageSettings:
    """Settings of a training.

    Attributes
    ----------
    optimisation : Optimisation
    pixels : int
        Side of the pictures.
    seeing : float
        Share of the time in which it learns to see.
    camera : float
        Weight of the camera's loss against 1 for the surface.
    clouds : int
        Pictures of a step while the cloud encoder learns.
    queries : int
        Labelled queries of each of them, half of them near the surface.
    bend : float
        By how much what is seen is made worse for the cloud encoder, see `bent`.
    overlap : float
        Weight of the overlap against 1 for the cross entropy while the cloud encoder learns.
    cloud_rate : float
        Learning rate of the cloud encoder.
    seed : int
    validate_every : float
        Minutes of training between validations.
    """

    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(batch=32, learning_rate=1e-3, weight_decay=0.05)
    )
    pixels: int = 112
    seeing: float = 0.6
    camera: float = 0.3
    clouds: int = 16
    queries: int = 2048
    bend: float = 0.04
    overlap: float = 0.5
    cloud_rate: float = 5e-4
    seed: int = 0
    validate_every: float = 10.0


class ImageTrainer(TimedRun[ImageBatch]):
    """One training run of an image encoder.

    Parameters
    ----------
    network : HouseNetwork
        Of the finished model; it is frozen and moved to the device.
    size : int
        Length of the vectors of its latent space.
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
    source : PictureSource, optional
        Of the pictures to learn from, where they are not the `train_views`.

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
        network: HouseNetwork,
        size: int,
        level: float,
        settings: ImageSettings,
        train_views: ViewSet,
        val_views: ViewSet | None,
        weights: dict[str, float],
        run: Path,
        device: torch.device,
        report: Report = lambda line: None,
        source: PictureSource | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        if source is None:
            train_views.require_depths()
        self.encoder = ImageEncoder(
            cloud_settings(network.config), settings.pixels, network.point_count, size
        ).to(device)
        self.encoder.cloud.load_state_dict(network.encoder.state_dict())
        super().__init__(
            self.encoder, settings.optimisation, settings.validate_every, run, device, report
        )
        self.network = network.to(device).eval().requires_grad_(False)
        channels_last(self.network)
        self.settings = settings
        self.train_views = train_views
        self.source: PictureSource = train_views if source is None else source
        self._level, self._val_views, self._weights = level, val_views, weights
        self._half_sight = has_fast_bfloat16_pictures(device)
        self._drawn = torch.Generator().manual_seed(settings.seed)
        self._resume()

    @property
    def sees(self) -> bool:
        """Whether it has learned to see, and the cloud encoder learns."""
        return self._progress() >= self.settings.seeing

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
        # A resumed run draws new examples, not those that it has seen.
        seed = [self.settings.seed, self.step]
        examples = self.source.examples(self._weights, self.settings.pixels, seed, self.device)
        options, self._frozen = self.settings, False
        self.encoder.train()
        with drawn_ahead(lambda: examples.draw(options.optimisation.batch, 0, 0)) as take:
            self._take_steps(take, until=lambda: self.sees)
        if not self.finished:
            self._freeze_sight()
            with drawn_ahead(
                lambda: examples.draw(options.clouds, options.clouds, options.queries)
            ) as take:
                self._take_steps(take)
        self._validate()

    @torch.no_grad()
    def learn_spread(self, bottleneck: Bottleneck) -> None:
        """Note how far the vectors of pictures of different training shapes lie apart."""
        encoder, bottleneck = self.averaged(), bottleneck.to(self.device).eval()
        usable, vectors = self.train_views.usable, []
        for index in usable[:: -(-len(usable) // _SPREAD_OVER)]:
            image, _ = plain_input(self.train_views[index][0], encoder.pixels)
            features, _ = encoder(as_images([image]).to(self.device))
            vectors.append(bottleneck.encode(features)[0])
            self.check_stopped()
        spread = torch.stack(vectors).std(0, correction=0).clamp(min=_LEAST_SPREAD)
        self.average.state_dict()["latent_std"].copy_(spread)

    @torch.no_grad()
    def learn_leniency(self) -> None:
        """Note how lenient to be with shapes of pictures, where there are some to validate on."""
        if self._val_views is not None:
            self.encoder.leniency = 0.0
            self.encoder.leniency = measured_leniency(
                self.network, self.averaged(), self._val_views, self._level, self.check_stopped
            )

    def averaged(self) -> ImageEncoder:
        """Build the encoder with the averaged weights, in evaluation mode."""
        encoder = ImageEncoder(**self.encoder.config)
        encoder.load_state_dict(self.average.state_dict())
        channels_last(encoder)
        return encoder.to(self.device).requires_grad_(False).eval()

    def _freeze_sight(self) -> None:
        """From now on it sees with the averaged weights, as whoever uses it will."""
        self.encoder.load_state_dict(self.average.state_dict())
        for name, part in self.encoder.named_children():
            if name != "cloud":
                part.requires_grad_(False).eval()
        self._frozen = True

    def _loss(self, batch: ImageBatch) -> tuple[Tensor, dict[str, Tensor]]:
        images = batch.images.to(self.device)
        if self._frozen:
            with torch.no_grad():
                maps, cameras = self.encoder.see(images)
                maps = bent(maps, self.settings.bend, self._drawn)
                points = self.encoder.points(maps, cameras, self._drawn)
            features = self.encoder.cloud(points)
            logits = self.network.decode(batch.queries.to(self.device), features).float()
            losses = shape_loss(logits, batch.inside.to(self.device), self._level)
            return losses["occupancy"] + self.settings.overlap * losses["overlap"], losses
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._half_sight):
            maps, cameras = self.encoder.see(images)
        losses = surface_loss(maps.float(), batch.surfaces.to(self.device))
        losses["camera"] = camera_loss(cameras.float(), batch.cameras.to(self.device))
        loss = losses["shown"] + losses["entry"] + losses["exit"]
        return loss + self.settings.camera * losses["camera"], losses

    def _rate(self) -> float:
        """Two cosines: each half of the training ends with small steps."""
        done, seeing = self._progress(), self.settings.seeing
        options = self._optimisation
        if done < seeing:
            return cosine_rate(options, self.step, done / seeing)
        share = self.settings.cloud_rate / options.learning_rate
        return share * cosine_rate(options, self.step, (done - seeing) / (1 - seeing))

    def _scores(self) -> Mapping[str, float]:
        """Score pictures of validation shapes."""
        if self._val_views is None:
            return {}
        return validate_images(
            self.network, self.averaged(), self._val_views, self._level, self.check_stopped
        )

    def _own_state(self) -> dict[str, Any]:
        return {"settings": asdict(self.settings), "config": self.encoder.config}

    def _take_own(self, state: Mapping[str, Any]) -> None:
        # How lenient it is is found afterwards; states of earlier versions have no word of it.
        if {**state["config"], "leniency": 0.0} != {**self.encoder.config, "leniency": 0.0}:
            raise self._of_another_network()
