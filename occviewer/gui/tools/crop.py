"""The crop box: faces that are dragged; only what lies inside counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtGui import QColor, QPainter

from occviewer.arrays import Float64Array
from occviewer.document import commands
from occviewer.document.commands import Change
from occviewer.document.state import Document
from occviewer.gui.tools.cropping import EDGES, FACES, CropBox
from occviewer.gui.tools.overlay import ACCENT, draw_dot, draw_line
from occviewer.gui.tools.projecting import View
from occviewer.gui.tools.tool import Bench, Modifier, Tool

_DOT = 6.0


class Crop(Tool):
    """Drags the faces of a box along the model's box; the completion follows."""

    name, trims = "crop", True

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._box: CropBox | None = None
        self._made_of: tuple[object, object] = (None, None)
        self._hovered: int | None = None
        self._is_new = self._waits = False
        self._held: tuple[int, Float64Array, CropBox, View] | None = None
        bench.options.apply_wanted.connect(lambda: bench.change(commands.apply_crop_box))
        bench.options.remove_wanted.connect(self._remove)

    def begin(self) -> None:
        """Show the box."""
        self.refresh()

    def end(self) -> None:
        """Let go."""
        self._held, self._box, self._made_of = None, None, (None, None)

    def refresh(self) -> None:
        """Take the box as the document has it."""
        source, placement = self.bench.source, self.bench.placement
        self.bench.options.show_crop(source is not None and source.crop is not None)
        if source is None or placement is None:
            self._box, self._made_of = None, (None, None)
        elif self._made_of != (source, placement) and self._held is None:
            self._made_of = made_of = (source, placement)

            def found(box: CropBox) -> None:
                if self._made_of == made_of and self._held is None:
                    self._box = box
                    self.bench.redraw()

            self.bench.reckon(lambda: CropBox.around(source, placement), found)
        self.bench.redraw()

    def press(self, at: Float64Array, modifiers: Modifier) -> bool:
        """Take hold of a face."""
        view = self.bench.view()
        face = None if self._box is None else self._box.face_at(view, at)
        if face is None or self._box is None:
            return False
        self._held = (face, at, self._box, view)
        source = self.bench.source
        self._is_new = source is not None and source.crop is None
        return True

    def drag(self, at: Float64Array, modifiers: Modifier) -> None:
        """Move the face."""
        if self._held is None:
            return
        face, start, before, view = self._held
        box = before.dragged(view, face, start, at)
        if not self.bench.is_quick:
            self._box, self._waits = box, True
        # Where too little would be left the face stops at the last place that was possible.
        elif self._crop(box):
            self._box = box
        self.bench.redraw()

    def _crop(self, box: CropBox) -> bool:
        def crop(document: Document) -> Change:
            change = commands.in_place(document, commands.set_crop_box, box.limits, box.axes)
            # The step is the whole drag, and the box may have come with its beginning.
            return Change("Add crop box" if self._is_new else change.title, change.document)

        return self.bench.change(crop)

    def release(self, at: Float64Array, modifiers: Modifier) -> None:
        """Let go of the face; of millions of points it is found now which ones lie inside."""
        box, source, waits = self._box, self.bench.source, self._waits
        self.abort()
        if not waits or box is None or source is None:
            return

        def found(_: object) -> None:
            if not self._crop(box):
                self._made_of = (None, None)
                self.refresh()

        inside = replace(source, crop=box.limits, crop_axes=box.axes).counted
        self.bench.reckon(inside, found)

    def abort(self) -> None:
        """Let go of the face."""
        self._held, self._waits = None, False
        self.refresh()

    def hover(self, at: Float64Array | None) -> None:
        """Light up the face that would be taken."""
        found = None
        if at is not None and self._box is not None:
            found = self._box.face_at(self.bench.view(), at)
        if found != self._hovered:
            self._hovered = found
            self.bench.redraw()

    def paint(self, painter: QPainter) -> None:
        """Draw edges and handles."""
        if self._box is None:
            return
        view = self.bench.view()
        pixels = view.project(self._box.corners).astype(np.float64)
        for edge in EDGES:
            line = pixels[list(edge)]
            if np.isfinite(line).all():
                draw_line(painter, line, ACCENT, 1.5)
        handles = np.stack([self._box.handle(face) for face in range(len(FACES))])
        taken = self._hovered if self._held is None else self._held[0]
        depths = (handles - view.eye) @ view.forward
        places = view.project(handles).astype(np.float64)
        for face in np.argsort(-depths).tolist():
            grown = 2.0 if face == taken else 0.0
            colour = QColor("#ffa94d") if face == taken else ACCENT
            draw_dot(painter, places[face], _DOT + grown, colour)

    def _remove(self) -> None:
        self.bench.change(lambda document: commands.in_place(document, commands.set_crop_box, None))
