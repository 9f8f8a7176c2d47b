"""Shows the document's picture on its page, and does what the page's controls say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from occviewer.cameras import PictureCamera
from occviewer.document import commands
from occviewer.document.picture_source import Masking, Picture, PictureSource
from occviewer.gui.failures import Failure
from occviewer.gui.mask_files import MaskFiles
from occviewer.gui.panels.picture_page import PictureFacts
from occviewer.gui.picture_cameras import look_through, seen_from, turned_to
from occviewer.gui.picture_display import PictureDisplay
from occviewer.gui.refining import Refining
from occviewer.observations.masking import Mask, SeveralObjectsError, Stroke

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller
    from occviewer.gui.panels.picture_view import Point

_PREVIEW_LANE = "mask preview"
_CAMERA = "camera"
_MOST_ANSWERS = 4
_MOST_TROUBLES = 20  # that are remembered, with their masks


class PictureControl(QObject):
    """Connects the picture page of a window."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._page = controller, controller.window.picture
        self.display = PictureDisplay(self._page, controller.storage, controller.failed)
        self.refining = Refining(controller, self._show)
        self.files = MaskFiles(controller)
        # What was wrong with the masks that could not be found, by who asked for them.
        self._troubles: dict[tuple[Picture, Masking], Failure] = {}
        self._asked: tuple[PictureSource, str] | None = None
        self._previewing: Masking | None = None
        self._next_preview: Masking | None = None
        self._connect_page()
        controller.pipeline.failed.connect(self._note_trouble)
        controller.pipeline.meshed.connect(lambda result: self._show_shape())
        controller.pipeline.opened.connect(lambda model: self._show())
        controller.history.add_listener(self._document_changed)
        self._document_changed()

    @property
    def source(self) -> PictureSource | None:
        """The document's picture."""
        return self._controller.document.shape.picture

    @property
    def camera(self) -> PictureCamera | None:
        """From where the document's picture was taken; None while that is not known."""
        source = self.source
        return None if source is None else source.camera_with(self._controller.document.shape.code)

    def explains(self, failure: Failure) -> bool:
        """Whether a failure is a question, which is asked here."""
        several = isinstance(failure.error, SeveralObjectsError)
        return several and not self._controller.importing.is_in_row

    def close(self) -> None:
        """Listen no more."""
        self._controller.history.remove_listener(self._document_changed)

    def refine(self, rounds: int) -> None:
        """Make the silhouette fit the mask, and show how it does."""
        self._page.show_tab("silhouette")
        self.refining.begin(rounds)

    def match_view(self) -> None:
        """Take the camera of the 3D view as that of the picture."""
        seen, _ = self._controller.window.viewport.camera()
        azimuth, elevation, distance = seen_from(seen)
        self._turn(azimuth, elevation, distance)

    def look(self) -> None:
        """Look at the shape as the picture's camera does."""
        camera = self.camera
        if camera is not None:
            look_through(self._controller.window.viewport, camera)

    def _connect_page(self) -> None:
        page, do = self._page, self._controller.do
        page.open_wanted.connect(self._controller.files.open)
        page.dropped.connect(self._controller.files.open_all)
        page.tab_chosen.connect(lambda tab: self.display.refresh())
        page.refine_wanted.connect(self.refine)
        page.stop_wanted.connect(self.refining.stop)
        page.textured_chosen.connect(lambda on: do(commands.set_textured, on))
        mask, view, camera = page.masking, page.view, page.camera
        mask.method_chosen.connect(lambda method: do(commands.set_mask_method, method))
        mask.reset_wanted.connect(lambda: do(commands.clear_mask_edits))
        mask.object_chosen.connect(lambda number: do(commands.choose_object, number))
        view.box_drawn.connect(lambda box: do(commands.set_box, box))
        view.stroke_moved.connect(self._preview_stroke)
        view.stroke_drawn.connect(self._draw_stroke)
        view.stroke_given_up.connect(self._end_preview)
        view.picked.connect(self._pick)
        camera.changed.connect(self._turn)
        camera.grabbed.connect(lambda: self._controller.grab(_CAMERA))
        camera.released.connect(self._controller.release)
        camera.match_wanted.connect(self.match_view)
        camera.look_wanted.connect(self.look)
        camera.found_wanted.connect(lambda: do(commands.set_camera, None))

    def _document_changed(self) -> None:
        if self._asked is not None and self.source is not self._asked[0]:
            # Answered, or another shape is at hand.
            self._controller.window.messages.take_back(self._asked[1])
            self._asked = None
        self.refining.follow(self._controller.document.shape)
        self._show()

    def _show(self) -> None:
        """Bring the page in step with the document."""
        source, shape, page = self.source, self._controller.document.shape, self._page
        candidates, trouble = self._trouble_of(source)
        self.display.show_source(source, shape.code, candidates, trouble)
        if source is None:
            self._troubles.clear()
            return
        running, camera = self.refining.running, self.camera
        idle, masking = not running, source.masking
        ready = shape.code is not None and idle
        page.show_facts(_facts(source))
        edited = bool(masking.box or masking.strokes or masking.object)
        page.masking.show_masking(masking.method, edited=edited, enabled=idle)
        page.masking.show_objects(len(candidates), masking.object)
        seen = camera is not None
        page.show_fit(self._fit_words(source), running=running, enabled=ready and seen)
        page.show_textured(source.textured, enabled=idle and (seen or shape.code is None))
        page.camera.show_camera(
            None if camera is None else (camera.azimuth, camera.elevation, camera.distance),
            by_hand=source.camera is not None,
            enabled=ready,
        )
        page.set_picking(bool(candidates) and source.mask is None)
        self._show_shape()

    def _show_shape(self) -> None:
        """Show the silhouette of what is on display."""
        preview = self.refining.preview
        if preview is not None:
            self.display.show_shape(*preview)
            return
        code = self._controller.document.shape.code
        result = self._controller.display.result if code is not None else None
        self.display.show_shape(result, self.camera)

    def _fit_words(self, source: PictureSource) -> str:
        if self.refining.running:
            return "The shape is being fitted to the mask; Stop keeps what was reached."
        fit = source.fit
        if self.camera is None and self._controller.document.shape.code is not None:
            return "The model does not say from where the picture was taken: there is no camera."
        if fit is None:
            return ""
        return f"Refined in {fit.rounds} rounds: overlap {fit.before:.0%} → {fit.overlap:.0%}"

    def _trouble_of(self, source: PictureSource | None) -> tuple[tuple[Mask, ...], str]:
        """Objects of which one has to be chosen or was, and why there is no mask."""
        if source is None:
            return (), ""
        asked = self._troubles.get(_asking(source))
        if asked is not None and isinstance(asked.error, SeveralObjectsError):
            return tuple(asked.error.candidates), ""
        failure = self._troubles.get((source.picture, source.masking))
        return (), "" if failure is None or source.mask is not None else failure.sentence

    def _note_trouble(self, lane: str, failure: Failure) -> None:
        source = self.source
        if lane != "complete" or source is None:
            return
        self._troubles[source.picture, source.masking] = failure
        while len(self._troubles) > _MOST_TROUBLES:
            del self._troubles[next(iter(self._troubles))]
        self._page.show_tab("mask")
        self._show()
        if self._controller.importing.is_in_row:
            return  # the next picture is coming
        if isinstance(failure.error, SeveralObjectsError):
            numbers = range(1, min(len(failure.error.candidates), _MOST_ANSWERS) + 1)
            answers = {
                f"Object {n}": lambda n=n: self._controller.do(commands.choose_object, n)
                for n in numbers
            }
            self._asked = (source, failure.sentence)
            self._controller.window.messages.ask(failure.sentence, answers)

    def _pick(self, across: float, down: float) -> None:
        """Choose the object at a place."""
        source = self.source
        candidates, _ = self._trouble_of(source)
        for number, candidate in enumerate(candidates, 1):
            height, width = candidate.inside.shape
            within = 0 <= across < width and 0 <= down < height
            if within and candidate.inside[int(down), int(across)]:
                self._controller.do(commands.choose_object, number)
                return

    def _stroke(self, points: list[Point], radius: float) -> Stroke:
        return Stroke(tuple(points), radius, self._page.masking.tool == "include")

    def _draw_stroke(self, points: list[Point], radius: float) -> None:
        self._next_preview = None
        self._controller.do(commands.add_stroke, self._stroke(points, radius))

    def _preview_stroke(self, points: list[Point], radius: float) -> None:
        """Show the mask as it will be when this stroke ends; one is found after the other."""
        source = self.source
        if source is None:
            return
        strokes = (*source.masking.strokes, self._stroke(points, radius))
        wanted = replace(source.masking, strokes=strokes, object=source.masking.object or 1)
        if self._previewing is None:
            self._find_preview(source, wanted)
        else:
            self._next_preview = wanted

    def _find_preview(self, source: PictureSource, masking: Masking) -> None:
        self._previewing, self._next_preview = masking, None
        image = source.image

        def ended(mask: Mask | None) -> None:
            self._previewing = None
            if not self._page.view.dragging or self.source is not source:
                return
            if mask is not None:
                self.display.show_live_mask(mask)
            if self._next_preview is not None:
                self._find_preview(source, self._next_preview)

        self._controller.storage.submit(
            _PREVIEW_LANE,
            "",
            lambda job: masking.find(image),
            ended,
            lambda failure: ended(None),  # said when the stroke is drawn
        )

    def _end_preview(self) -> None:
        self._next_preview = None
        self.display.show_live_mask(None)

    def _turn(self, azimuth: float, elevation: float, distance: float) -> None:
        """Correct the camera by hand: what it sees still fills the mask's bounds."""
        source, camera, result = self.source, self.camera, self._controller.display.result
        if source is None or source.mask is None or camera is None or result is None:
            return
        turned = turned_to(camera, azimuth, elevation, distance, result.mesh, source.mask.bounds)
        dragging = self._controller.dragging == _CAMERA
        self._controller.do(commands.set_camera, turned, merge=_CAMERA if dragging else None)


def _asking(source: PictureSource) -> tuple[Picture, Masking]:
    """By whom it was asked which object is meant."""
    return source.picture, replace(source.masking, object=None)


def _facts(source: PictureSource) -> PictureFacts:
    mask = source.mask
    return PictureFacts(
        source.path.name if source.path else "Picture",
        source.image.size,
        (*source.image.notes, *(() if mask is None else mask.notes)),
    )
