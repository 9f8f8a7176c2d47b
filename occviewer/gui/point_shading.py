"""Shows the mesh in the colours of the scan, where the scan has some."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller
    from occviewer.gui.studio import MeshResult
    from occviewer.gui.worker import Job

_ACTION = "shading.points"
_TIP = "Colour the surface as the points near it"
_WHY_NOT = "The scan has no colours"


class PointShading:
    """Keeps the action, and who colours meshes, in step with the document.

    Its listener must be the first of the history: meshes that follow a change are to be
    coloured by the new scan.

    Parameters
    ----------
    controller : Controller
    """

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._on = False
        actions = controller.window.actions_
        self._action = actions[_ACTION]
        self._action.toggled.connect(self._switch)
        controller.history.add_listener(self._follow)
        self._follow()

    def close(self) -> None:
        """Listen no more."""
        self._controller.history.remove_listener(self._follow)

    def _follow(self) -> None:
        source = self._controller.document.shape.scan
        possible = source is not None and source.cloud.colors is not None
        self._action.setEnabled(possible)
        self._action.setToolTip(_TIP if possible else _WHY_NOT)
        self._action.setStatusTip(_TIP if possible else _WHY_NOT)
        if self._on and not possible:
            self._controller.window.actions_["shading.smooth"].trigger()
        self._controller.studio.colouring.source = source if self._on and possible else None

    def _switch(self, on: bool) -> None:
        self._on = on
        self._follow()
        if not on:
            return
        self._controller.window.viewport.set_shading("points")
        result = self._controller.display.result
        if result is not None and result.mesh.colors is None:
            self._colour(result)

    def _colour(self, result: MeshResult) -> None:
        """Colour the mesh that is on display already."""
        controller = self._controller

        def work(job: Job) -> MeshResult:
            colouring = controller.studio.colouring
            mesh = colouring.applied(result.mesh, result.code.placement, job.cancelled)
            return replace(result, mesh=mesh)

        def done(coloured: MeshResult) -> None:
            if controller.display.result is result:
                controller.display.show_mesh(coloured)

        controller.compute.submit("colours", "Colouring the mesh", work, done, controller.failed)
