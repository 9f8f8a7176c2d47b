"""Asks what a film shall be like."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QWidget,
)

from occviewer.gui.buttons import foot
from occviewer.gui.panels.choices import choice

MOST_FRAMES = 5000

KINDS = (
    ("MP4 film", ".mp4"),
    ("GIF film", ".gif"),
    ("PNG pictures in a folder", ""),
    ("Animated GLB for 3D programs", ".glb"),
)
SIZES = ((640, 480), (720, 720), (1280, 720), (1920, 1080), (1080, 1920))
BACKGROUNDS = (
    ("Light", (0.95, 0.955, 0.965)),
    ("White", (1.0, 1.0, 1.0)),
    ("Dark", (0.16, 0.17, 0.19)),
)


@dataclass(frozen=True)
class FilmWish:
    """What a person wants.

    Attributes
    ----------
    suffix : str
        One of `KINDS`.
    size : (int, int)
        Pixels.
    rate : int
        Frames a second.
    seconds : float
        How long it takes.
    turn : float
        Degrees that the camera walks around the shape meanwhile.
    background : (float, float, float)
        Red, green and blue in 0 … 1.
    """

    suffix: str = ".mp4"
    size: tuple[int, int] = (1280, 720)
    rate: int = 24
    seconds: float = 6.0
    turn: float = 0.0
    background: tuple[float, float, float] = BACKGROUNDS[0][1]

    @property
    def frames(self) -> int:
        """Number of pictures."""
        return round(self.seconds * self.rate)


class FilmDialog(QDialog):
    """A form of a few lines; `chosen` tells the wish.

    Parameters
    ----------
    title : str
    wish : FilmWish
        What stands there at first.
    of_track : bool
        Whether it shows the track, which says how long it takes.
    """

    chosen = Signal(object)

    def __init__(self, title: str, wish: FilmWish, of_track: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._wish, self._of_track = wish, of_track
        kinds = KINDS if of_track else KINDS[:-1]
        self.kind = choice("Kind of file", kinds, "What is written.", wish.suffix)
        sizes = [(f"{width} × {height}", (width, height)) for width, height in SIZES]
        self.size_ = choice("Size", sizes, "Width and height of the pictures in pixels.", wish.size)
        self.rate = QSpinBox(self)
        self.rate.setRange(1, 60)
        self.rate.setValue(wish.rate)
        self.rate.setSuffix(" a second")
        self.rate.setToolTip("Pictures a second: more run smoother and take longer to make.")
        self.seconds = _real(0.1, 600.0, wish.seconds, " s")
        self.seconds.setToolTip("How long the film takes; the track says it for its own.")
        self.seconds.setEnabled(not of_track)
        self.turn = _real(-3600.0, 3600.0, wish.turn, "°")
        self.turn.setToolTip("How far the camera walks around the shape; 0 lets it stand still.")
        self.background = choice(
            "Background", BACKGROUNDS, "Colour behind the shape.", wish.background
        )
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.buttons, self.go_on = foot(
            self, "&Export…", "Choose the file and make the film.", self._accept
        )
        self._lay_out()
        for box in (self.kind, self.size_, self.background):
            box.currentIndexChanged.connect(lambda *_: self._changed())
        for spin in (self.rate, self.seconds, self.turn):
            spin.valueChanged.connect(lambda *_: self._changed())
        self._changed()

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        for text, widget in (
            ("&Kind", self.kind),
            ("&Size", self.size_),
            ("&Pictures", self.rate),
            ("&Length", self.seconds),
            ("&Turn", self.turn),
            ("&Background", self.background),
        ):
            widget.setAccessibleName(text.replace("&", ""))
            form.addRow(text, widget)
        form.addRow(self.summary)
        form.addRow(self.buttons)
        self.setMinimumWidth(360)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As much as the form needs."""
        return super().sizeHint().expandedTo(QSize(360, 0))

    def wish(self) -> FilmWish:
        """Read the form."""
        return replace(
            self._wish,
            suffix=self.kind.currentData(),
            size=tuple(self.size_.currentData()),
            rate=self.rate.value(),
            # What is shown is rounded; the film of a track takes as long as the track.
            seconds=self._wish.seconds if self._of_track else self.seconds.value(),
            turn=self.turn.value(),
            background=tuple(self.background.currentData()),
        )

    def _changed(self) -> None:
        wish = self.wish()
        for widget in (self.size_, self.turn, self.background):
            widget.setEnabled(wish.suffix != ".glb")
        fits = 2 <= wish.frames <= MOST_FRAMES
        text = f"{wish.frames:,} pictures in {wish.seconds:g} s, seen as the view shows it now."
        if wish.suffix == ".glb":
            text = f"{wish.frames:,} shapes in {wish.seconds:g} s."
        if not fits:
            text = f"{wish.frames:,} pictures are not possible; take 2 to {MOST_FRAMES:,}."
        self.summary.setText(text)
        self.go_on.setEnabled(fits)

    def _accept(self) -> None:
        self.accept()
        self.chosen.emit(self.wish())


def _real(low: float, high: float, value: float, suffix: str) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setRange(low, high)
    spin.setDecimals(1)
    spin.setValue(value)
    spin.setSuffix(suffix)
    return spin
