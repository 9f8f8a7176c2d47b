"""Shows the document and what was computed of it in the window's widgets."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.document.history import History
from occviewer.document.model_reference import ModelReference
from occviewer.document.state import Document
from occviewer.gui.actions import Actions
from occviewer.gui.cloud_view import CloudView
from occviewer.gui.devices import devices
from occviewer.gui.failures import Failure
from occviewer.gui.main_window import MainWindow
from occviewer.gui.model_facts import about
from occviewer.gui.panels.extraction_panel import MeshFacts
from occviewer.gui.panels.shelf import ShelfItem
from occviewer.gui.pipeline import Pipeline
from occviewer.gui.source_facts import show_source
from occviewer.gui.studio import MeshResult
from occviewer.gui.theme import is_dark
from occviewer.gui.viewport import Background, Shading, Thing
from occviewer.gui.worker import ComputeThread

if TYPE_CHECKING:
    from occviewer.document.shape_source import ShapeSource
    from occviewer.models import Code, Model

_DEFAULT_THRESHOLD = 0.5
_ONLY_CODES = (
    "This model takes no scan: press “New shapes” (Ctrl+R), take a stored shape, or open a code."
)


class Display:
    """One direction only: from the document to the widgets.

    Attributes
    ----------
    points_hidden : bool
        Whether what is shown is not the document's shape, so that its points are hidden.
    """

    def __init__(
        self, window: MainWindow, pipeline: Pipeline, history: History, beside: ComputeThread
    ) -> None:
        self._window, self._pipeline, self._history = window, pipeline, history
        self._points_of: tuple[ShapeSource | None, Code | None] = (None, None)
        self.cloud = CloudView(window.viewport, beside, self._cloud_failed)
        self._shelf: object = None
        self._own: dict[str, str] = {}  # paths of models that do not ship, and their names
        self._settings_of: ModelReference | None = None
        self._fit_next = False
        self.points_hidden = False
        self.result: MeshResult | None = None

    def fit_next(self) -> None:
        """Fit the view once to the next shape, since another scan is coming."""
        self._fit_next = True

    def hide_points(self, hidden: bool) -> None:
        """Hide the observed points while what is shown is not the document's shape."""
        self.points_hidden, self._points_of = hidden, (None, None)
        if hidden:
            self._window.viewport.show_points(None)
        else:
            self._show_source(self._history.document)

    def show_document(self, document: Document) -> None:
        """Bring all widgets in step with a document; cheap where nothing changed."""
        window, history = self._window, self._history
        settings = document.extraction
        window.extraction.show_settings(
            resolution=settings.resolution,
            threshold=settings.threshold or self._model_threshold(),
            largest_only=settings.largest_only,
            smoothing=settings.smoothing,
            faces=settings.face_target or 0,
        )
        if document.model is not self._settings_of:
            self.show_settings()
        self._show_source(document)
        self.show_shelf()
        titles, position = history.titles, history.position
        window.history.show_steps(titles[: position + 1], titles[position + 1 :])
        undo, redo = window.actions_["edit.undo"], window.actions_["edit.redo"]
        undo.setEnabled(history.undo_title is not None)
        redo.setEnabled(history.redo_title is not None)
        for action, verb, title in (
            (undo, "Undo", history.undo_title),
            (redo, "Redo", history.redo_title),
        ):
            action.setText(f"&{verb} {title or ''}".strip())
            action.setIconText(verb)
        has_code = document.shape.code is not None
        for name in ("file.export", "file.export_code", "shape.capture", "shape.command"):
            window.actions_[name].setEnabled(has_code)
        window.actions_["file.export_turntable"].setEnabled(has_code)
        # While the track moves it shows shapes that are not the document's.
        window.show_gallery(document.shape.is_empty and not self.points_hidden)
        window.setWindowModified(history.modified)

    def show_model(self, model: Model) -> None:
        """Say which model is open and where it computes."""
        window, info = self._window, model.info
        self._show_models()
        takes_pictures = "picture" in self._pipeline.takes and model.network.observed != "image"
        card = "" if model.path is None else _card(model.path)
        window.model.show_about(about(model, takes_pictures), card)
        self.show_settings()
        window.model.show_devices(devices(), model.device.type)
        window.extraction.show_default_threshold(info.threshold)
        self.show_document(self._history.document)
        self._show_page()
        self._show_status()

    def show_settings(self) -> None:
        """Show what is set of the open model, and what could be."""
        reference, model = self._history.document.model, self._pipeline.model
        self._settings_of = reference
        if model is None:  # and torch, which what follows needs, is not imported yet
            self._window.model.settings.show_settings(())
            return
        from occviewer.models.file_settings import settings_in_force

        given = {} if reference is None else dict(reference.settings)
        self._window.model.settings.show_settings(settings_in_force(model, given))

    def show_failed(self, lane: str) -> None:
        """Show no more of what came before than is still true; see `Pipeline.failed`."""
        if lane == "model":
            self._show_models()
            self._window.model.show_devices(devices(), self._pipeline.device)
        elif lane == "encode":
            scan = self._history.document.shape.scan
            if scan is not None and self.cloud.placement_of(scan) is None:
                self.cloud.clear()

    def _show_models(self) -> None:
        """List the models that ship and those that were opened, the document's as chosen."""
        from occviewer.models.shipped import shipped_models

        reference = self._history.document.model
        if reference is not None and reference.path is not None:
            is_named = reference.label != reference.path.stem
            name = reference.label if is_named else reference.path.name
            self._own[str(reference.path)] = name
        models = [(name, name) for name in shipped_models()]
        models += [(name, path) for path, name in self._own.items()]
        chosen = "" if reference is None else str(reference.location)
        for place in (self._window.model, self._window.gallery):
            place.show_models(models, chosen)

    def show_mesh(self, result: MeshResult | None) -> None:
        """Draw a mesh and say what it is like; None where there is no shape."""
        window = self._window
        self.result = result
        if result is None:
            window.viewport.show_mesh(None)
        else:
            window.viewport.show_mesh(result.mesh, painted=result.painted, moving=result.live)
        self._show_placed(result)
        if result is None:
            window.extraction.show_facts(None)
            self._show_status()
            return
        if not result.live:
            scale = result.code.placement.scale
            window.extraction.show_facts(
                MeshFacts(
                    len(result.mesh.faces),
                    result.watertight,
                    result.mesh.volume / scale**3,
                    result.size,
                    result.resolution,
                    result.seconds,
                )
            )
        if result.remark:
            window.messages.show_message("warning", result.remark)
        if self._fit_next:
            self._fit_next = False
            window.viewport.fit()
        self._show_status()

    def connect_actions(self, actions: Actions) -> None:
        """Let the actions of the view do what they say; none of these changes the document."""
        viewport = self._window.viewport
        shadings: tuple[Shading, ...] = ("smooth", "flat", "wireframe", "normals")
        for shading in shadings:
            actions.on(f"shading.{shading}", partial(viewport.set_shading, shading))
        backgrounds: tuple[Background, ...] = ("gradient", "theme", "light", "dark", "white")
        for background in backgrounds:
            actions.on(f"background.{background}", partial(self._set_background, background))
        actions["shading.smooth"].setChecked(True)
        actions["background.gradient"].setChecked(True)
        things: tuple[Thing, ...] = ("mesh", "points", "box", "floor")
        for what in things:
            actions[f"show.{what}"].setChecked(what != "box")
            actions.on_checked(f"show.{what}", partial(viewport.set_visible, what))
        viewport.set_background("gradient", dark=is_dark())

    def _set_background(self, background: Background) -> None:
        self._window.viewport.set_background(background, dark=is_dark())

    def _model_threshold(self) -> float:
        model = self._pipeline.model
        return _DEFAULT_THRESHOLD if model is None else model.info.threshold

    def _show_source(self, document: Document) -> None:
        shape = document.shape
        source, code, scan = shape.source, shape.code, shape.scan
        if self.points_hidden or (source, code) == self._points_of:
            return
        self._points_of = (source, code)
        self._show_page()
        if scan is None:
            self._window.source.show_facts(None)
            self.cloud.clear()
            return
        counting = scan.counted()
        show_source(self._window.source, scan, code, counting)
        self.cloud.show(scan, code, counting)

    def _show_placed(self, result: MeshResult | None) -> None:
        """Show a cloud whose code is still searched where a preview has it."""
        shape = self._history.document.shape
        if result is None or not result.is_preview or shape.scan is None or self.points_hidden:
            return
        if shape.code is None and self.cloud.placement_of(shape.scan) is None:
            self.cloud.show(shape.scan, result.code, shape.scan.counted())

    def _show_page(self) -> None:
        """Show the page of the document's source, or of the first that the model takes."""
        source = self._history.document.shape.source
        kind = self._pipeline.first_taken if source is None else source.kind
        self._window.sources.show_kind(kind)
        nothing = self._pipeline.model is not None and not self._pipeline.takes
        self._window.source.set_hint(_ONLY_CODES if nothing else "")

    def _cloud_failed(self, failure: Failure) -> None:
        self._window.messages.show_message("error", failure.sentence, failure.details)

    def show_shelf(self, *, anew: bool = False) -> None:
        """Show the document's shelf, if it or the model is another one or it is to be anew."""
        document = self._history.document
        unusable = document.unusable
        if (document.shelf, unusable) == self._shelf and not anew:
            return
        self._shelf = (document.shelf, unusable)
        self._window.shelf.show_items(
            [
                ShelfItem(entry.id, entry.name, entry.preview, entry.id not in unusable)
                for entry in document.shelf
            ]
        )

    def _show_status(self) -> None:
        model, result = self._pipeline.model, self.result
        parts = [] if model is None else [f"{model.name} on {model.device}"]
        if result is not None:
            total = 1000 * sum(result.seconds.values())
            parts.append(f"{result.resolution}³ in {total:.0f} ms")
        self._window.show_status("   ".join(parts))


def _card(model: Path) -> str:
    """Read what a model's maker says of it; empty where there is nothing to read."""
    try:
        return model.with_suffix(".md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
