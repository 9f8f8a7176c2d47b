"""Shows the observed points in the 3D view: a fair sample of them, and which are marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyvista as pv

from occviewer.arrays import BoolArray, Float32Array, Float64Array, IntArray
from occviewer.document.source import Source
from occviewer.gui.failures import Failure
from occviewer.gui.tools.projecting import box_points
from occviewer.gui.viewport import Viewport
from occviewer.gui.worker import ComputeThread
from occviewer.placement import Placement

if TYPE_CHECKING:
    from occviewer.models import Code
    from occviewer.observations import PointCloud

# More points than this hide the shape and cost time; a fair sample shows as much.
_MOST_POINTS = 20_000
_LOT = 10 * _MOST_POINTS  # drawn once, so that enough remain when points are deleted
_FAR = 1.0  # box units; strays further away would only make the view small
_POINT = 6.0  # pixels
_MARKED = "#e03131"
_LANE = "cloud"


class CloudView:
    """The points of a source where they lie in the box.

    Of a large cloud a sample is drawn that stays the same while points are deleted, so
    that what remains does not flicker.

    Parameters
    ----------
    viewport : Viewport
    beside : ComputeThread
        Where is drawn at random, which takes a moment for millions of points.
    failed : callable
        Told when that gave nothing.

    Attributes
    ----------
    placement : Placement or None
        With which the points are shown; None before there are any.
    """

    def __init__(
        self, viewport: Viewport, beside: ComputeThread, failed: Callable[[Failure], None]
    ) -> None:
        self._viewport, self._beside, self._failed = viewport, beside, failed
        self._cloud: PointCloud | None = None
        self._order: IntArray | None = None
        self._indices: IntArray = np.zeros(0, np.int64)
        self._marked: BoolArray | None = None
        self._points = np.zeros((0, 3), np.float32)
        self._chosen: tuple[tuple[object, ...], _Chosen] | None = None
        self.placement: Placement | None = None
        self._actor = viewport.canvas.add_mesh(
            pv.PolyData(np.zeros((1, 3), np.float32)), name="marked", style="points",
            color=_MARKED, render=False, reset_camera=False,
        )  # fmt: skip
        self._actor.prop.lighting = False
        viewport.keep_size(self._actor, _POINT)
        self._actor.pickable = False
        self._actor.mapper.dataset = pv.PolyData()

    def show(self, source: Source, code: Code | None, counting: BoolArray) -> None:
        """Show the points that count, by the code's placement or the one that is given.

        While the model still searches for a place, they stay where they are; those of a
        cloud that was never placed are not shown yet.

        Parameters
        ----------
        source : Source
        code : Code, optional
        counting : (N,) bool
            Points of the source that count.
        """
        placement = source.placing.placement if code is None else code.placement
        if source.cloud is not self._cloud:
            if placement is None:
                return
            self._begin(source.cloud)
        self.placement = placement or self.placement
        assert self.placement is not None
        at = self.placement
        self._beside.cancel(_LANE)
        number = np.count_nonzero(counting)
        key = (source.cloud, source.seed, source.count, bool(source.noise), number)
        if source.count is None and not source.noise and self._suffices(counting):
            self._draw(source, at, _choose(source, counting, self._order))
        elif self._chosen is not None and self._chosen[0] == key and not self._changed(counting):
            self._draw(source, at, self._chosen[1])
        else:

            def chosen(found: _Chosen) -> None:
                self._chosen, self._order = (key, found), found.order
                self._draw(source, at, found)

            order = self._order
            self._beside.submit(
                _LANE, "", lambda job: _choose(source, counting, order), chosen, self._failed
            )

    def clear(self) -> None:
        """Show no points."""
        self._beside.cancel(_LANE)
        self._cloud, self.placement, self._marked, self._chosen = None, None, None, None
        self._indices, self._points = np.zeros(0, np.int64), np.zeros((0, 3), np.float32)
        self._viewport.show_points(None)
        self._show_marked()

    def placement_of(self, source: Source) -> Placement | None:
        """Tell where a source is shown; None while it is not."""
        return self.placement if source.cloud is self._cloud else None

    @property
    def shown(self) -> IntArray:
        """Indices into the cloud of the points that are drawn."""
        return self._indices

    def mark(self, marked: BoolArray | None) -> None:
        """Draw some points of the cloud (N,) bool in another colour; None for none."""
        self._marked = marked
        self._show_marked()

    def light_up(self, drawn: BoolArray) -> None:
        """Draw some of the shown points (K,) bool in another colour, until `mark` is called."""
        self._show_points(self._points[drawn])

    def _begin(self, cloud: PointCloud) -> None:
        self._cloud, self._marked, self._chosen = cloud, None, None
        # Of a larger cloud that takes too long for this thread.
        self._order = _lot(len(cloud)) if len(cloud) <= _LOT else None

    def _suffices(self, counting: BoolArray) -> bool:
        """Whether enough of the points that were drawn by lot still count."""
        if self._order is None:
            return False
        if len(self._order) == len(counting):
            return True
        return int(np.count_nonzero(counting[self._order])) >= _MOST_POINTS

    def _changed(self, counting: BoolArray) -> bool:
        """Whether other points count than when the shown ones were chosen, though as many."""
        return self._chosen is not None and not bool(counting[self._chosen[1].shown].all())

    def _draw(self, source: Source, placement: Placement, chosen: _Chosen) -> None:
        self._indices = shown = chosen.shown
        points = source.cloud.points[shown]
        if chosen.noise is not None:
            points = points + chosen.noise * (source.noise / placement.scale)
        self._points = box_points(points, placement)
        near = (np.abs(self._points) < _FAR).all(1)
        colours = source.cloud.colors
        seen = None if colours is None else colours[shown[near], :3]
        self._viewport.show_points(self._points[near], seen)
        self._show_marked()

    def _show_marked(self) -> None:
        points = self._points[:0]
        if self._marked is not None and len(self._indices):
            points = self._points[self._marked[self._indices]]
        self._show_points(points)

    def _show_points(self, points: Float32Array) -> None:
        points = points[(np.abs(points) < _FAR).all(1)]
        self._actor.mapper.dataset = pv.PolyData(points) if len(points) else pv.PolyData()
        self._viewport.redraw()


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Which points (K,) of a cloud are drawn, and their noise (K, 3) for a deviation of 1.

    They are the first that count in an order (L,) that stays.
    """

    order: IntArray
    shown: IntArray
    noise: Float64Array | None


def _lot(count: int) -> IntArray:
    """Draw by lot in which order points are shown."""
    return np.random.default_rng(0).choice(count, min(count, _LOT), replace=False)


def _choose(source: Source, counting: BoolArray, order: IntArray | None) -> _Chosen:
    """Choose what is drawn of the points that the model sees, in an order that stays."""
    order = _lot(len(source.cloud)) if order is None else order
    working = source.working_indices() if source.count is not None or source.noise else None
    if working is not None:
        counting = np.zeros(len(source.cloud), bool)
        counting[working] = True
    shown = order[counting[order]]
    if len(shown) < min(_MOST_POINTS, int(np.count_nonzero(counting))):
        shown = np.random.default_rng(0).permutation(np.flatnonzero(counting))
    shown = shown[:_MOST_POINTS]
    if working is None or not source.noise:
        return _Chosen(order, shown, None)
    place = np.empty(len(source.cloud), np.int64)
    place[working] = np.arange(len(working))
    return _Chosen(order, shown, source.unit_noise(len(working))[place[shown]])
