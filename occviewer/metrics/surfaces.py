"""Scores of a surface against the true one, both as points.

As in the literature on occupancy networks (Mescheder et al., CVPR 2019, and
Peng et al., ECCV 2020): 100,000 points on each surface; *accuracy* is the mean
distance from a predicted point to the nearest true one, *completeness* from a
true point to the nearest predicted one. Distances are in units of the box, whose
side is 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float64Array, IntArray
from occviewer.meshes import Mesh, sample_surface

SAMPLES = 100_000

# What an empty prediction scores: the diagonal of the unit box, and the worst.
_EMPTY_DISTANCE = math.sqrt(3.0)


@dataclass(frozen=True)
class SurfaceScores:
    """How near a predicted surface is to the true one.

    Attributes
    ----------
    accuracy : float
        Mean distance from predicted points to the true surface.
    completeness : float
        Mean distance from true points to the predicted surface.
    chamfer_l1 : float
        Mean of the two.
    normal_consistency : float
        Mean absolute cosine between a point's normal and that of its nearest
        neighbour on the other surface, averaged over both directions.
    precision, recall : float
        Share of predicted (true) points within the threshold of the other surface.
    f_score : float
        Harmonic mean of precision and recall.
    threshold : float
        That of the F-score.
    """

    accuracy: float
    completeness: float
    chamfer_l1: float
    normal_consistency: float
    precision: float
    recall: float
    f_score: float
    threshold: float


def compare_meshes(
    predicted: Mesh,
    truth_points: npt.ArrayLike,
    truth_normals: npt.ArrayLike,
    *,
    samples: int = SAMPLES,
    threshold: float = 0.01,
    generator: np.random.Generator | None = None,
    workers: int = 1,
) -> SurfaceScores:
    """Score a predicted mesh against points of the true surface.

    Parameters
    ----------
    predicted : Mesh
        In the box frame, as the truth.
    truth_points, truth_normals : (N, 3)
        Points spread evenly over the true surface and their unit normals.
    samples : int
        Points to draw on the predicted mesh.
    threshold : float
        Of the F-score, in units of the box: 0.01 is 1 % of its side.
    generator : numpy.random.Generator, optional
        Source of the samples; seeded with 0 if None, so that scores repeat.
    workers : int
        Threads that search; -1 for all processors.

    Returns
    -------
    SurfaceScores
        An empty mesh scores a distance of √3, a normal consistency of -1 and
        an F-score of 0.
    """
    points = _points(truth_points)
    normals = _normals(truth_normals, points)
    if not predicted.area > 0:
        return SurfaceScores(
            accuracy=_EMPTY_DISTANCE,
            completeness=_EMPTY_DISTANCE,
            chamfer_l1=_EMPTY_DISTANCE,
            normal_consistency=-1.0,
            precision=0.0,
            recall=0.0,
            f_score=0.0,
            threshold=threshold,
        )
    drawn, drawn_normals = sample_surface(
        predicted, samples, np.random.default_rng(0) if generator is None else generator
    )
    neighbours = _Neighbours(_points(drawn), points, workers)
    precision, recall = neighbours.shares_within(threshold)
    return SurfaceScores(
        accuracy=float(neighbours.to_second.mean()),
        completeness=float(neighbours.to_first.mean()),
        chamfer_l1=neighbours.chamfer_l1(),
        normal_consistency=neighbours.normal_consistency(drawn_normals, normals),
        precision=precision,
        recall=recall,
        f_score=_harmonic_mean(precision, recall),
        threshold=threshold,
    )


def chamfer_l1(predicted: npt.ArrayLike, truth: npt.ArrayLike, *, workers: int = 1) -> float:
    """Average accuracy and completeness of points (N, 3) against points (M, 3).

    √3 when one of them is empty.
    """
    first, second = _points(predicted, empty=True), _points(truth, empty=True)
    if len(first) == 0 or len(second) == 0:
        return _EMPTY_DISTANCE
    return _Neighbours(first, second, workers).chamfer_l1()


def normal_consistency(
    predicted: npt.ArrayLike,
    predicted_normals: npt.ArrayLike,
    truth: npt.ArrayLike,
    truth_normals: npt.ArrayLike,
    *,
    workers: int = 1,
) -> float:
    """Compare the unit normals (N, 3) of points (N, 3) with the nearest others' (M, 3).

    The mean absolute cosine, averaged over both directions; -1 when one is empty.
    """
    first, second = _points(predicted, empty=True), _points(truth, empty=True)
    if len(first) == 0 or len(second) == 0:
        return -1.0
    return _Neighbours(first, second, workers).normal_consistency(
        _normals(predicted_normals, first), _normals(truth_normals, second)
    )


def f_score(
    predicted: npt.ArrayLike, truth: npt.ArrayLike, threshold: float = 0.01, *, workers: int = 1
) -> float:
    """Find the harmonic mean of the shares of points within a distance of the others.

    Knapitsch et al., Tanks and Temples (2017). 0 when one of them is empty.

    Parameters
    ----------
    predicted, truth : (N, 3), (M, 3)
        Points on the surfaces.
    threshold : float
        The distance, in units of the box: 0.01 is 1 % of its side.
    workers : int
        Threads that search; -1 for all processors.
    """
    first, second = _points(predicted, empty=True), _points(truth, empty=True)
    if len(first) == 0 or len(second) == 0:
        return 0.0
    return _harmonic_mean(*_Neighbours(first, second, workers).shares_within(threshold))


class _Neighbours:
    """Nearest neighbours both ways between two sets of points."""

    to_second: Float64Array
    to_first: Float64Array
    _in_second: IntArray
    _in_first: IntArray

    def __init__(self, first: Float64Array, second: Float64Array, workers: int) -> None:
        from scipy.spatial import cKDTree

        self.to_second, self._in_second = cKDTree(second).query(first, workers=workers)
        self.to_first, self._in_first = cKDTree(first).query(second, workers=workers)

    def chamfer_l1(self) -> float:
        return float(self.to_second.mean() + self.to_first.mean()) / 2

    def normal_consistency(self, first: npt.ArrayLike, second: npt.ArrayLike) -> float:
        one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
        there = np.abs(np.einsum("nd,nd->n", one, other[self._in_second])).mean()
        back = np.abs(np.einsum("nd,nd->n", other, one[self._in_first])).mean()
        return float(there + back) / 2

    def shares_within(self, threshold: float) -> tuple[float, float]:
        return float((self.to_second <= threshold).mean()), float(
            (self.to_first <= threshold).mean()
        )


def _harmonic_mean(precision: float, recall: float) -> float:
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0


def _points(points: npt.ArrayLike, *, empty: bool = False) -> Float64Array:
    array = np.asarray(points, np.float64)
    if array.ndim != 2 or array.shape[1] != 3 or (len(array) == 0 and not empty):
        raise ValueError(f"Points must be (N, 3), not {array.shape}.")
    return array


def _normals(normals: npt.ArrayLike, points: Float64Array) -> Float64Array:
    array = np.asarray(normals, np.float64)
    if array.shape != points.shape:
        raise ValueError(f"Normals {array.shape} do not fit points {points.shape}.")
    return array
