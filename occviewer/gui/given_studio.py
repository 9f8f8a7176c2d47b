"""What the network really got of a cloud or of voxels, to be looked at. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from occviewer.arrays import Float32Array, IntArray
from occviewer.document.shape_source import ShapeSource
from occviewer.document.source import Source
from occviewer.document.voxel_source import VoxelSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from occviewer.models import Code, Model


@dataclass(frozen=True, eq=False)
class Given:
    """What the network got: one of these.

    Attributes
    ----------
    points : (N, 3) float32, optional
        Of the box frame.
    corners, quads : (V, 3) float32 and (Q, 4) int64, optional
        Outer faces of the occupied cells, box frame.
    """

    points: Float32Array | None = None
    corners: Float32Array | None = None
    quads: IntArray | None = None


def given_to(model: Model, source: ShapeSource, code: Code) -> Given:
    """Work out what a model got of a source when it made a code; takes a moment.

    Raises
    ------
    OccviewerError
        As the encoding of the source.
    """
    if isinstance(source, Source):
        return Given(points=model.points_given(source.working_cloud(), code.placement))
    if isinstance(source, VoxelSource):
        return _cells(model, source, code)
    return Given()


def said(facts: Mapping[str, Any]) -> str:
    """Say in a few words what the network got, by the facts of a code; empty if that is unknown."""
    if "points_used" in facts:
        read, used = int(facts["points_read"]), int(facts["points_used"])
        return f"{used:,} of {read:,} points" if used < read else f"all {read:,} points"
    if "voxels_used" in facts:
        sides = " × ".join(str(side) for side in facts["voxels_read"])
        return f"{facts['voxels_used']}³ cells of {sides} voxels"
    return ""


def _cells(model: Model, source: VoxelSource, code: Code) -> Given:
    from occviewer.models.observed import voxels_for
    from occviewer.models.placing import rotation_of

    network = model.network
    given = voxels_for(
        source.working_grid(),
        network.side,
        rotation_of(source.up or source.grid.up, source.yaw or 0.0),
        model.info.normalisation,
    )
    corners, quads = outer_faces(given.occupancies > 0.5)
    side = np.float32(network.side)
    return Given(corners=corners / side - np.float32(0.5), quads=quads)


def outer_faces(cells: np.ndarray) -> tuple[Float32Array, IntArray]:
    """Corners (4 Q, 3), in cells, and quads (Q, 4) between occupied cells and empty ones."""
    padded = np.pad(cells, 1)
    faces = []
    for axis in range(3):
        for side in (0, 1):
            beside = np.roll(padded, -1 if side else 1, axis)[1:-1, 1:-1, 1:-1]
            at = np.argwhere(cells & ~beside).astype(np.float32)
            steps = np.zeros((4, 3), np.float32)
            first, second = (axis + 1) % 3, (axis + 2) % 3
            steps[:, axis] = side
            steps[1:3, first] = 1
            steps[2:, second] = 1
            faces.append(at[:, None] + (steps if side else steps[::-1]))
    corners = np.concatenate(faces).reshape(-1, 3)
    return corners, np.arange(len(corners)).reshape(-1, 4)
