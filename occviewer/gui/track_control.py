"""Lets the track be edited, scrubbed and played.

While the track moves, the shapes on display are in no document: they come straight from
the compute thread, one at a time and always for the position of the moment, so that a
slow machine leaves out frames and never lags. Where the track comes to rest its shape
becomes the document's, in one step.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QCloseEvent

from occviewer.document import commands
from occviewer.document.commands import Change
from occviewer.document.settings import Track
from occviewer.document.shape import ShelfEntry
from occviewer.gui.failures import Failure
from occviewer.gui.panels.shelf import ShelfItem
from occviewer.gui.track_frames import LANE, TrackFrames
from occviewer.gui.way import Way, title_of, why_no_way
from occviewer.gui.way_finder import WayFinder

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller

_TICK = 33  # milliseconds between two looks at the clock while it plays
_REST = 300  # so long after a key the bar counts as at rest
_PLAYED, _STEPPED = "track played", "track stepped"  # steps that follow each other are one


class TrackControl(QObject):
    """Connects the track's panel, the document and the compute thread.

    Attributes
    ----------
    position : float
        Where the track stands: 0 at the first keyframe, 1 at the second.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._panel = controller, controller.window.track
        self.position = 0.0
        self._way: Way | None = None
        self._shown: object = None  # what the panel shows: keyframes, shelf, model
        self._model: object = None  # whose way it is
        self._moving_from: object = None  # the document's shape when it began to move
        self._frames = TrackFrames(controller, self._frame_shown, self._failed)
        self._finder = WayFinder(controller)
        self._afterwards: Callable[[], object] | None = None
        self._began = (0.0, 0.0)  # time and position from which the clock counts
        self._clock, self._still = QTimer(self), QTimer(self)
        self._clock.setInterval(_TICK)
        self._clock.timeout.connect(self._tick)
        self._still.setSingleShot(True)
        self._still.setInterval(_REST)
        self._still.timeout.connect(lambda: self.rest(_STEPPED))
        self._connect_panel()
        controller.history.add_listener(self._follow)
        controller.pipeline.opened.connect(lambda model: self._begin_anew())
        controller.window.close_wanted.connect(self._close)
        self._follow()

    @property
    def playing(self) -> bool:
        """Whether time goes on."""
        return self._clock.isActive()

    @property
    def moving(self) -> bool:
        """Whether a shape of the track is shown that is not the document's."""
        return self._moving_from is not None

    @property
    def way(self) -> Way | None:
        """The way along the track; None where there is none to go."""
        return self._way

    def add(self, keys: list[str], place: int | None = None) -> None:
        """Put shapes of the shelf on the track; without keys, say how."""
        if keys:
            self._controller.do(commands.add_keyframes, keys, place)
            self._controller.window.raise_panel(self._panel)
        else:
            self._controller.window.messages.show_message(
                "note", "Select one or more shapes on the shelf first, then add them to the track."
            )

    def play(self) -> None:
        """Play on from where the track stands, from the start at its end; stop if it plays."""
        if self.playing:
            self.rest(_PLAYED)
        elif self._way is not None:
            start = 0.0 if self.position >= self._way.length else self.position
            self._still.stop()
            self._began = (time.monotonic(), start)
            self._clock.start()
            self._panel.show_playing(True)
            self.move_to(start)

    def move_to(self, position: float) -> None:
        """Show the shape at a position, coarse, without making it the document's."""
        if self._way is None:
            return
        if not self.moving:
            self._moving_from = self._controller.document.shape
            self._controller.pipeline.hold(True)
            self._controller.display.hide_points(True)
            self._controller.window.show_gallery(False)
        self.position, self._afterwards = position, None
        self._panel.show_position(position)
        self._frames.ask(self._way, position)

    def rest(self, merge: str | None = None) -> None:
        """Come to rest: the shape at the position becomes the document's, in one step.

        Parameters
        ----------
        merge : str, optional
            Steps of the same kind that follow each other become one.
        """
        self._stop_timers()
        way, position = self._way, self.position
        if not self.moving or way is None:
            return
        self._frames.cancel()
        entry, controller = way.entry_at(position), self._controller
        if entry is not None:
            self._settle(commands.take, entry.id, merge=merge)
            return
        threshold = way.threshold_at(position, self._frames.models_threshold)
        controller.compute.submit(
            LANE,
            title_of(way),
            lambda job: way.code_at(position, controller.studio.latent, job.step),
            lambda code: self._settle(
                commands.rest_on_track, code, position, threshold, merge=merge
            ),
            self._failed,
        )

    def at_rest(self, function: Callable[[], object]) -> None:
        """Do something with the document's shape; while the track moves, with the one it shows."""
        if self.moving:
            self._afterwards = function
            self.rest(_PLAYED)
        else:
            function()

    def _connect_panel(self) -> None:
        controller, panel, keyframes = self._controller, self._panel, self._panel.keyframes
        shelf, actions, do = controller.window.shelf, controller.window.actions_, controller.do
        for wanted in (panel.add_wanted.connect, lambda f: actions.on("track.add", f)):
            wanted(lambda: self.add(shelf.selected_keys()))
        shelf.track_wanted.connect(self.add)
        keyframes.dropped.connect(self.add)
        keyframes.moved.connect(lambda places, to: do(commands.move_keyframes, places, to))
        keyframes.remove_wanted.connect(lambda places: do(commands.remove_keyframes, places))
        keyframes.clear_wanted.connect(lambda: do(commands.clear_track))
        keyframes.chosen.connect(self._go_to)
        panel.loop_chosen.connect(lambda on: do(commands.set_loop, on))
        panel.seconds_chosen.connect(
            lambda seconds: do(commands.set_step_seconds, seconds, merge="seconds")
        )
        panel.grabbed.connect(self._stop_timers)
        panel.scrubbed.connect(self._scrubbed)
        panel.released.connect(self.rest)
        panel.play_wanted.connect(self.play)
        actions.on("track.play", self.play)
        actions.on("shape.cancel", lambda: self.rest(_PLAYED))

    def _scrubbed(self, position: float) -> None:
        if self._panel.bar.isSliderDown():
            self.move_to(position)
        else:  # by a key or the wheel, of which more may come
            self._stop_timers()
            self.move_to(position)
            self._still.start()

    def _go_to(self, place: int) -> None:
        if self._way is not None:
            self._stop_timers()
            self.move_to(float(place))
            self.rest()
        elif place < len(self._controller.document.track.keyframes):
            self._controller.do(commands.take, self._controller.document.track.keyframes[place])

    def _tick(self) -> None:
        """Go where the clock says."""
        way, (began, start) = self._way, self._began
        if way is None:
            return
        seconds = self._controller.document.track.seconds
        position = start + (time.monotonic() - began) / seconds
        if position >= way.length and not way.is_loop:
            self.position = float(way.length)
            self._panel.show_position(self.position)
            self.rest(_PLAYED)
        else:
            self.move_to(way.inside(position))

    def _frame_shown(self, position: float) -> None:
        if self.playing:
            self._tick()
        elif self._way is not None and position != self.position:
            self._frames.ask(self._way, self.position)

    def _failed(self, failure: Failure) -> None:
        self._controller.failed(failure)
        if not self._panel.bar.isSliderDown():
            self._give_back()

    def _settle(
        self, command: Callable[..., Change], *arguments: object, merge: str | None
    ) -> None:
        before, afterwards = self._controller.document, self._afterwards
        self._give_back(follow=False)
        self._controller.do(command, *arguments, merge=merge)
        if self._controller.document is before:
            self._controller.pipeline.follow(before)
        if afterwards is not None:
            afterwards()

    def _give_back(self, *, follow: bool = True) -> None:
        """Let the display show the document again."""
        self._stop_timers()
        self._frames.cancel()
        self._afterwards = None
        if self.moving:
            self._moving_from = None
            self._controller.pipeline.hold(False)
            self._controller.display.hide_points(False)
            document = self._controller.document
            if document.shape.is_empty:
                self._controller.display.show_mesh(None)
                self._controller.display.show_document(document)
            if follow:
                self._controller.pipeline.follow(document)

    def _stop_timers(self) -> None:
        self._clock.stop()
        self._still.stop()
        self._panel.show_playing(False)

    def _begin_anew(self) -> None:
        """Make the way again: a model was opened, which knows nothing of the way before.

        Only now is it known by its content, too, which shapes of the shelf are its own.
        """
        self._shown = self._model = None
        self._follow()

    def _follow(self) -> None:
        """Bring the panel and the way in step with the document."""
        document = self._controller.document
        if self.moving and document.shape is not self._moving_from:
            self._give_back()  # something else is wanted now
        unusable = document.unusable
        shown = (document.track, document.shelf, document.model, unusable)
        if shown == self._shown:
            return
        before = self._way if self._model is document.model else None
        self._shown, self._model = shown, document.model
        entries = [document.entry(key) for key in document.track.keyframes]
        why_not = why_no_way(entries, unusable)
        way, loop = None, document.track.loop
        if not why_not:  # what changed may be another shape's name
            kept = before is not None and before.is_of(entries, loop)
            way = before if kept else Way(entries, loop, before)
        if self.playing:  # it goes on from here, at the new pace
            self._began = (time.monotonic(), self.position)
        self._way = way
        self._finder.find(way)
        if way is None:
            self.position = 0.0
            self._give_back()
        else:
            self.position = min(self.position, float(way.length))
        self._show(entries, document.track, why_not, unusable)

    def _show(
        self, entries: list[ShelfEntry], track: Track, why_not: str, unusable: frozenset[str]
    ) -> None:
        items = [ShelfItem(e.id, e.name, e.preview, e.id not in unusable) for e in entries]
        self._panel.show_track(items, track.seconds, track.loop, why_not)
        self._panel.show_position(self.position)
        actions = self._controller.window.actions_
        for name in ("track.play", "file.export_film"):
            actions[name].setEnabled(not why_not)

    def _close(self, event: QCloseEvent) -> None:
        if event.isAccepted():
            self._controller.history.remove_listener(self._follow)
            self._stop_timers()
            self._finder.find(None)
