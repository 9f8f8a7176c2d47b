"""LAS and LAZ files, with the optional library laspy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from occviewer.arrays import UInt8Array
from occviewer.observations.formats.columns import scale_colors
from occviewer.observations.formats.raw import (
    CHUNK_ROWS,
    GrowingArray,
    RawCloud,
    complaint,
    one_line,
)


def read_las(path: Path) -> RawCloud:
    """Read points, and colours where the point format has them, in the file's own units.

    Raises
    ------
    ObservationError
        laspy is not installed, or the file is damaged or truncated.
    """
    try:
        import laspy
    except ImportError as error:
        raise complaint(
            path,
            "is a LAS or LAZ file, which needs the optional library laspy; install it with: "
            'pip install "occviewer[las]"',
        ) from error
    points = GrowingArray(3, np.float64)
    colors: GrowingArray | None = None
    try:
        with laspy.open(path) as reader:
            declared = int(reader.header.point_count)
            names = set(reader.header.point_format.dimension_names)
            if {"red", "green", "blue"} <= names:
                colors = GrowingArray(3, np.uint16)
            for chunk in reader.chunk_iterator(CHUNK_ROWS):
                if not len(chunk):
                    break
                # Offset and scale of the header give float64 world units.
                points.append(np.stack([np.asarray(chunk[a]) for a in ("x", "y", "z")], axis=1))
                if colors is not None:
                    rgb = [np.asarray(chunk[c]) for c in ("red", "green", "blue")]
                    colors.append(np.stack(rgb, axis=1))
    except Exception as error:  # laspy and its backends raise types of their own
        if "LazBackend" in str(error):
            raise complaint(
                path,
                "is a compressed LAZ file, which needs the optional library lazrs; install it "
                'with: pip install "occviewer[las]"',
            ) from error
        raise complaint(
            path,
            f"cannot be read as LAS ({one_line(error, 80)}); it is damaged or truncated, so copy "
            "or export the file again.",
        ) from error
    if len(points) < declared:
        raise complaint(
            path,
            f"is truncated: its header declares {declared:,} points but only {len(points):,} "
            "follow; copy or export the file again.",
        )
    notes: list[str] = []
    rgb8: UInt8Array | None = None
    if colors is not None:
        rgb8, note = scale_colors(colors.finish())
        notes += [note] if note else []
    return RawCloud(points.finish(), None, rgb8, notes)
