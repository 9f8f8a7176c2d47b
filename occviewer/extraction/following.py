"""Warm start: from one frame's surface to the next one's."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from occviewer.extraction.contour import Backend
from occviewer.extraction.field import Asker, Field
from occviewer.extraction.frames import Frame, next_frames
from occviewer.extraction.memory import Memory, RememberingAsker
from occviewer.extraction.pipeline import (
    ExtractionReport,
    checked_level,
    checked_resolution,
    mesh_of,
    naming_what_fits,
    report_of,
)
from occviewer.meshes import Mesh


class Follower:
    """Meshes of a field that changes little by little: a code that moves, a threshold.

    Between frames the finest grid is kept. A frame descends the hierarchy as
    `extract` does, so that new parts are found wherever in the box they come up, but

    * what crossed the surface in the last frame and is not predicted to do so now is
      asked too: a detail that has been found once is not lost while it is there;
    * a node of uncertain sign that was known in the last frame is passed over when it
      was farther from the level than the field can have moved since, by the movement
      that is seen around it.

    Where the last frame is no help (another resolution or box, or a jump), the frame
    is extracted anew. A field that is the very same object as in the last frame is
    taken to be unchanged: a new threshold asks it only where it was never asked.
    """

    def __init__(self) -> None:
        self._last: list[Frame] | None = None
        self._asker: Asker | None = None
        self._field: Field | None = None
        self._memory: Memory | None = None
        self._level = 0.0
        self.report: ExtractionReport | None = None

    def extract(
        self,
        field: Field,
        resolution: int = 128,
        level: float | None = None,
        *,
        cancel: Callable[[], bool] | None = None,
        normals: bool = True,
        backend: Backend = "flying_edges",
    ) -> Mesh:
        """Turn the next field into a closed mesh in the box frame.

        Arguments, result and errors are those of `occviewer.extraction.extract`. After
        an error or a cancellation the next frame starts anew. What was done is told by
        the attribute ``report``.
        """
        began = time.perf_counter()
        resolution, level = checked_resolution(resolution), checked_level(field, level)
        asker = self._asker_for(field, level, resolution, cancel)
        last, self._last = self._last, None
        if self._asker is None or not _same_nodes(self._asker, asker):
            last = None
        with naming_what_fits(resolution):
            frames = next_frames(last, asker, self._level - level)
            mesh = mesh_of(frames[-1].grid, asker, level, normals=normals, backend=backend)
        self._last, self._asker, self._field, self._level = frames, asker, field, level
        self.report = report_of(asker, level, mesh, began)
        return mesh

    def _asker_for(
        self, field: Field, level: float, resolution: int, cancel: Callable[[], bool] | None
    ) -> Asker:
        asker = Asker(field, level, resolution, cancel, remember=True)
        last = self._asker
        if last is None or field is not self._field or not _same_nodes(last, asker):
            self._memory = None
            return asker
        if self._memory is None:
            self._memory = Memory(resolution)
            for nodes, logits in last.answered:
                self._memory.add(nodes, logits)
        return RememberingAsker(self._memory, field, level, resolution, cancel)


def _same_nodes(one: Asker, other: Asker) -> bool:
    return one.resolution == other.resolution and np.array_equal(one.corners, other.corners)
