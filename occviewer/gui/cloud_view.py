"""What the window shows of a cloud, worked out in a thread beside it. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from occviewer.arrays import Float32Array, UInt8Array

if TYPE_CHECKING:
    from occviewer.document.source import Source
    from occviewer.models import Code

# More points than this hide the shape and cost time; a fair sample shows as much.
_MOST_POINTS = 20_000


@dataclass(frozen=True, eq=False)
class CloudView:
    """A cloud as the window shows it.

    Attributes
    ----------
    count, used : int
        Points that were read, and those that the model sees.
    extent : (float, float, float)
        Sides of the bounding box, world units.
    points : (N, 3) float32 or None
        A fair sample in the box frame; None while the cloud has no place in it.
    colours : (N, 3) uint8 or None
        Of these points.
    """

    count: int
    used: int
    extent: tuple[float, float, float]
    points: Float32Array | None
    colours: UInt8Array | None


def view_of(source: Source, code: Code | None) -> CloudView:
    """Work out what is shown of a source; takes a while for millions of points.

    Parameters
    ----------
    source : Source
    code : Code, optional
        What was made of it, which says where it lies.
    """
    width, height, depth = (float(side) for side in source.cloud.extent)
    extent = (width, height, depth)
    if code is None:
        return CloudView(len(source.cloud), len(source.working_indices()), extent, None, None)
    shown = source.working_cloud().subsampled(_MOST_POINTS)
    points = code.placement.to_box(shown.points)
    near = (np.abs(points) < 1.0).all(1)
    colours = None if shown.colors is None else shown.colors[near, :3]
    used = int(code.facts["points_used"])
    return CloudView(len(source.cloud), used, extent, points[near], colours)
