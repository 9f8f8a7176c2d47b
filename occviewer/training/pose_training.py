"""Training of the pose network: the right pose of a scan among wrong ones.

Needs torch, numpy and safetensors only, as the training of the occupancy networks does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.models.pose import PoseNetwork, normalised
from occviewer.training.pose_examples import Scan, posed, random_poses

REPORT_EVERY = 10.0
"""Seconds between reports."""

_WARMUP_STEPS, _WARMUP_SHARE = 100, 0.05

Draw = Callable[[int, np.random.Generator], Scan]
"""Makes one scan of so many points."""


@dataclass(frozen=True)
class PoseSettings:
    """Settings of a training.

    Attributes
    ----------
    minutes : float
        How long to train at most.
    steps : int
        How many steps to train at most; any number with 0.
    batch : int
        Scans a step.
    poses : int
        Poses of each scan a step: the right one and wrong ones.
    learning_rate : float
        Highest rate; it warms up over 100 steps, or a twentieth of the training if that is
        less, and falls to almost nothing as a cosine.
    jitter : float
        Largest angle, in degrees, by which also the right heading is off, since real ones are.
    seed : int
        Of the weights and the examples.
    """

    minutes: float = 15.0
    steps: int = 0
    batch: int = 32
    poses: int = 6
    learning_rate: float = 1e-3
    jitter: float = 6.0
    seed: int = 0


@dataclass(frozen=True)
class PoseProgress:
    """How far a training is.

    Attributes
    ----------
    step : int
        Steps taken.
    minutes, left : float
        Time that passed and that is left.
    loss : float
        Mean since the report before.
    right : float
        Share of scans, since then, whose right pose was thought the likeliest.
    """

    step: int
    minutes: float
    left: float
    loss: float
    right: float


@dataclass(frozen=True)
class TrainedPose:
    """What came out of a training.

    Attributes
    ----------
    network : PoseNetwork
        On the CPU, in evaluation mode.
    steps : int
        Steps taken.
    minutes : float
        Time that they took.
    """

    network: PoseNetwork
    steps: int
    minutes: float


def train_pose_network(
    draw: Draw,
    settings: PoseSettings | None = None,
    *,
    network: PoseNetwork | None = None,
    device: torch.device | str = "cpu",
    report: Callable[[PoseProgress], None] = lambda progress: None,
) -> TrainedPose:
    """Train a pose network.

    The loss is the cross entropy of the right pose among the poses of a scan.

    Parameters
    ----------
    draw : callable
        Makes scans of upright shapes that face +Z: `Scans.draw`.
    settings : PoseSettings, optional
        The defaults, if not given.
    network : PoseNetwork, optional
        To start from; a fresh one by default.
    device : torch.device or str
        Where to compute.
    report : callable
        Told how it goes every `REPORT_EVERY` seconds and at the end.
    """
    settings = settings or PoseSettings()
    rng = np.random.default_rng(settings.seed)
    if network is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            network = PoseNetwork()
    network.to(device).requires_grad_(True).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=0.01)
    clock, step, tally = _Clock(settings), 0, _Tally()
    while (progress := clock.progress(step)) < 1:
        optimiser.param_groups[0]["lr"] = _rate(settings, step, progress)
        loss, right = _losses(network, *_examples(draw, network.point_count, settings, rng))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        tally.add(float(loss.detach()), float(right))
        if tally.seconds > REPORT_EVERY or clock.progress(step) >= 1:
            report(PoseProgress(step, clock.minutes, clock.left(step), *tally.means()))
            tally = _Tally()
    return TrainedPose(network.cpu().requires_grad_(False).eval(), step, clock.minutes)


def _examples(
    draw: Draw, points: int, settings: PoseSettings, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw scans (B, N, 3), rotations (B, P, 3, 3) and which of these count (B, P)."""
    scans = [draw(points, rng) for _ in range(settings.batch)]
    alike = np.stack([scan.alike for scan in scans])
    rotations, counts = random_poses(alike, settings.poses, settings.jitter, rng)
    clouds = torch.from_numpy(np.stack([scan.points for scan in scans]))
    return clouds, torch.from_numpy(rotations).float(), torch.from_numpy(counts)


def _losses(
    network: PoseNetwork, clouds: Tensor, rotations: Tensor, counts: Tensor
) -> tuple[Tensor, Tensor]:
    """Loss, and the share of scans whose right pose won."""
    device = next(network.parameters()).device
    turned = posed(clouds.to(device), rotations.to(device))
    logits = network(normalised(turned.flatten(0, 1))).view(counts.shape)
    logits = logits.masked_fill(~counts.to(device), -math.inf)
    first = torch.zeros(len(logits), dtype=torch.long, device=device)
    return F.cross_entropy(logits, first), (logits.argmax(1) == 0).float().mean()


def _rate(settings: PoseSettings, step: int, progress: float) -> float:
    warm = min(1.0, max((step + 1) / _WARMUP_STEPS, progress / _WARMUP_SHARE))
    return settings.learning_rate * warm * (0.01 + 0.495 * (1 + math.cos(math.pi * progress)))


class _Clock:
    """Time and share of a training that are used up."""

    def __init__(self, settings: PoseSettings) -> None:
        self._settings = settings
        self._began = time.monotonic()

    @property
    def minutes(self) -> float:
        return (time.monotonic() - self._began) / 60

    def progress(self, step: int) -> float:
        share = self.minutes / self._settings.minutes
        return max(share, step / self._settings.steps) if self._settings.steps else share

    def left(self, step: int) -> float:
        """Minutes to the end, by the limit that is reached first."""
        left = self._settings.minutes - self.minutes
        if self._settings.steps:
            left = min(left, self.minutes / step * (self._settings.steps - step))
        return max(left, 0.0)


class _Tally:
    """Losses and hits since a report."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._losses: list[float] = []
        self._rights: list[float] = []

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def add(self, loss: float, right: float) -> None:
        self._losses.append(loss)
        self._rights.append(right)

    def means(self) -> tuple[float, float]:
        return float(np.mean(self._losses)), float(np.mean(self._rights))
