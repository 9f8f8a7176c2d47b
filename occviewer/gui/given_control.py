"""Shows what the network really got of a cloud or of voxels, in the view and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyvista as pv
from PySide6.QtCore import QObject

from occviewer.gui.failures import Failure
from occviewer.gui.given_studio import Given, said

if TYPE_CHECKING:
    from occviewer.document.shape_source import ShapeSource
    from occviewer.gui.controller import Controller
    from occviewer.models import Code

_LANE = "given"
_COLOUR = "#e8590c"
_POINT, _OPACITY = 6.0, 0.45


class GivenControl(QObject):
    """Connects the box below the source's page, and draws what was given to the network."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._box = controller, controller.window.given
        self._asked: tuple[ShapeSource, Code] | None = None
        viewport = controller.window.viewport
        self._actor = viewport.canvas.add_mesh(
            pv.PolyData(np.zeros((1, 3), np.float32)), name="given", color=_COLOUR,
            render=False, reset_camera=False,
        )  # fmt: skip
        self._actor.pickable = False
        self._actor.mapper.dataset = pv.PolyData()
        viewport.keep_size(self._actor, _POINT)
        self._box.toggled.connect(lambda *_: self.refresh())
        controller.history.add_listener(self.refresh)
        controller.pipeline.opened.connect(self.refresh)
        controller.pipeline.meshed.connect(self.refresh)
        self.refresh()

    def close(self) -> None:
        """Listen no more."""
        self._controller.history.remove_listener(self.refresh)

    def refresh(self, *_: object) -> None:
        """Bring what is shown in step with the document; cheap where nothing changed."""
        controller = self._controller
        shape = controller.document.shape
        known = shape.source is not None and shape.code is not None and controller.pipeline.ready
        text = said(shape.code.facts) if known and shape.code is not None else ""
        self._box.show_facts(text)
        if not (text and self._box.shown.isChecked()) or controller.dragging:
            self._forget()
            return
        assert shape.source is not None
        assert shape.code is not None
        wanted = (shape.source, shape.code)
        if self._asked is not None and all(
            a is b for a, b in zip(self._asked, wanted, strict=True)
        ):
            return
        self._forget()
        self._asked = wanted
        controller.compute.submit(
            _LANE,
            "",
            lambda job: controller.studio.given(*wanted),
            self._show,
            self._failed,
        )

    def _show(self, given: Given) -> None:
        data = pv.PolyData()
        if given.points is not None:
            data = pv.PolyData(given.points)
        elif given.corners is not None and given.quads is not None and len(given.quads):
            sizes = np.full((len(given.quads), 1), 4)
            data = pv.PolyData(given.corners, np.hstack([sizes, given.quads]).ravel())
        is_points = given.points is not None
        self._actor.prop.style = "points" if is_points else "surface"
        self._actor.prop.lighting = not is_points
        self._actor.prop.opacity = 1.0 if is_points else _OPACITY
        self._draw(data)

    def _failed(self, failure: Failure) -> None:
        self._controller.failed(failure)
        self._forget()

    def _forget(self) -> None:
        self._controller.compute.cancel(_LANE)
        if self._asked is not None:
            self._asked = None
            self._draw(pv.PolyData())

    def _draw(self, data: pv.PolyData) -> None:
        self._actor.mapper.dataset = data
        self._controller.window.viewport.redraw()
