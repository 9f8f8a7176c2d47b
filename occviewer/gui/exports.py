"""Writes meshes, codes and pictures: asks how and where, and lets the other threads do it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize

from occviewer.extraction import EXPORT_REFINEMENT
from occviewer.gui.export_choice import FORMATS, ExportChoice, size_in_words
from occviewer.gui.export_dialog import ExportDialog
from occviewer.gui.matting import merged
from occviewer.gui.picture_dialog import PictureDialog
from occviewer.gui.picture_painting import paint_with, painted_by
from occviewer.gui.questions import ask_path

if TYPE_CHECKING:
    from occviewer.arrays import UInt8Array
    from occviewer.document.shape import Shape
    from occviewer.gui.controller import Controller
    from occviewer.gui.worker import Job
    from occviewer.meshes import Mesh
    from occviewer.meshes.export_options import Sides

# The part of an export that is over when its mesh is made.
_MADE = 0.8


class Exports:
    """Everything of a controller that leaves the program, but for sessions."""

    def __init__(self, controller: Controller) -> None:
        self._controller, self._window = controller, controller.window
        self._choice = ExportChoice()
        self._picture = (1, False)

    def open_mesh(self) -> ExportDialog | None:
        """Ask how the mesh is to be written; None where there is none yet."""
        result = self._controller.display.result
        if result is None or self._controller.document.shape.code is None:
            self._window.messages.show_message(
                "note", "There is no mesh to export yet; wait until the shape is there."
            )
            return None
        width, height, depth = np.ptp(result.mesh.bounds, axis=0) / result.code.placement.scale
        upright: Sides = (float(width), float(height), float(depth))
        as_scan = result.size if any(result.size) else upright
        shape = self._controller.document.shape
        choice, coloured = self._choice, _what_colours(shape)
        if shape.picture is not None and shape.picture.textured and choice.colours == "none":
            choice = replace(choice, colours="scan")  # as it is seen
        resolution = self._controller.document.extraction.resolution
        dialog = ExportDialog(choice, upright, as_scan, resolution, coloured, self._window)
        dialog.chosen.connect(self._name_mesh)
        dialog.open()
        return dialog

    def write_mesh(self, choice: ExportChoice, path: Path) -> None:
        """Make the mesh as it was chosen and write it, in the compute thread."""
        document, studio = self._controller.document, self._controller.studio
        shape = document.shape
        code, edit = shape.code, shape.edit
        if code is None:
            return

        def work(job: Job) -> str:
            made = studio.mesh(
                code,
                edit,
                document.extraction,
                live=False,
                cancel=job.cancelled,
                progress=lambda share: job.progress(_MADE * share),
                refine=EXPORT_REFINEMENT if choice.refined else 0,
                resolution=choice.resolution or None,
            )
            mesh = self._coloured(made.mesh, choice, shape, job)
            job.progress(_MADE + 0.1)
            sides = choice.options.size_of(mesh, code.placement)
            choice.options.arranged(mesh, code.placement).save(path, cancel=job.cancelled)
            closed = "" if made.watertight else " It is not closed: look at it before printing."
            size = size_in_words(sides, choice.options.unit)
            return f"Wrote {path}: {len(mesh.faces):,} triangles, {size}.{closed}"

        self._controller.compute.submit(
            f"export {path}", f"Writing {path.name}", work, self._note, self._controller.failed
        )

    def export_code(self) -> None:
        """Ask for a file and write the code to it."""
        shape = self._controller.document.shape
        code, edit = shape.code, shape.edit
        if code is None:
            return
        path = ask_path(self._window, "Export code", f"{self._stem()}.npz", "Codes", ".npz")
        if path is None:
            return
        self._controller.compute.submit(
            f"export {path}",
            f"Writing {path.name}",
            lambda job: self._controller.studio.latent.edited(code, edit).save(path),
            lambda nothing: self._note(f"Wrote {path}."),
            self._controller.failed,
        )

    def open_picture(self) -> PictureDialog:
        """Ask how a picture of the view is to be."""
        canvas = self._window.viewport.canvas
        ratio = canvas.devicePixelRatioF()
        size = QSize(round(canvas.width() * ratio), round(canvas.height() * ratio))
        dialog = PictureDialog(size, *self._picture, self._window)
        dialog.chosen.connect(self._name_picture)
        dialog.open()
        return dialog

    def write_picture(self, path: Path, factor: int, transparent: bool) -> None:
        """Draw what the view shows and write it; only the drawing keeps the window waiting."""
        drawings = self._window.viewport.drawings(factor, transparent=transparent)
        self._controller.storage.submit(
            f"picture {path}",
            f"Writing {path.name}",
            lambda job: _write_png(merged(drawings), path),
            lambda nothing: self._note(f"Wrote {path}."),
            self._controller.failed,
        )

    def _name_mesh(self, choice: ExportChoice) -> None:
        self._choice = choice
        suffix = choice.suffix
        text = next(text for text, known in FORMATS if known == suffix)
        path = ask_path(self._window, "Export mesh", f"{self._stem()}{suffix}", text, suffix)
        if path is not None:
            self.write_mesh(choice, path)

    def _name_picture(self, factor: int, transparent: bool) -> None:
        self._picture = (factor, transparent)
        path = ask_path(self._window, "Save picture", f"{self._stem()}.png", "PNG", ".png")
        if path is not None:
            self.write_picture(path, factor, transparent)

    def _coloured(self, mesh: Mesh, choice: ExportChoice, shape: Shape, job: Job) -> Mesh:
        """Colour a mesh (box frame); runs in the compute thread."""
        from occviewer.meshes.colouring import by_normals, uniform

        match choice.colours:
            case "uniform":
                return uniform(mesh, choice.colour)
            case "normals":
                return by_normals(mesh)
            case "scan" if shape.picture is not None:
                paint = paint_with(shape.picture, shape.code)
                return mesh if paint is None else painted_by(mesh, paint)
            case "scan" if shape.scan is not None and shape.code is not None:
                colouring, placement = self._controller.studio.colouring, shape.code.placement
                return colouring.laid_on(mesh, shape.scan, placement, job.cancelled)
            case _:
                return replace(mesh, colors=None)

    def _stem(self) -> str:
        source = self._controller.document.shape.source
        return (source.name if source is not None else "") or "shape"

    def _note(self, text: str) -> None:
        self._window.messages.show_message("note", text)


def _what_colours(shape: Shape) -> str:
    """Name what the mesh of a shape can take colours from; empty for nothing."""
    if shape.picture is not None:
        return "picture"
    return "scan" if shape.scan is not None and shape.scan.cloud.colors is not None else ""


def _write_png(pixels: UInt8Array, path: Path) -> None:
    """Write a picture whole or not at all.

    Raises
    ------
    MeshError
        It cannot be written.
    """
    from PIL import Image

    from occviewer.errors import MeshError
    from occviewer.files import write_whole

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    write_whole(path, content.getvalue(), MeshError)
