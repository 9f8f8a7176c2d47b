"""Finding the placement of a raw scan: which axis is up, where the front is, what is missing.

A model knows its shapes upright, turned to the front, centred and of size 1. Under the
right placement the observed points lie on the surface that it makes of them, it is sure
of the rest, and the whole fills the box. So placements are tried and judged by
`occviewer.models.evidence`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from occviewer.arrays import Float64Array
from occviewer.models.evidence import Evidence, gather, score
from occviewer.models.placing import UPS, Up, moved, placement_around, rotation_of
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.models.model import Model

_QUARTERS = (0.0, 90.0, 180.0, 270.0)

# Two placements are different answers, not shades of one, from this angle on (degrees).
_APART = 25.0


@dataclass(frozen=True)
class Trial:
    """One placement that was tried.

    Attributes
    ----------
    up : str
        World axis that points up.
    yaw : float
        Degrees by which the shape is turned about the vertical.
    placement : Placement
        The whole transform.
    evidence : Evidence
        What the model made of it.
    score : float
        Higher is better.
    """

    up: Up
    yaw: float
    placement: Placement
    evidence: Evidence
    score: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "up": self.up,
            "yaw": round(self.yaw, 2),
            "score": round(self.score, 4),
            "distance": round(self.evidence.distance, 5),
            "doubt": round(self.evidence.doubt, 4),
            "placement": self.placement.as_dict(),
        }


@dataclass(frozen=True)
class Alignment:
    """The best placement that was found, and the best that is really another one.

    Attributes
    ----------
    best : Trial
        To be used.
    runner_up : Trial or None
        The best with another up axis or front; None where only one was allowed.
    tried : int
        Number of placements that were tried.
    """

    best: Trial
    runner_up: Trial | None
    tried: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **self.best.as_dict(),
            "runner_up": None if self.runner_up is None else self.runner_up.as_dict(),
            "tried": self.tried,
        }

    def sentence(self) -> str:
        """Say the result to a person."""
        text = f"aligned: {self.best.up} is up, turned by {self.best.yaw:.0f}°"
        if self.runner_up is None:
            return text
        other = self.runner_up
        margin = self.best.score - other.score
        return (
            f"{text} (next best: {other.up} up, turned by {other.yaw:.0f}°, {margin:.2f} behind; "
            f"if it looks wrong, try --up and --yaw)"
        )


def align(
    model: Model,
    points: Float64Array,
    *,
    up: Up | None = None,
    yaw: float | None = None,
    seed: int = 0,
) -> Alignment:
    """Search the placement under which a cloud suits a model best.

    All up axes and four headings are tried first (the four that make walls and edges
    run along the axes, where the cloud has such), then the best few are turned in
    finer steps, moved and scaled so that the completed shape fills the box.

    Parameters
    ----------
    model : Model
        The model.
    points : (N, 3) float64
        Cleaned points, world units, in random order.
    up : str, optional
        The up axis, where it is known.
    yaw : float, optional
        The heading, where it is known (degrees).
    seed : int
        For the order of the points.
    """
    search = _Search(model, np.random.default_rng(seed).permutation(points))
    ups = UPS if up is None else (up,)
    search.try_poses([(u, y) for u in ups for y in search.headings(u, yaw)])
    for trial in search.leaders(3):
        search.settle(trial)
    if yaw is None:
        for step in (30.0, 12.0, 5.0):
            best = search.leaders(1)[0]
            search.try_turned(best, (-step, step))
    search.settle(search.leaders(1)[0])
    return search.result()


class _Search:
    """The trials of one alignment."""

    def __init__(self, model: Model, points: Float64Array) -> None:
        self._model = model
        self._points = points
        self._trials: list[Trial] = []

    def headings(self, up: Up, yaw: float | None) -> list[float]:
        """Yaws to begin with."""
        if yaw is not None:
            return [yaw]
        return list(_QUARTERS)

    def try_poses(self, poses: Iterable[tuple[Up, float]]) -> None:
        """Try up axes and yaws, the cloud filling the box."""
        self._try([(u, y, placement_around(self._points, rotation_of(u, y))) for u, y in poses])

    def try_turned(self, trial: Trial, angles: Iterable[float]) -> None:
        """Try a trial turned further, at its size."""
        size = _size(self._points, trial.placement)
        turned = []
        for angle in angles:
            yaw = (trial.yaw + angle) % 360
            rotation = rotation_of(trial.up, yaw)
            turned.append((trial.up, yaw, placement_around(self._points, rotation, size)))
        self._try(turned)

    def settle(self, trial: Trial, rounds: int = 2) -> None:
        """Move and scale until the completed shape fills the box."""
        for _ in range(rounds):
            evidence = trial.evidence
            if abs(evidence.size - 1) < 0.02 and np.abs(evidence.centre).max() < 0.01:
                return
            placement = moved(trial.placement, evidence.centre, evidence.size)
            self._try([(trial.up, trial.yaw, placement)])
            if self._trials[-1].score <= trial.score:
                return
            trial = self._trials[-1]

    def leaders(self, count: int) -> list[Trial]:
        """Pick the best trials that are really different, the best first."""
        chosen: list[Trial] = []
        for trial in sorted(self._trials, key=lambda t: -t.score):
            if all(_apart(trial, other) for other in chosen):
                chosen.append(trial)
            if len(chosen) == count:
                break
        return chosen

    def result(self) -> Alignment:
        """Sum up."""
        best, *others = self.leaders(2)
        return Alignment(best, others[0] if others else None, len(self._trials))

    def _try(self, poses: list[tuple[Up, float, Placement]]) -> None:
        clouds = np.stack([placement.to_box(self._points) for _, _, placement in poses])
        for (up, yaw, placement), evidence in zip(poses, gather(self._model, clouds), strict=True):
            self._trials.append(Trial(up, yaw, placement, evidence, score(evidence)))


def _size(points: Float64Array, placement: Placement) -> float:
    """Longest side of the cloud's bounding box under a placement, box units."""
    box = placement.to_box(points)
    return float((box.max(axis=0) - box.min(axis=0)).max())


def _apart(one: Trial, other: Trial) -> bool:
    """Whether two trials turn the cloud differently."""
    between = one.placement.rotation @ other.placement.rotation.T
    cosine = np.clip((np.trace(between) - 1) / 2, -1, 1)
    return bool(np.degrees(np.arccos(cosine)) > _APART)
