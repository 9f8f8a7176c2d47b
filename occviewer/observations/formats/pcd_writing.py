"""Writing PCD files of the Point Cloud Library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from occviewer.observations.formats import lzf
from occviewer.observations.formats.raw import CHUNK_ROWS

if TYPE_CHECKING:
    from occviewer.observations.point_cloud import PointCloud

# Float32 may move points by this share of the cloud's size, no more.
_PRECISION = 1e-6


def write_pcd(cloud: PointCloud, file: BinaryIO, storage: str) -> None:
    """Write a PCD file, version 0.7.

    Coordinates are float32, as PCL's point types are, unless they are too large for it
    (georeferenced); colours are packed into one field ``rgb``, 0x00RRGGBB.

    Parameters
    ----------
    cloud : PointCloud
    file : binary file
        Open for writing.
    storage : str
        "ascii", "binary" or "binary_compressed".
    """
    table = _table(cloud)
    names = table.dtype.names or ()
    kinds = [table.dtype[name] for name in names]
    header = [
        "# .PCD v0.7 - Point Cloud Data file format",
        "VERSION 0.7",
        f"FIELDS {' '.join(names)}",
        f"SIZE {' '.join(str(kind.itemsize) for kind in kinds)}",
        f"TYPE {' '.join(kind.kind.upper() for kind in kinds)}",
        f"COUNT {' '.join('1' for _ in names)}",
        f"WIDTH {len(cloud)}",
        "HEIGHT 1",
        "VIEWPOINT 0 0 0 1 0 0 0",
        f"POINTS {len(cloud)}",
        f"DATA {storage}",
        "",
    ]
    file.write("\n".join(header).encode("ascii"))
    if storage == "ascii":
        # As many digits as float32, float64 and whole numbers need.
        digits = {"<f4": "%.9g", "<f8": "%.17g", "<u4": "%d"}
        line = " ".join(digits[kind.str] for kind in kinds) + "\n"
        for start in range(0, len(table), CHUNK_ROWS):
            rows = table[start : start + CHUNK_ROWS].tolist()
            file.write("".join(line % row for row in rows).encode("ascii"))
    elif storage == "binary":
        file.write(table.tobytes())
    else:
        # One field after the other, each for all points, compresses better.
        data = b"".join(np.ascontiguousarray(table[name]).tobytes() for name in names)
        packed = lzf.compress(data)
        file.write(np.array([len(packed), len(data)], "<u4").tobytes())
        file.write(packed)


def _table(cloud: PointCloud) -> npt.NDArray[Any]:
    near = cloud.points.astype(np.float32)
    fits = len(cloud) == 0 or bool(
        np.abs(near - cloud.points).max() <= _PRECISION * cloud.extent.max()
    )
    fields = [(axis, "<f4" if fits else "<f8") for axis in "xyz"]
    columns = list(cloud.points.T)
    if cloud.normals is not None:
        fields += [(f"normal_{axis}", "<f4") for axis in "xyz"]
        columns += list(cloud.normals.T)
    if cloud.colors is not None:
        red, green, blue = cloud.colors.astype(np.uint32).T
        fields.append(("rgb", "<u4"))
        columns.append(red << 16 | green << 8 | blue)
    table = np.empty(len(cloud), fields)
    for (name, _), column in zip(fields, columns, strict=True):
        table[name] = column
    return table
