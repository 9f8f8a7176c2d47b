"""Brings files and the clipboard into the document: one shape, or a row of them on the shelf."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication, QImage

from occviewer.document.picture_source import Picture
from occviewer.document.shape import Shape
from occviewer.document.shape_source import Kind
from occviewer.errors import ObservationError
from occviewer.gui.failures import Failure
from occviewer.gui.reading import Import, of_picture, read
from occviewer.observations.image import IMAGE_SUFFIXES, Image

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller
    from occviewer.gui.worker import Job

_LANE = "import"
_WHAT: dict[Kind, str] = {"cloud": "scans", "picture": "pictures", "voxels": "voxels"}
_TRAINING = "train it for them with  occviewer train-image"
_ENCODED = ("image/png", "image/jpeg", "image/tiff", "image/webp", "image/bmp")


class Importing(QObject):
    """Reads in the compute thread; a row of files goes to the shelf one after the other."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._row: deque[Path] = deque()
        self._wanted = 0
        self._waiting: object = None  # what was read, until its shape is there
        self._name, self._left_out, self._depth = "", list[str](), list[str]()
        self._refused = set[Kind]()
        controller.pipeline.failed.connect(self._shape_failed)
        controller.history.add_listener(self._document_changed)

    def close(self) -> None:
        """Listen no more."""
        self._controller.history.remove_listener(self._document_changed)

    def file(self, path: Path, *, depth: bool | None = None) -> None:
        """Begin a new shape with a file.

        Parameters
        ----------
        path : Path
        depth : bool, optional
            Whether a picture is one of depth; by default that is told from its bits.
        """
        self.stop()
        model = self._controller.pipeline.model
        name = "" if model is None else model.name
        self._controller.compute.submit(
            _LANE,
            f"Reading {path.name}",
            lambda job: read(path, depth=depth, model=name),
            partial(self._take, path),
            self._controller.failed,
        )

    def row(self, paths: list[Path]) -> None:
        """Make a shape of each of several files, and put them on the shelf."""
        self.stop()
        self._row, self._wanted = deque(paths), len(paths)
        self._next()

    def paste(self) -> None:
        """Begin a new shape with what is on the clipboard: files, or a picture."""
        clipboard = QGuiApplication.clipboard()
        content = clipboard.mimeData()
        paths = [Path(url.toLocalFile()) for url in content.urls() if url.isLocalFile()]
        encoded = next((kind for kind in _ENCODED if kind in content.formats()), "")
        if paths:
            self._controller.files.open_all(paths)
        elif encoded and not clipboard.ownsClipboard():
            data = bytes(content.data(encoded).data())
            self._paste(lambda job: of_picture(Picture.of(Image.decode(data))))
        elif content.hasImage():
            image = QImage(content.imageData())  # drawn in this thread, read in the other
            self._paste(lambda job: of_picture(Picture.of(_image_of(image))))
        else:
            self._controller.window.messages.show_message(
                "note", "There is neither a picture nor a file on the clipboard; copy one first."
            )

    @property
    def is_in_row(self) -> bool:
        """Whether more files of a row will come after this one."""
        return bool(self._row)

    def stop(self) -> None:
        """Read no more of a row."""
        self._row.clear()
        self._wanted, self._waiting = 0, None
        self._left_out, self._depth, self._refused = [], [], set()

    def _paste(self, work: Callable[[Job], Import]) -> None:
        self.stop()
        self._controller.compute.submit(
            _LANE,
            "Reading the clipboard",
            work,
            self._take_pasted,
            self._controller.failed,
        )

    def _take_pasted(self, found: Import) -> None:
        self._begin(found)

    def _take(self, path: Path, found: Import) -> None:
        if not self._begin(found):
            return
        self._controller.preferences.add_recent(path)
        self._controller.files.show_recent()
        if found.is_depth and _may_be_colours(path):
            self._controller.window.messages.ask(
                f"{path.name} has one channel of 16 bits, so it was read as a depth picture; set "
                "its field of view, or give its camera matrix, in the source panel.",
                {"Open as a picture": lambda: self.file(path, depth=False)},
                "note",
            )

    def _begin(self, found: Import) -> bool:
        """Begin a shape, if the open model takes what was read."""
        controller = self._controller
        takes = controller.studio.takes
        if controller.pipeline.ready and found.kind is not None and found.kind not in takes:
            if found.kind not in self._refused:
                self._refuse(found)
            if self._wanted:  # of a row: once is enough
                self._refused.add(found.kind)
            return False
        controller.display.fit_next()
        return controller.do(found.command)

    def _refuse(self, found: Import) -> None:
        from occviewer.models.observed import taken

        model = self._controller.pipeline.model
        assert model is not None
        assert found.kind is not None
        answers = {
            f"Use {other}": partial(self._use, other, found)
            for other in _shipped_for(found.kind)[:1]
        }
        remedy = "choose another model in the Model panel"
        if not answers and found.kind == "picture" and not model.info.family:
            remedy = _TRAINING
        self._controller.window.messages.ask(
            f"The model {model.name!r} makes no shapes of {_WHAT[found.kind]} but takes "
            f"{taken(model.network)}; {remedy}.",
            answers,
        )

    def _use(self, model: str, found: Import) -> None:
        self._controller.choose_model(model)
        self._controller.display.fit_next()
        self._controller.do(found.command)

    def _next(self) -> None:
        """Read the next file of a row, or say how it went."""
        if not self._row:
            self._end()
            return
        path = self._row.popleft()
        self._name, number = path.name, self._wanted - len(self._row)
        title = f"Reading {path.name} ({number} of {self._wanted})"
        model = self._controller.pipeline.model
        opened = "" if model is None else model.name

        def arrived(found: Import) -> None:
            if not self._begin(found):
                self._leave_out()
                return
            if found.is_depth and _may_be_colours(path):
                self._depth.append(path.name)
            self._waiting = _content(self._controller.document.shape)
            self._document_changed()  # a code needs no encoding

        def refused(failure: Failure) -> None:
            self._controller.failed(failure)
            self._leave_out()

        self._controller.compute.submit(
            _LANE, title, lambda job: read(path, model=opened), arrived, refused
        )

    def _end(self) -> None:
        left_out, wanted, depth = self._left_out, self._wanted, self._depth
        self.stop()
        if depth:
            self._controller.window.messages.show_message(
                "note",
                f"Read as depth pictures, which have one channel of 16 bits: {', '.join(depth)}; "
                "set their cameras in the source panel, or open one alone to take it as a picture.",
            )
        if left_out:
            self._controller.window.messages.show_message(
                "warning",
                f"Of {wanted} files {len(left_out)} gave no shape: {', '.join(left_out)}. Open "
                "them one at a time to see to them.",
            )

    def _document_changed(self) -> None:
        """Capture the shape that was waited for, and go on with the next."""
        shape = self._controller.document.shape
        if self._waiting is None:
            return
        if _content(shape) is not self._waiting:
            self.stop()  # the person went on with something else
        elif shape.code is not None:
            self._waiting = None
            # Not while the history tells everybody of this change.
            QTimer.singleShot(0, self, self._capture)

    def _capture(self) -> None:
        if self._wanted:
            # A code has no source that would give it a name.
            has_source = self._controller.document.shape.source is not None
            self._controller.shelf.capture("" if has_source else Path(self._name).stem)
            self._next()

    def _shape_failed(self, lane: str, failure: Failure) -> None:
        if self._waiting is not None:
            self._leave_out()

    def _leave_out(self) -> None:
        """Leave a file of a row out; why was said by who tried."""
        self._waiting = None
        self._left_out.append(self._name)
        self._next()


