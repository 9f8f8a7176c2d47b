"""Observations: what is imported, cleaned and handed to a model."""

from occviewer.observations.point_cloud import PointCloud
from occviewer.observations.reading import READABLE_SUFFIXES
from occviewer.observations.usability import FEWEST_POINTS, require_usable
from occviewer.observations.voxel_grid import VoxelGrid
from occviewer.observations.writing import WRITABLE_SUFFIXES

__all__ = [
    "FEWEST_POINTS",
    "READABLE_SUFFIXES",
    "WRITABLE_SUFFIXES",
    "PointCloud",
    "VoxelGrid",
    "require_usable",
]
