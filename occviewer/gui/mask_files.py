"""Files by which the object in a picture is found: a mask, or a network that makes one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from occviewer.document import commands
from occviewer.document.picture_source import Picture
from occviewer.errors import ObservationError
from occviewer.gui.failures import Failure
from occviewer.observations.image import IMAGE_SUFFIXES
from occviewer.observations.masking import require_onnxruntime, saliency_model

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller

_LANE = "mask file"


class MaskFiles:
    """Asks for such files, and gives them to the document once they were read."""

    def __init__(self, controller: Controller) -> None:
        self._controller, self._window = controller, controller.window
        controller.window.picture.masking.file_wanted.connect(self._ask_mask)
        controller.window.picture.masking.network_wanted.connect(self._ask_network)

    def take_mask(self, path: Path) -> None:
        """Read a picture that is white, or opaque, at the object, and take it as the mask."""

        def taken(picture: Picture) -> None:
            self._controller.do(commands.give_mask, picture)

        self._controller.compute.submit(
            _LANE,
            f"Reading {path.name}",
            lambda job: Picture.load(path),
            taken,
            self._controller.failed,
        )

    def take_network(self, path: Path) -> None:
        """Open an ONNX file, and let its network find the object."""
        path = path.absolute()  # a session names it

        def opened(model: object) -> None:
            self._controller.preferences.mask_network = path
            self._controller.do(commands.set_mask_network, path)

        self._controller.compute.submit(
            _LANE,
            f"Opening {path.name}",
            lambda job: saliency_model(path),
            opened,
            self._controller.failed,
        )

    def _ask_mask(self) -> None:
        suffixes = " ".join(f"*{suffix}" for suffix in IMAGE_SUFFIXES)
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open mask", "", f"Pictures ({suffixes});;All files (*)"
        )
        if name:
            self.take_mask(Path(name))

    def _ask_network(self) -> None:
        """Ask for an ONNX file, unless none could be opened."""
        try:
            require_onnxruntime("To let a network find the object")
        except ObservationError as error:
            self._controller.failed(Failure(str(error), "", error))
            return
        last = self._controller.preferences.mask_network
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            "Open a network that finds objects (U²-Net, IS-Net or BiRefNet)",
            "" if last is None else str(last),
            "ONNX models (*.onnx);;All files (*)",
        )
        if name:
            self.take_network(Path(name))
