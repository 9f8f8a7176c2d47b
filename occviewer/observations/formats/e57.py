"""E57 files, with the optional library pye57."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from occviewer.arrays import UInt8Array
from occviewer.errors import ObservationError
from occviewer.observations.formats.columns import scale_colors
from occviewer.observations.formats.raw import GrowingArray, RawCloud, complaint, one_line

_AXES = ("cartesianX", "cartesianY", "cartesianZ")
_CHANNELS = ("colorRed", "colorGreen", "colorBlue")


def read_e57(path: Path) -> RawCloud:
    """Read all scans of a file, each moved by its pose into the common frame.

    Raises
    ------
    ObservationError
        pye57 is not installed, or the file is damaged or truncated.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        # The file's length follows the signature and two version numbers (ASTM E2807).
        declared = int.from_bytes(file.read(24)[16:24], "little")
    if declared > size or size < 48:
        raise complaint(
            path,
            f"is truncated: it declares {declared:,} bytes but has {size:,}; copy or export the "
            "file again.",
        )
    try:
        import pye57
    except ImportError as error:
        raise complaint(
            path,
            "is an E57 file, which needs the optional library pye57; install it with: "
            'pip install "occviewer[e57]"',
        ) from error
    points = GrowingArray(3, np.float64)
    colors = GrowingArray(3, np.uint8)
    try:
        with pye57.E57(str(path)) as archive:
            scans = int(archive.scan_count)
            for index in range(scans):
                count = int(archive.get_header(index).point_count)
                # pye57 allocates what the header says; a point takes a bit at least.
                if not 0 <= count <= 8 * size:
                    raise complaint(
                        path,
                        f"is damaged: it declares {count:,} points in {size:,} bytes; copy or "
                        "export the file again.",
                    )
                scan = archive.read_scan(index, colors=True, ignore_missing_fields=True)
                points.append(np.stack([scan[axis] for axis in _AXES], axis=1))
                if all(channel in scan for channel in _CHANNELS):
                    colors.append(np.stack([scan[c] for c in _CHANNELS], axis=1))
    except ObservationError:
        raise
    except Exception as error:  # the library reports with types of its own
        raise complaint(
            path,
            f"cannot be read as E57 ({one_line(error, 80)}); copy or export the file again.",
        ) from error
    notes = [f"joined {scans} scans"] if scans > 1 else []
    rgb: UInt8Array | None = None
    if len(points) and len(colors) == len(points):
        rgb, _ = scale_colors(colors.finish())
    elif len(colors):
        notes.append("ignored colours that only some of the scans have")
    return RawCloud(points.finish(), None, rgb, notes)
