"""The interpolation track: keyframes, and a bar to scrub and play from one to the next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from occviewer.document.settings import SECONDS
from occviewer.gui.panels.keyframes import Keyframes
from occviewer.gui.panels.shelf import ShelfItem

_STEPS = 1000  # of the bar, from one keyframe to the next
_NEAR = 12  # so many steps from a keyframe the bar means the keyframe itself


class ScrubBar(QSlider):
    """A slider that jumps to where it is pressed."""

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Bring the handle under the pointer, so that a drag goes on from there."""
        if event.button() == Qt.MouseButton.LeftButton:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            part, kind = QStyle.SubControl, QStyle.ComplexControl.CC_Slider
            handle = self.style().subControlRect(kind, option, part.SC_SliderHandle, self)
            groove = self.style().subControlRect(kind, option, part.SC_SliderGroove, self)
            if not handle.contains(event.position().toPoint()):
                at = round(event.position().x()) - groove.x() - handle.width() // 2
                room = groove.width() - handle.width()
                value = QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, room)
                self.setSliderDown(True)
                self.setValue(value)
        super().mousePressEvent(event)


class TrackPanel(QWidget):
    """What the interpolation track shows; positions count keyframes, the first is at 0."""

    add_wanted = Signal()
    film_wanted = Signal()
    play_wanted = Signal()
    """Play, or stop where it plays."""
    loop_chosen = Signal(bool)
    seconds_chosen = Signal(float)
    scrubbed = Signal(float)
    """The person moved the bar to a position."""
    grabbed = Signal()
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keyframes = Keyframes(self)
        self.play = QToolButton(self)
        self.play.setAutoRaise(True)
        self.bar = ScrubBar(Qt.Orientation.Horizontal, self)
        self.bar.setAccessibleName("Position on the track")
        self.bar.setToolTip("Drag to see the shapes between the keyframes.")
        self.bar.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.bar.setTickInterval(_STEPS)
        self.bar.setSingleStep(_STEPS // 20)
        self.bar.setPageStep(_STEPS // 4)
        self.time = QLabel(self)
        self.time.setAccessibleName("Time on the track")
        self.add = QPushButton("&Add from shelf", self)
        self.add.setToolTip("Put the shapes that are selected on the shelf at the track's end.")
        self.seconds = QDoubleSpinBox(self)
        self.seconds.setRange(*SECONDS)
        self.seconds.setDecimals(2)
        self.seconds.setSingleStep(0.5)
        self.seconds.setSuffix(" s a step")
        self.seconds.setKeyboardTracking(False)
        self.seconds.setAccessibleName("Seconds from one keyframe to the next")
        self.seconds.setToolTip("Time from one keyframe to the next.")
        self.loop = QCheckBox("L&oop", self)
        self.loop.setToolTip("Let the last shape become the first again, and play on.")
        self.film = QPushButton("F&ilm…", self)
        self.film.setToolTip("Export the track as a film or an animated GLB.")
        for button in (self.add, self.film, self.loop):
            button.setAccessibleName(button.text().replace("&", "").rstrip("…"))
        self._lay_out()
        self._connect()
        self.show_playing(False)
        self.show_track((), 2.0, False, "")

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.play)
        above.addWidget(self.bar, 1)
        above.addWidget(self.time)
        below.addWidget(self.add)
        below.addStretch(1)
        for widget in (self.seconds, self.loop, self.film):
            below.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(self.keyframes, 1)
        layout.addLayout(above)
        layout.addLayout(below)

    def _connect(self) -> None:
        self.add.clicked.connect(lambda *_: self.add_wanted.emit())
        self.film.clicked.connect(lambda *_: self.film_wanted.emit())
        self.play.clicked.connect(lambda *_: self.play_wanted.emit())
        self.loop.toggled.connect(self.loop_chosen)
        self.seconds.valueChanged.connect(self.seconds_chosen)
        self.bar.sliderPressed.connect(self.grabbed)
        self.bar.valueChanged.connect(lambda step: self.scrubbed.emit(self._snapped(step)))
        self.bar.sliderReleased.connect(self.released)

    def show_track(
        self, items: Sequence[ShelfItem], seconds: float, loop: bool, why_not: str
    ) -> None:
        """Show the document's track without telling anybody.

        Parameters
        ----------
        items : sequence of ShelfItem
            The keyframes in their order.
        seconds : float
            From one to the next.
        loop : bool
        why_not : str
            Why it cannot be played; empty where it can.
        """
        self.keyframes.show_keyframes(items)
        with QSignalBlocker(self.seconds), QSignalBlocker(self.loop), QSignalBlocker(self.bar):
            self.seconds.setValue(seconds)
            self.loop.setChecked(loop)
            stretches = len(items) if loop else len(items) - 1
            self.bar.setRange(0, _STEPS * max(stretches, 1))
        for widget in (self.play, self.bar, self.film):
            widget.setEnabled(not why_not)
        self.film.setToolTip(why_not or "Export the track as a film or an animated GLB.")
        self.time.setToolTip(why_not)
        self._show_time()

    def show_position(self, position: float) -> None:
        """Move the bar without telling anybody; while it is dragged the hand wins."""
        if not self.bar.isSliderDown():
            with QSignalBlocker(self.bar):
                self.bar.setValue(round(position * _STEPS))
        self._show_time()

    def show_playing(self, playing: bool) -> None:
        """Show whether it plays."""
        self._playing = playing
        self._draw_icon()
        self.play.setToolTip(f"{'Stop' if playing else 'Play the track'} (Shift+Space)")
        self.play.setAccessibleName("Stop" if playing else "Play")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the icon in the colour of the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_playing"):
            self._draw_icon()

    def _draw_icon(self) -> None:
        import qtawesome

        colour = self.palette().color(QPalette.ColorRole.ButtonText).name()
        name = "mdi6.pause" if self._playing else "mdi6.play"
        self.play.setIcon(qtawesome.icon(name, color=colour))

    def _snapped(self, step: int) -> float:
        nearest = round(step / _STEPS)
        return float(nearest) if abs(step - nearest * _STEPS) <= _NEAR else step / _STEPS

    def _show_time(self) -> None:
        now, end = (step / _STEPS * self.seconds.value() for step in (
            self.bar.value(), self.bar.maximum()))  # fmt: skip
        self.time.setText(f"{now:.1f} / {end:.1f} s" if self.bar.isEnabled() else "")
