"""Shows the document's voxels on their page and in the view, and does what the page says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from occviewer.document import commands
from occviewer.gui.panels.voxel_page import VoxelFacts
from occviewer.gui.tools.projecting import box_points

if TYPE_CHECKING:
    from occviewer.arrays import Float64Array
    from occviewer.document.voxel_source import VoxelSource
    from occviewer.gui.controller import Controller
    from occviewer.gui.worker import Job
    from occviewer.models import Code

_LANE = "voxels"
_MOST_POINTS = 20_000  # more of them hide the shape


class VoxelControl(QObject):
    """Connects the page for voxels of a window."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._page = controller, controller.window.voxels
        self._shown: tuple[VoxelSource | None, Code | None] = (None, None)
        self._counted: tuple[VoxelSource, int, Float64Array] | None = None
        page = self._page
        page.open_wanted.connect(controller.files.open)
        page.dropped.connect(controller.files.open_all)
        page.threshold_changed.connect(self._set_threshold)
        page.turned.connect(self._turn)
        page.grabbed.connect(controller.grab)
        page.released.connect(controller.release)
        controller.pipeline.meshed.connect(self._show_points)
        controller.history.add_listener(self._document_changed)
        self._document_changed()

    @property
    def source(self) -> VoxelSource | None:
        """The document's voxels."""
        return self._controller.document.shape.voxels

    def close(self) -> None:
        """Listen no more."""
        self._controller.history.remove_listener(self._document_changed)

    def _document_changed(self) -> None:
        source, code = self.source, self._controller.document.shape.code
        if self._shown[0] is source and self._shown[1] is code:
            return
        self._shown = (source, code)
        if source is None:
            self._page.show_facts(None)
            return
        known = self._counted
        if known is not None and known[0] is source:
            self._show(source, *known[1:])
            return
        same = known is not None and known[0].working_key == source.working_key
        if known is not None and same:
            self._counted = (source, *known[1:])
            self._show(source, *known[1:])
            return
        self._controller.storage.submit(
            _LANE, "", lambda job: _counted(source, job), self._arrived, self._controller.failed
        )

    def _arrived(self, counted: tuple[VoxelSource, int, Float64Array]) -> None:
        self._counted = counted
        if counted[0] is self.source:
            self._show(*counted)

    def _show(self, source: VoxelSource, occupied: int, _: Float64Array) -> None:
        grid, code = source.grid, self._controller.document.shape.code
        sides = grid.spacing
        read = () if source.threshold is not None else grid.notes
        self._page.show_facts(
            VoxelFacts(
                source.path.name if source.path else "Voxels",
                (grid.values.shape[0], grid.values.shape[1], grid.values.shape[2]),
                occupied,
                (float(sides[0]), float(sides[1]), float(sides[2])),
                read if code is None else code.notes,
                grid.extent,
                grid.threshold if source.threshold is None else source.threshold,
                grid.threshold,
                source.has_values,
                source.up or grid.up,
                source.yaw or 0.0,
            )
        )
        self._show_points()

    def _show_points(self, *_: object) -> None:
        """Draw the outer voxels where the code has them, also after somebody else had the view."""
        counted, code = self._counted, self._controller.document.shape.code
        if counted is None or counted[0] is not self.source or code is None:
            return
        if not self._controller.display.points_hidden:
            shown = box_points(counted[2], code.placement)
            self._controller.window.viewport.show_points(shown)

    def _set_threshold(self, value: float) -> None:
        merge = self._controller.dragging or "voxel threshold"
        self._controller.do(commands.set_voxel_threshold, value, merge=merge)

    def _turn(self, up: str, yaw: float) -> None:
        merge = "voxel heading" if self._controller.dragging else None
        self._controller.do(commands.turn_voxels, up, yaw or None, merge=merge)


def _counted(source: VoxelSource, job: Job) -> tuple[VoxelSource, int, Float64Array]:
    """Count occupied voxels, and draw some of the outer ones: their centres (N, 3), world."""
    grid = source.working_grid()
    job.step(0.3)
    centres = grid.exposed_centres()
    if len(centres) > _MOST_POINTS:
        chosen = np.random.default_rng(0).choice(len(centres), _MOST_POINTS, replace=False)
        centres = centres[chosen]
    return source, int(np.count_nonzero(grid.occupied)), centres