def _may_be_colours(path: Path) -> bool:
    """Whether a depth picture could be opened as a picture instead."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def _content(shape: Shape) -> object:
    """Give what a shape was read from, whatever was found out about it since."""
    if shape.picture is not None:
        return shape.picture.picture
    if shape.scan is not None:
        return shape.scan.cloud
    return shape.code if shape.voxels is None else shape.voxels.grid


def _shipped_for(kind: Kind) -> list[str]:
    """Names of the models that ship and take a kind of source."""
    from occviewer.models.checkpoint import has_image_encoder
    from occviewer.models.shipped import shipped_models

    return [
        name
        for name, path in shipped_models().items()
        if (has_image_encoder(path) if kind == "picture" else kind == "cloud")
    ]


def _image_of(image: QImage) -> Image:
    """Take over an image of Qt; a large one takes a while.

    Raises
    ------
    ObservationError
        It is empty, or too small to show a shape.
    """
    import numpy as np
    from PIL import Image as Pillow

    from occviewer.observations.image import LARGEST_SIDE

    if image.isNull():
        raise ObservationError("The picture on the clipboard cannot be read; copy it again.")
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    width, height = image.width(), image.height()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    pixels = rows[:, : 4 * width].reshape(height, width, 4)
    notes = []
    if max(width, height) > LARGEST_SIDE:
        small = Pillow.fromarray(pixels)
        small.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Pillow.Resampling.LANCZOS)
        notes.append(
            f"was scaled down from {width:,} x {height:,} to {small.width:,} x {small.height:,}"
        )
        pixels = np.asarray(small)
    return Image(pixels, notes=notes)
