"""Makes the shapes that are seen while the track moves, one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from occviewer.document.shape import LatentEdit
from occviewer.gui.failures import Failure
from occviewer.gui.studio import MeshResult
from occviewer.gui.way import Way, title_of
from occviewer.gui.worker import Job

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller

LANE = "track"


class TrackFrames:
    """Shows the shape at a position of a way, coarse.

    Parameters
    ----------
    controller : Controller
    shown : callable
        Told the position of a shape that has just been shown.
    failed : callable
        Told why there is none.
    """

    def __init__(
        self,
        controller: Controller,
        shown: Callable[[float], None],
        failed: Callable[[Failure], None],
    ) -> None:
        self._controller, self._shown, self._failed = controller, shown, failed
        self._busy = False

    def ask(self, way: Way, position: float) -> None:
        """Make a shape, unless one is being made: giving that up would show none at all."""
        if self._busy:
            return
        controller = self._controller
        settings = replace(
            controller.document.extraction,
            threshold=way.threshold_at(position, self.models_threshold),
        )

        def work(job: Job) -> MeshResult:
            began = time.perf_counter()
            code = way.code_at(position, controller.studio.latent, job.step)
            return controller.studio.mesh(
                code, LatentEdit(), settings, live=True, cancel=job.cancelled, began=began
            )

        def arrived(result: MeshResult) -> None:
            self._busy = False
            controller.display.show_mesh(result)
            self._shown(position)

        def failed(failure: Failure) -> None:
            self._busy = False
            self._failed(failure)

        self._busy = True
        controller.compute.submit(LANE, title_of(way), work, arrived, failed)

    def cancel(self) -> None:
        """Give up what is being made."""
        self._controller.compute.cancel(LANE)
        self._busy = False

    @property
    def models_threshold(self) -> float:
        """The threshold of shapes that were captured without one."""
        model = self._controller.pipeline.model
        return 0.5 if model is None else model.info.threshold
