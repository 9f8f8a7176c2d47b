"""Training of the pose network: the right pose of a scan among wrong ones.

Needs torch and numpy only. Where the scans come from is the caller's business.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
        How long to train.
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
    batch: int = 20
    poses: int = 6
    learning_rate: float = 2e-3
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

    The loss is the cross entropy of the right pose among the poses of a scan, plus a
    smooth L1 distance of where the whole shape lies.

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
    for step, progress in enumerate(_progress(settings.minutes), 1):
        rate = settings.learning_rate * min(1.0, step / 100)
        optimiser.param_groups[0]["lr"] = rate * (0.01 + 0.495 * (1 + math.cos(math.pi * progress)))
        clouds, target = _examples(draw, settings, rng)
        loss, right = _step(network, clouds.to(device), target.to(device))
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


def _examples(
    draw: Draw, settings: PoseTraining, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Clouds (B, poses, N, 3) and where the wholes of the right ones lie (B, 4)."""
    clouds, targets = [], []
    for _ in range(settings.batch):
        poses = pose_examples(draw(rng), settings.poses, settings.jitter, rng)
        cloud, centre, size = normalised(torch.from_numpy(poses).float())
        clouds.append(cloud)
        # The whole has its centre at the origin and longest side 1.
        targets.append(torch.cat([-centre[0] / size[0], -size[:1].log()]))
    return torch.stack(clouds), torch.stack(targets)


def _step(network: PoseNetwork, clouds: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    batch, poses = clouds.shape[:2]
    fitness, centre, log_size = network(clouds.flatten(0, 1))
    fitness = fitness.view(batch, poses)
    first = torch.zeros(batch, dtype=torch.long, device=clouds.device)
    guess = torch.cat([centre, log_size[:, None]], 1).view(batch, poses, 4)[:, 0]
    loss = F.cross_entropy(fitness, first) + 2 * F.smooth_l1_loss(guess, target, beta=0.05)
    return loss, (fitness.argmax(1) == 0).float().mean()


def _progress(minutes: float) -> Iterator[float]:
    """Share of the time that has passed, until all has."""
    began = time.monotonic()
    while (share := (time.monotonic() - began) / (60 * minutes)) < 1:
        yield share
