"""Training of the pose network: the right pose of a scan among wrong ones.

Needs torch and numpy only. Where the scans come from is the caller's business.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.arrays import Float32Array, Float64Array
from occviewer.models.placing import UPS, rotation_of, turn
from occviewer.models.pose import PoseNetwork, normalised

Draw = Callable[[np.random.Generator], Float32Array]
"""One simulated scan: points (N, 3) of a whole shape's box frame, N as the network wants."""


@dataclass(frozen=True)
class PoseTraining:
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
        Highest rate; it warms up over 100 steps and falls to almost nothing as a cosine.
    jitter : float
        Degrees by which also the right heading is off, since real ones are.
    seed : int
        Of the weights and the examples.
    """

    minutes: float = 20.0
    steps: int = 0
    batch: int = 32
    poses: int = 6
    learning_rate: float = 1e-3
    jitter: float = 6.0
    seed: int = 0


def train_pose_network(
    draw: Draw,
    settings: PoseTraining | None = None,
    *,
    network: PoseNetwork | None = None,
    device: torch.device | str = "cpu",
    report: Callable[[int, float, float], None] = lambda step, loss, right: None,
) -> PoseNetwork:
    """Train a pose network.

    The loss is the cross entropy of the right pose among the poses of a scan.

    Parameters
    ----------
    draw : callable
        Makes scans of upright shapes that face +Z.
    settings : PoseTraining, optional
        The defaults, if not given.
    network : PoseNetwork, optional
        To start from; a fresh one by default.
    device : torch.device or str
        Where to compute.
    report : callable
        Told the step, the mean loss and the share of scans whose right pose won, every
        hundred steps.
    """
    settings = settings or PoseTraining()
    rng = np.random.default_rng(settings.seed)
    if network is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            network = PoseNetwork()
    network.to(device).requires_grad_(True).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=0.01)
    losses, rights = [], []
    for step, progress in enumerate(_progress(settings), 1):
        rate = settings.learning_rate * min(1.0, step / 100)
        optimiser.param_groups[0]["lr"] = rate * (0.01 + 0.495 * (1 + math.cos(math.pi * progress)))
        loss, right = _step(network, _examples(draw, settings, rng).to(device))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        rights.append(float(right))
        if step % 100 == 0:
            report(step, float(np.mean(losses[-100:])), float(np.mean(rights[-100:])))
    return network.cpu().requires_grad_(False).eval()


def pose_examples(
    cloud: Float32Array, poses: int, jitter: float, rng: np.random.Generator
) -> Float64Array:
    """One scan (N, 3) in several poses (poses, N, 3), the right one first.

    Half of the wrong ones stand upright but face elsewhere, most often a side or the
    back; the others have another axis up.
    """
    rotations = [turn(1, rng.uniform(-jitter, jitter))]
    for number in range(1, poses):
        quarter = 90.0 * rng.integers(1, 4)
        heading = quarter + rng.uniform(-10, 10) if rng.random() < 0.7 else rng.uniform(20, 340)
        if number % 2:
            rotations.append(turn(1, heading))
        else:
            lying = rotation_of([up for up in UPS if up != "y"][rng.integers(5)])
            rotations.append(turn(1, quarter + rng.uniform(-10, 10)) @ lying)
    return np.stack([cloud.astype(np.float64) @ rotation.T for rotation in rotations])


def _examples(draw: Draw, settings: PoseTraining, rng: np.random.Generator) -> Tensor:
    """Make scans in several poses (B, poses, N, 3)."""
    clouds = [
        pose_examples(draw(rng), settings.poses, settings.jitter, rng)
        for _ in range(settings.batch)
    ]
    return torch.from_numpy(np.stack(clouds)).float()


def _step(network: PoseNetwork, clouds: Tensor) -> tuple[Tensor, Tensor]:
    """Loss, and the share of scans whose right pose won."""
    logits = network(normalised(clouds.flatten(0, 1))).view(clouds.shape[:2])
    first = torch.zeros(len(clouds), dtype=torch.long, device=clouds.device)
    return F.cross_entropy(logits, first), (logits.argmax(1) == 0).float().mean()


def _progress(settings: PoseTraining) -> Iterator[float]:
    """Share of the training that is done, before each step."""
    began = time.monotonic()
    for step in count():
        share = (time.monotonic() - began) / (60 * settings.minutes)
        share = max(share, step / settings.steps) if settings.steps else share
        if share >= 1:
            return
        yield share
