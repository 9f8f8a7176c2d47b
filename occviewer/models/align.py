"""Finding the placement of a raw scan: which axis is up, where the front is, what is missing.

A model knows its shapes upright, turned to the front, centred and of size 1. Under the
right placement the observed points lie on the surface that it makes of them, it is sure
of the rest, and the whole fills the box. So placements are proposed by the model's pose
network, tried, and judged by `occviewer.models.evidence`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from occviewer.arrays import Float64Array
from occviewer.models.evidence import Evidence, gather, score
from occviewer.models.placing import UPS, Up, moved, placement_around, rotation_of
from occviewer.models.proposing import Proposal, propose_poses
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.models.model import Model

_HEADINGS = tuple(45.0 * number for number in range(8))
_STEPS = (22.0, 11.0, 5.0)

# A completed shape says little about its pose: without a pose network, other axes than
# those that came must be better by more than chance.
_BENEFIT_OF_DOUBT = 0.3

# Completed shapes are seldom cut off by the box of the scan, and a scan in the wrong
# place costs more than one that is a little too large: moving it must clearly pay.
_WORTH_MOVING = 0.3

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
    logit : float
        What was thought of its pose before: by the pose network, if there is one.
    evidence : Evidence
        What the model made of it.
    score : float
        Higher is better.
    """

    up: Up
    yaw: float
    placement: Placement
    logit: float
    evidence: Evidence
    score: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "up": self.up,
            "yaw": round(self.yaw, 2),
            "score": round(self.score, 4),
            "logit": round(self.logit, 4),
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
            f"{text} (next best: {other.up} up, turned by {other.yaw:.0f}°, "
            f"score lower by {margin:.2f})"
        )


def align(
    model: Model,
    points: Float64Array,
    *,
    up: Up | None = None,
    yaw: float | None = None,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> Alignment:
    """Search the placement under which a cloud suits a model best.

    The model's pose network proposes a few poses out of all up axes and headings. A
    model without one tries all up axes and eight headings itself, then finer steps; that
    is slower and less sure, so the axes as they come are given the benefit of the doubt.
    What remains is encoded, moved and scaled so that the completed shape fills the box,
    and judged by `occviewer.models.evidence`.

    Parameters
    ----------
    model : Model
        The model.
    points : (N, 3) float64
        Cleaned points, world units.
    up : str, optional
        The up axis, where it is known.
    yaw : float, optional
        The heading, where it is known (degrees).
    seed : int
        For the order of the points.
    progress : callable
        Told between trials about which share is done; may raise to end the search.
    """
    search = _Search(model, np.random.default_rng(seed).permutation(points), progress)
    ups = UPS if up is None else (up,)
    if model.pose is not None:
        search.try_proposals(propose_poses(model.pose, search.points, ups, yaw))
    else:
        search.try_all(ups, yaw)
    search.settle(search.leaders(1)[0])
    return search.result()


class _Search:
    """The trials of one alignment."""

    def __init__(
        self, model: Model, points: Float64Array, progress: Callable[[float], None]
    ) -> None:
        self._model, self._progress = model, progress
        self.points = points
        self._trials: list[Trial] = []

    def try_proposals(self, proposals: list[Proposal]) -> None:
        """Try what the pose network proposes, the cloud filling the box."""
        self._try(
            [
                (p.up, p.yaw, placement_around(self.points, rotation_of(p.up, p.yaw)), p.logit)
                for p in proposals
            ]
        )

    def try_all(self, ups: Sequence[Up], yaw: float | None) -> None:
        """Try up axes and headings without any proposal, then turn the best further."""
        headings = _HEADINGS if yaw is None else (yaw,)
        self._try_turned([(up, heading) for up in ups for heading in headings])
        for step in () if yaw is not None else _STEPS:
            best = self.leaders(1)[0]
            self._try_turned([(best.up, (best.yaw + turn) % 360) for turn in (-step, step)])

    def settle(self, trial: Trial, rounds: int = 2) -> None:
        """Move and scale so that the completed shape fills the box, where that clearly pays."""
        for _ in range(rounds):
            evidence = trial.evidence
            if abs(evidence.size - 1) < 0.02 and np.abs(evidence.centre).max() < 0.01:
                return
            placement = moved(trial.placement, evidence.centre, evidence.size)
            self._try([(trial.up, trial.yaw, placement, trial.logit)])
            if self._trials[-1].score < trial.score + _WORTH_MOVING:
                self._trials.pop()
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

    def _try_turned(self, poses: Iterable[tuple[Up, float]]) -> None:
        self._try(
            [
                (
                    up,
                    yaw,
                    placement_around(self.points, rotation_of(up, yaw)),
                    _BENEFIT_OF_DOUBT if (up, yaw) == ("y", 0.0) else 0.0,
                )
                for up, yaw in poses
            ]
        )

    def _try(self, poses: list[tuple[Up, float, Placement, float]]) -> None:
        # How many trials there will be shows only as they are made: each takes a part of
        # what is left.
        self._progress(1 - 0.5 ** (len(self._trials) / 4))
        clouds = np.stack([placement.to_box(self.points) for _, _, placement, _ in poses])
        for pose, evidence in zip(poses, gather(self._model, clouds), strict=True):
            self._trials.append(Trial(*pose, evidence, pose[3] + score(evidence)))


def _apart(one: Trial, other: Trial) -> bool:
    """Whether two trials turn the cloud differently."""
    between = one.placement.rotation @ other.placement.rotation.T
    cosine = np.clip((np.trace(between) - 1) / 2, -1, 1)
    return bool(np.degrees(np.arccos(cosine)) > _APART)
