"""Looks for points of a cloud on the screen; for millions of them in the compute thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from occviewer.arrays import BoolArray, Float32Array
from occviewer.document.source import Source
from occviewer.gui.failures import Failure
from occviewer.gui.tools.projecting import View, box_points
from occviewer.gui.worker import ComputeThread
from occviewer.observations import PointCloud
from occviewer.placement import Placement

_Found = TypeVar("_Found")

# So many points are looked through in a moment (20 ms at most for what tools ask).
_AT_ONCE = 500_000
_LANE = "points on the screen"


class PointFinder:
    """Knows where the points of one cloud lie in the box.

    Parameters
    ----------
    compute : ComputeThread
    failed : callable
        Told when something went wrong there.
    """

    def __init__(self, compute: ComputeThread, failed: Callable[[Failure], None]) -> None:
        self._compute, self._failed = compute, failed
        self._boxed: tuple[PointCloud, Placement, Float32Array] | None = None

    @staticmethod
    def is_quick(source: Source | None) -> bool:
        """Whether all points of a source can be looked through while the window waits."""
        return source is None or len(source.cloud) <= _AT_ONCE

    def pixels(self, source: Source, placement: Placement, view: View) -> Float32Array:
        """Find the pixels (N, 2) of all points of the cloud."""
        known, cloud = self._boxed, source.cloud
        if known is None or known[0] is not cloud or known[1] is not placement:
            self._boxed = known = (cloud, placement, box_points(cloud.points, placement))
        return view.project(known[2])

    def select(
        self,
        source: Source,
        placement: Placement,
        view: View,
        choose: Callable[[Float32Array], BoolArray],
        then: Callable[[BoolArray], None],
    ) -> None:
        """Choose points of the cloud by their pixels (N, 2): `then` gets the mask (N,)."""
        self.reckon(source, lambda: choose(self.pixels(source, placement, view)), then)

    def reckon(
        self, source: Source, work: Callable[[], _Found], then: Callable[[_Found], None]
    ) -> None:
        """Do something with all points of a source: at once, or later if there are many.

        What is asked for later takes the place of what is under way.
        """
        if self.is_quick(source):
            then(work())
        else:
            self._compute.submit(_LANE, "Finding points", lambda job: work(), then, self._failed)

    def forget(self) -> None:
        """Give up what is being looked for, and the memory for it."""
        self._compute.cancel(_LANE)
        self._boxed = None
