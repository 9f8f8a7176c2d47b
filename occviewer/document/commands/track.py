"""Changes of the interpolation track and of the pad that blends four shapes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from occviewer.document.checks import require
from occviewer.document.commands.change import Change, counted, quoted
from occviewer.document.commands.shelf import take_code
from occviewer.document.settings import CORNERS, BlendPad, Track
from occviewer.document.state import Document

if TYPE_CHECKING:
    from occviewer.models.codes import Code


def add_keyframes(document: Document, ids: Iterable[str], index: int | None = None) -> Change:
    """Put shapes of the shelf on the track, at its end or before a place (from 0)."""
    names = [(id, document.entry(id).name) for id in ids]
    now = list(document.track.keyframes)
    place = len(now) if index is None else max(0, min(index, len(now)))
    now[place:place] = [id for id, _ in names]
    title = f"Add {quoted(names[0][1])} to track" if len(names) == 1 else _added(len(names))
    return Change(title, _with_track(document, replace(document.track, keyframes=tuple(now))))


def remove_keyframe(document: Document, index: int) -> Change:
    """Take the keyframe at a place (from 0) off the track."""
    now = list(document.track.keyframes)
    require(0 <= index < len(now), f"The track has no keyframe at {index}.")
    name = document.entry(now.pop(index)).name
    track = replace(document.track, keyframes=tuple(now))
    return Change(f"Remove {quoted(name)} from track", _with_track(document, track))


def move_keyframe(document: Document, index: int, to: int) -> Change:
    """Put the keyframe at a place (from 0) elsewhere on the track; beyond the end is the end."""
    now = list(document.track.keyframes)
    require(0 <= index < len(now), f"The track has no keyframe at {index}.")
    key = now.pop(index)
    now.insert(max(0, min(to, len(now))), key)
    title = f"Move {quoted(document.entry(key).name)} on track"
    return Change(title, _with_track(document, replace(document.track, keyframes=tuple(now))))


def clear_track(document: Document) -> Change:
    """Take every keyframe off the track."""
    return Change("Clear track", _with_track(document, replace(document.track, keyframes=())))


def set_step_seconds(document: Document, seconds: float) -> Change:
    """Take more or less time from one keyframe to the next."""
    track = replace(document.track, seconds=seconds)
    return Change(f"{track.seconds:g} s a step", _with_track(document, track))


def set_loop(document: Document, loop: bool) -> Change:
    """Let the last keyframe become the first again, or not."""
    title = "Loop track" if loop else "Do not loop track"
    return Change(title, _with_track(document, replace(document.track, loop=loop)))


def set_pad_corner(document: Document, corner: int, id: str | None) -> Change:
    """Put a shape of the shelf at a corner (0 … 3) of the pad, or none."""
    require(0 <= corner < CORNERS, f"The pad has no corner {corner}.")
    corners = list(document.pad.corners)
    corners[corner] = id
    title = f"Empty corner {corner + 1} of pad"
    if id is not None:
        title = f"Put {quoted(document.entry(id).name)} on pad"
    return Change(title, _with_pad(document, replace(document.pad, corners=tuple(corners))))


def set_pad_position(document: Document, u: float, v: float) -> Change:
    """Move on the pad, 0 … 1 to the right and upwards; the shape stays."""
    pad = replace(document.pad, u=u, v=v)
    return Change(f"Blend at ({pad.u:.2f}, {pad.v:.2f})", _with_pad(document, pad))


def take_blend(document: Document, u: float, v: float, code: Code) -> Change:
    """Move on the pad, and go on with what its shapes blend to there.

    Parameters
    ----------
    document : Document
        With the model whose code it is.
    u, v : float
        See `set_pad_position`.
    code : Code
        The blend; all of its detail is shown.
    """
    title, moved = set_pad_position(document, u, v)
    return take_code(moved, code, title, detail=1.0)


def _added(count: int) -> str:
    return f"Add {counted(count, 'shape')} to track"


def _with_track(document: Document, track: Track) -> Document:
    return document if track == document.track else replace(document, track=track)


def _with_pad(document: Document, pad: BlendPad) -> Document:
    return document if pad == document.pad else replace(document, pad=pad)
