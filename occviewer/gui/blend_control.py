"""Between the blend pad, the document and the compute thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from occviewer.document import commands
from occviewer.document.settings import BlendPad
from occviewer.document.shape import Shape
from occviewer.document.state import Document
from occviewer.gui.failures import Failure
from occviewer.gui.panels.shelf import ShelfItem

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller
    from occviewer.models import Code

_LANE, _DRAG = "blend", "pad"

# Exactly at an empty corner the others weigh nothing; a little beside it they do.
_INSET = 1e-3


class BlendControl(QObject):
    """Blends the shapes at the corners of the pad while its handle is moved.

    One blend is made at a time, and after it the one that was wanted last: giving up blends
    that are under way would show none at all while the hand moves.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._pad = controller.window.blend
        self._working: object = None
        self._next: tuple[float, float] | None = None
        pad = self._pad
        pad.moved.connect(self._move)
        pad.grabbed.connect(lambda: controller.grab(_DRAG))
        pad.released.connect(self._release)
        pad.corner_chosen.connect(
            lambda corner, key: controller.do(commands.set_pad_corner, corner, key)
        )
        pad.corner_emptied.connect(
            lambda corner: controller.do(commands.set_pad_corner, corner, None)
        )
        pad.current_wanted.connect(self._put_current)
        controller.history.add_listener(self.refresh)
        # Only then is it known by its content, which shapes of the shelf are its own.
        controller.pipeline.opened.connect(lambda model: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Bring the pad in step with the document."""
        history, document = self._controller.history, self._controller.document
        if self._working is not None and history.state is not self._working:
            # Something else was done or taken back meanwhile: the blend would undo that.
            self._controller.compute.cancel(_LANE)
            self._working = self._next = None
        unusable = document.unusable
        shelf = [
            ShelfItem(entry.id, entry.name, entry.preview, entry.id not in unusable)
            for entry in document.shelf
        ]
        items = {item.key: item for item in shelf}
        corners = [None if key is None else items[key] for key in document.pad.corners]
        self._pad.show_corners(corners, shelf, document.shape.code is not None)
        if self._working is None and self._next is None:
            self._pad.show_position(document.pad.u, document.pad.v)
        self._show_weights()

    def _move(self, u: float, v: float) -> None:
        self._show_weights()
        if self._working is not None:
            self._next = (u, v)
        else:
            self._blend(u, v)

    def _blend(self, u: float, v: float) -> None:
        controller = self._controller
        corners, weights = controller.document.pad.corners, weights_at(controller.document, u, v)
        parts = [
            (controller.document.entry(key).shape, weight)
            for key, weight in zip(corners, weights, strict=True)
            if key is not None and weight
        ]
        if not parts or not controller.pipeline.ready:
            return
        shapes = [(_code(shape), shape.edit) for shape, _ in parts]
        shares = [weight for _, weight in parts]

        def arrived(code: Code) -> None:
            self._working = None
            controller.do(commands.take_blend, u, v, code, merge=_DRAG)
            if self._next is not None:
                wanted, self._next = self._next, None
                self._blend(*wanted)

        self._working = controller.history.state
        controller.compute.submit(
            _LANE,
            "",
            lambda job: controller.studio.latent.blended_shapes(shapes, shares),
            arrived,
            self._failed,
        )

    def _failed(self, failure: Failure) -> None:
        self._working = self._next = None
        self._controller.failed(failure)
        self.refresh()

    def _release(self) -> None:
        self._controller.release()
        self.refresh()

    def _show_weights(self) -> None:
        """Show what the corners count where the handle stands."""
        square = self._pad.square
        square.show_weights(weights_at(self._controller.document, square.u, square.v))

    def _put_current(self, corner: int) -> None:
        """Put the shape at hand at a corner; it is captured unless it is on the shelf."""
        controller = self._controller
        shape = controller.document.shape
        if all(entry.shape is not shape for entry in controller.document.shelf):
            controller.window.actions_["shape.capture"].trigger()
        for entry in controller.document.shelf:
            if entry.shape is shape:
                controller.do(commands.set_pad_corner, corner, entry.id)
                return


def weights_at(document: Document, u: float, v: float) -> tuple[float, ...]:
    """Find how much each corner of the pad counts at a position.

    Corners that are empty, or whose shape is of another model, count nothing; the sum of
    the others is 1. All are 0 where there is nothing to blend.
    """
    corners, unusable = document.pad.corners, document.unusable
    for inset in (0.0, _INSET):
        at = BlendPad(corners, min(max(u, inset), 1 - inset), min(max(v, inset), 1 - inset))
        weights = [
            0.0 if key is None or key in unusable else weight
            for key, weight in zip(corners, at.weights, strict=True)
        ]
        total = sum(weights)
        if total >= _INSET**2 / 2:
            return tuple(weight / total for weight in weights)
    return (0.0,) * len(corners)


def _code(shape: Shape) -> Code:
    assert shape.code is not None  # what was captured has one
    return shape.code
