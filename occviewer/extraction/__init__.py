"""Field to mesh: hierarchical evaluation, surface backends, vertices and normals."""

from occviewer.extraction.field import Field
from occviewer.extraction.following import Follower
from occviewer.extraction.pipeline import (
    EXPORT_REFINEMENT,
    MAXIMUM_RESOLUTION,
    MINIMUM_RESOLUTION,
    ExtractionReport,
    extract,
    extract_with_report,
)

__all__ = [
    "EXPORT_REFINEMENT",
    "MAXIMUM_RESOLUTION",
    "MINIMUM_RESOLUTION",
    "ExtractionReport",
    "Field",
    "Follower",
    "extract",
    "extract_with_report",
]
