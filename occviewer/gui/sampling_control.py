"""Draws new shapes into the row of the sampler, one after another in the compute thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QCloseEvent

from occviewer.document import commands
from occviewer.document.shape import LatentEdit
from occviewer.document.source import LARGEST_SEED
from occviewer.errors import ExtractionError
from occviewer.gui.failures import Failure

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller
    from occviewer.models import Code, Model

_LANE = "samples"
_REST = 300  # milliseconds for which the threshold stands still before pictures follow it
# What was sampled has no detail beyond its latent vector.
_SAMPLED = LatentEdit(detail=0.0)


class _Row(NamedTuple):
    """All that decides which shapes stand in the row."""

    seed: int
    temperature: float
    number: int


class _Picture(NamedTuple):
    """The picture of a sample, or why there is none."""

    png: bytes
    why_none: str = ""


class SamplingControl(QObject):
    """Connects the sampler, the document and the compute thread.

    The row is empty until shapes are asked for; from then on it follows the document's
    seed and temperature, also when these are undone, and its pictures the threshold.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._panel = controller, controller.window.sampler
        self._wanted: _Row | None = None
        self._codes: list[Code] = []
        self._pictures: dict[int, bytes] = {}
        self._ready = 0
        self._model = controller.document.model
        self._gathered: int | None = None  # so many were captured when it was last asked
        self._threshold: float | None = None  # of the pictures, once they are all drawn
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(_REST)
        self._still.timeout.connect(self._draw_pictures)
        panel, do = self._panel, controller.do
        panel.new_wanted.connect(self.new_shapes)
        panel.seed_chosen.connect(
            lambda seed: do(partial(commands.set_sampling, seed=seed), merge="seed")
        )
        panel.temperature_chosen.connect(
            lambda value: do(partial(commands.set_sampling, temperature=value), merge="temperature")
        )
        panel.count_chosen.connect(lambda count: self._follow())
        panel.taken.connect(self.take)
        panel.capture_wanted.connect(self.capture)
        controller.window.actions_.on("shape.samples", self._show_and_draw)
        controller.window.actions_.on("shape.cancel", self._stop)
        controller.pipeline.opened.connect(self._model_opened)
        controller.history.add_listener(self._follow)
        controller.window.close_wanted.connect(self._close)
        self._follow()

    def new_shapes(self) -> None:
        """Draw shapes: with the seed that is shown, or the next one where its are shown."""
        if not self._controller.pipeline.ready:
            self._controller.window.messages.show_message(
                "note", "The model is not open yet; wait until it is."
            )
            return
        if self._wanted is None:
            self._draw(self._row())
            return
        seed = (self._controller.document.sampling.seed + 1) % (LARGEST_SEED + 1)
        self._controller.do(partial(commands.set_sampling, seed=seed))

    def take(self, number: int) -> None:
        """Go on with a sample (from 0); nothing happens if it is at hand as it was drawn."""
        if number not in self._pictures:
            return
        code, shape = self._codes[number], self._controller.document.shape
        if shape.code is not code or shape.edit != _SAMPLED:
            self._controller.do(commands.take_code, code, f"Take {self._name(number)}")

    def capture(self, numbers: list[int]) -> None:
        """Put samples (from 0) on the shelf."""
        for number in numbers:
            if number in self._pictures:
                name, png = self._name(number), self._pictures[number]
                name = name[0].upper() + name[1:]
                self._controller.do(commands.capture_code, self._codes[number], name, png)

    def _name(self, number: int) -> str:
        assert self._wanted is not None
        return f"sample {number + 1} (seed {self._wanted.seed})"

    def _row(self) -> _Row:
        sampling = self._controller.document.sampling
        return _Row(sampling.seed, sampling.temperature, self._panel.count.value())

    def _show_and_draw(self) -> None:
        self._controller.window.raise_panel(self._panel)
        if self._panel.new.isEnabled():
            self.new_shapes()

    def _follow(self) -> None:
        row = self._row()
        self._panel.show_settings(row.seed, row.temperature)
        self._ask_reason()
        if self._controller.document.model != self._model:
            # What stands in the row means nothing to the model that is wanted now.
            self._model = self._controller.document.model
            self._controller.compute.cancel(_LANE)
            self._empty()
        if self._wanted is None:
            return
        if row != self._wanted:
            self._draw(row)
        elif self._codes and self._controller.document.extraction.threshold != self._threshold:
            self._still.start()

    def _draw(self, row: _Row) -> None:
        self._wanted, self._codes, self._pictures, self._ready = row, [], {}, 0
        self._panel.show_waiting(row.number)
        studio, gathered = self._controller.studio, self._controller.document.gathered

        def drawn(codes: list[Code]) -> None:
            self._codes = codes
            self._draw_pictures()

        self._controller.compute.submit(
            _LANE,
            "Drawing new shapes",
            lambda job: studio.latent.samples(row.number, row.seed, row.temperature, gathered),
            drawn,
            self._failed,
        )

    def _draw_pictures(self) -> None:
        """Make all pictures at the threshold of the document; those before stay until then."""
        self._still.stop()
        self._controller.compute.cancel(_LANE)
        self._threshold = self._controller.document.extraction.threshold
        self._picture(0, self._threshold)

    def _picture(self, number: int, threshold: float | None) -> None:
        """Make the picture of a sample, then that of the next."""
        if number >= len(self._codes):
            return
        studio, code = self._controller.studio, self._codes[number]

        def work() -> _Picture:
            try:
                return _Picture(studio.preview(code, LatentEdit(), threshold))
            except ExtractionError as error:
                return _Picture(b"", str(error))

        def made(picture: _Picture) -> None:
            if picture.why_none:
                self._pictures.pop(number, None)
                self._panel.show_failed(number, picture.why_none)
            else:
                self._pictures[number] = picture.png
                self._panel.show_sample(number, picture.png)
            self._ready = max(self._ready, number + 1)
            self._picture(number + 1, threshold)

        self._controller.compute.submit(_LANE, "", lambda job: work(), made, self._failed)

    def _failed(self, failure: Failure) -> None:
        self._empty()
        self._controller.failed(failure)

    def _stop(self) -> None:
        """Draw no more; the places that are still empty go."""
        # Whether it was drawing cannot be asked: all that has a title was given up already.
        self._controller.compute.cancel(_LANE)
        self._panel.shorten(self._ready)
        del self._codes[self._ready :]
        if self._ready == 0:
            self._empty()

    def _empty(self) -> None:
        self._still.stop()
        self._wanted, self._codes, self._pictures, self._ready = None, [], {}, 0
        self._panel.show_waiting(0)

    def _model_opened(self, model: Model) -> None:
        """Empty the row, and find out whether this model draws shapes at all."""
        self._controller.compute.cancel(_LANE)
        self._empty()
        self._panel.show_reason("")
        self._gathered = None
        self._ask_reason()

    def _ask_reason(self) -> None:
        """Find out whether shapes can be drawn, which may depend on those that were captured."""
        gathered = self._controller.document.gathered
        if not self._controller.pipeline.ready or self._gathered == len(gathered):
            return
        self._gathered = len(gathered)
        self._controller.compute.submit(
            "latent space",
            "",
            lambda job: self._controller.studio.latent.why_no_samples(gathered),
            self._panel.show_reason,
            lambda failure: self._panel.show_reason(failure.sentence),
        )

    def _close(self, event: QCloseEvent) -> None:
        if event.isAccepted():
            self._controller.history.remove_listener(self._follow)
            self._still.stop()
