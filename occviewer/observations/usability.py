"""Whether a cloud can be worked with at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from occviewer.arrays import Float64Array, extremes
from occviewer.errors import ObservationError
from occviewer.observations.cleaning import first_of_duplicates
from occviewer.observations.formats.raw import CHUNK_ROWS, shown
from occviewer.observations.point_cloud import PointCloud

FEWEST_POINTS = 4
"""Distinct points that a cloud needs: fewer span no volume."""

# Thickness over width, both as standard deviations along the principal axes.
_FLAT = 1e-3
_STRAIGHT = 1e-6  # variances keep 16 digits, so widths below 1e-8 are noise


def require_usable(cloud: PointCloud) -> PointCloud:
    """Return the cloud if a shape can be made of it, with a warning in its notes if hardly.

    Points in one plane are allowed but noted: nothing tells on which side the shape lies.

    Parameters
    ----------
    cloud : PointCloud
        As it was read or made.

    Returns
    -------
    PointCloud
        The same cloud, or one with a further note.

    Raises
    ------
    ObservationError
        It has fewer than four distinct points, or they all lie on one straight line.
    """
    name = "The point cloud" if cloud.source is None else shown(cloud.source)
    distinct = _count_distinct(cloud.points)
    if distinct < FEWEST_POINTS:
        if len(cloud) > 1 and distinct == 1:
            what = f"has {len(cloud):,} points that are all at the same place"
        else:
            what = f"has only {distinct} distinct {'point' if distinct == 1 else 'points'}"
        raise ObservationError(
            f"{name} {what}, but at least {FEWEST_POINTS} different ones are needed; import a "
            "scan with more points."
        )
    widths = _principal_widths(cloud.points)
    if widths[1] <= _STRAIGHT * widths[2]:
        raise ObservationError(
            f"{name} has all its points on one straight line, which is no surface; import a scan "
            "with points of a surface."
        )
    if widths[0] <= _FLAT * widths[2]:
        warning = "warning: all points lie in one plane, so the depth of the shape is a guess"
        if warning not in cloud.notes:
            return replace(cloud, notes=(*cloud.notes, warning))
    return cloud


def _count_distinct(points: Float64Array) -> int:
    """Count distinct points; exact below `FEWEST_POINTS`, at least that above."""
    few = points[:1000]
    count = len(np.unique(few, axis=0))
    if count >= FEWEST_POINTS or len(points) == len(few):
        return count
    return int(first_of_duplicates(points).sum())


def _principal_widths(points: Float64Array) -> Float64Array:
    """Return standard deviations (3,) along the principal axes, the smallest first."""
    centre = points.mean(axis=0)
    size = float(np.abs(extremes(points) - centre).max())
    scatter = np.zeros((3, 3))
    for start in range(0, len(points), CHUNK_ROWS):
        centred = (points[start : start + CHUNK_ROWS] - centre) / size
        scatter += centred.T @ centred
    variances = np.linalg.eigvalsh(scatter / len(points))
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)) * size)
