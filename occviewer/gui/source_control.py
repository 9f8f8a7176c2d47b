"""What the source panel's controls do to the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from occviewer.document import commands
from occviewer.document.source import LARGEST_SEED
from occviewer.gui.matrix_dialog import MatrixDialog

if TYPE_CHECKING:
    from occviewer.document.source import Source
    from occviewer.gui.controller import Controller


class SourceControl(QObject):
    """Connects the source panel of a window."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        panel = controller.window.source
        panel.open_wanted.connect(controller.files.open)
        panel.placement_chosen.connect(self._place)
        panel.place_again_wanted.connect(self.place_again)
        panel.restore_wanted.connect(controller.window.actions_["source.restore"].trigger)
        panel.subsample_chosen.connect(self._subsample)
        panel.noise_changed.connect(self._add_noise)
        panel.draw_again_wanted.connect(self._draw_again)
        panel.field_of_view_changed.connect(self._set_field_of_view)
        panel.matrix_wanted.connect(self.ask_matrix)
        panel.grabbed.connect(controller.grab)
        panel.released.connect(controller.release)
        controller.window.actions_.on("source.restore", self.restore)

    @property
    def source(self) -> Source | None:
        """The document's present source."""
        return self._controller.document.shape.scan

    def place_again(self) -> None:
        """Let the model search the place of the cloud."""
        self._controller.do(commands.set_alignment)

    def restore(self) -> None:
        """Take back deleted points and the crop box; the cloud stays where it lies."""
        self._controller.do(commands.in_place, commands.restore_points)

    def ask_matrix(self) -> None:
        """Ask for the camera matrix of a depth picture."""
        camera = None if self.source is None else self.source.depth_camera
        if camera is not None:
            dialog = MatrixDialog(camera, self._controller.window)
            dialog.chosen.connect(lambda given: self._controller.do(commands.set_intrinsics, given))
            dialog.open()

    def _place(self, up: str, yaw: float | None) -> None:
        if up == "auto":
            self.place_again()
        else:
            align = "auto" if yaw is None else "none"
            merge = None if yaw is None else "yaw"
            self._controller.do(commands.set_alignment, align, up, yaw, merge=merge)

    def _subsample(self, count: int) -> None:
        self._controller.do(commands.in_place, commands.subsample, count or None, merge="subsample")

    def _add_noise(self, noise: float) -> None:
        self._controller.do(commands.in_place, commands.add_noise, noise, merge="noise")

    def _set_field_of_view(self, degrees: float) -> None:
        self._controller.do(commands.set_field_of_view, degrees, merge="field of view")

    def _draw_again(self) -> None:
        if self.source is not None:
            seed = (self.source.seed + 1) % (LARGEST_SEED + 1)
            self._controller.do(commands.in_place, commands.set_source_seed, seed)
