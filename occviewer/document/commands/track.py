"""Changes of the interpolation track and of the pad that blends four shapes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from occviewer.document.checks import require
from occviewer.document.commands.change import Change, counted, quoted, with_new_shape
from occviewer.document.commands.shelf import take_code
from occviewer.document.settings import CORNERS, BlendPad, Track
from occviewer.document.shape import Shape
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


def remove_keyframes(document: Document, places: Iterable[int]) -> Change:
    """Take the keyframes at some places (from 0) off the track, in one step."""
    now, gone = list(document.track.keyframes), sorted(set(places))
    for place in gone:
        require(0 <= place < len(now), f"The track has no keyframe at {place}.")
    title = f"Remove {counted(len(gone), 'shape')} from track"
    if len(gone) == 1:
        title = f"Remove {quoted(document.entry(now[gone[0]]).name)} from track"
    kept = tuple(key for place, key in enumerate(now) if place not in gone)
    return Change(title, _with_track(document, replace(document.track, keyframes=kept)))


def move_keyframes(document: Document, places: Iterable[int], to: int) -> Change:
    """Put the keyframes at some places (from 0) before the one that is at `to` now."""
    now, moved = list(document.track.keyframes), sorted(set(places))
    for place in moved:
        require(0 <= place < len(now), f"The track has no keyframe at {place}.")
    to = max(0, min(to, len(now)))
    before = [key for place, key in enumerate(now[:to]) if place not in moved]
    after = [key for place, key in enumerate(now[to:], to) if place not in moved]
    order = (*before, *(now[place] for place in moved), *after)
    title = f"Move {counted(len(moved), 'shape')} on track"
    if len(moved) == 1:
        title = f"Move {quoted(document.entry(now[moved[0]]).name)} on track"
    return Change(title, _with_track(document, replace(document.track, keyframes=order)))


def clear_track(document: Document) -> Change:
    """Take every keyframe off the track."""
    return Change("Clear track", _with_track(document, replace(document.track, keyframes=())))


def rest_on_track(
    document: Document, code: Code, position: float, threshold: float | None
) -> Change:
    """Go on with the shape between two keyframes at which the track was stopped.

    Parameters
    ----------
    document : Document
        With the model whose code it is.
    code : Code
        The shape there; it is shown whole, with all sliders at rest.
    position : float
        0 at the first keyframe, 1 at the second.
    threshold : float, optional
        At which the surface lies there; None is the model's own.
    """
    extraction = replace(document.extraction, threshold=threshold)
    changed = with_new_shape(replace(document, extraction=extraction), Shape(code=code))
    return Change(f"Shape at {position + 1:.2f} of the track", changed)


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
