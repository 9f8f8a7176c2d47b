"""Scores of reconstructions: IoU, Chamfer distance, normal consistency, F-score."""

from occviewer.metrics.occupancy import iou
from occviewer.metrics.surfaces import (
    SAMPLES,
    SurfaceScores,
    chamfer_l1,
    compare_meshes,
    f_score,
    normal_consistency,
)

__all__ = [
    "SAMPLES",
    "SurfaceScores",
    "chamfer_l1",
    "compare_meshes",
    "f_score",
    "iou",
    "normal_consistency",
]
