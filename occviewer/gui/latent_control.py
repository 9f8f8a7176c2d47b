"""Between the sliders, the document and the latent space of the open model."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from occviewer.document import commands
from occviewer.document.directions import Directions
from occviewer.document.shape import LatentEdit
from occviewer.gui.failures import Failure
from occviewer.gui.latent_studio import LatentFacts
from occviewer.gui.panels.latent_panel import EMPTY, WAITING

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller
    from occviewer.models import Code, Model

_LANE = "latent facts"


class LatentControl(QObject):
    """Makes commands of what the sliders tell, and shows them what the document says.

    Attributes
    ----------
    facts : LatentFacts or None
        What is known of the shape's code; None until it is.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._panel = controller.window.latent
        self._seed = 0
        self._asked: tuple[Model, Code, object] | None = None
        self.facts: LatentFacts | None = None
        panel, actions = self._panel, controller.window.actions_
        panel.moved.connect(self._move)
        panel.detail_changed.connect(
            lambda detail: controller.do(commands.set_detail, detail, merge=self._merge("detail"))
        )
        panel.grabbed.connect(controller.grab)
        panel.released.connect(controller.release)
        panel.lock_toggled.connect(
            lambda axis, locked: controller.do(commands.lock_axes, [axis], locked)
        )
        panel.reset_wanted.connect(actions["latent.reset"].trigger)
        panel.randomise_wanted.connect(actions["latent.randomise"].trigger)
        actions.on("latent.reset", lambda: controller.do(commands.reset_offsets))
        actions.on("latent.randomise", self._randomise)
        controller.history.add_listener(self.refresh)
        controller.pipeline.opened.connect(self.refresh)
        controller.pipeline.meshed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Bring the panel in step with the document; cheap where nothing changed."""
        controller, panel = self._controller, self._panel
        shape = controller.document.shape
        panel.show_edit(shape.edit)
        if shape.is_empty:
            self._forget()
            panel.show_message(EMPTY)
        elif shape.code is None or not controller.pipeline.ready:
            panel.set_usable(False)
            if self.facts is None:
                panel.show_message(WAITING)
        elif controller.dragging != "pad":  # codes come and go there; the last one is asked for
            self._ask(shape.code, shape.edit)
        self._enable()

    def _ask(self, code: Code, edit: LatentEdit) -> None:
        """Find out where a code lies, unless that is known or under way."""
        controller = self._controller
        model, document = controller.pipeline.model, controller.document
        assert model is not None
        along = edit.directions
        kept = self.facts is not None and along is not None and along == self.facts.directions
        others = document.shelf if along is None else along
        asked = self._asked
        if asked is not None and asked[0] is model and asked[1] is code:
            if kept or asked[2] == others:
                self._panel.set_usable(True)
                return
        self._asked = (model, code, others)
        gathered = document.gathered
        controller.compute.submit(
            _LANE,
            "",
            lambda job: controller.studio.latent.facts(code, edit, gathered),
            self._arrived,
            self._failed,
        )

    def _arrived(self, facts: LatentFacts) -> None:
        self.facts = facts
        self._panel.show_facts(facts)
        self._panel.set_usable(True)
        self._enable()

    def _failed(self, failure: Failure) -> None:
        if failure.details:  # a fault of ours, to be reported
            self._controller.failed(failure)
        self._arrived(LatentFacts(why_none=failure.sentence))

    def _forget(self) -> None:
        self.facts = self._asked = None
        self._controller.compute.cancel(_LANE)

    def _enable(self) -> None:
        shape = self._controller.document.shape
        edit = shape.edit
        usable = self.facts is not None and not self.facts.why_none and shape.code is not None
        away = any(offset for n, offset in enumerate(edit.offsets) if n not in edit.locked)
        actions = self._controller.window.actions_
        actions["latent.reset"].setEnabled(usable and away)
        actions["latent.randomise"].setEnabled(usable)
        self._panel.reset.setEnabled(usable and away)

    def _move(self, axis: int, offset: float) -> None:
        if offset:
            self._controller.do(
                commands.slide, axis, offset, self._along, merge=self._merge(f"axis {axis}")
            )
        else:
            # Also by a double click, whose first press may have moved it already.
            self._controller.do(commands.reset_offsets, [axis], merge=f"axis {axis}")

    @property
    def _along(self) -> Directions | None:
        return None if self.facts is None else self.facts.directions

    def _merge(self, what: str) -> str | None:
        """Key under which the changes of a drag become one step; what is typed is one each."""
        return what if self._controller.dragging == what else None

    def _randomise(self) -> None:
        if self.facts is not None:
            self._controller.do(
                partial(commands.randomise_around, along=self._along), self._seed, self.facts.reach
            )
            self._seed += 1
