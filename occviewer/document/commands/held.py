"""Changes of a cloud's points that leave it where it lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from occviewer.document.commands.change import Change, with_shape
from occviewer.document.source import Placing
from occviewer.document.state import Document


def in_place(document: Document, command: Callable[..., Change], *arguments: object) -> Change:
    """Do a command that changes which points count, and keep the cloud where it lies.

    A cloud that the model places would find another place after every point that is
    deleted, and jump under the hand. So the place that was found becomes a given one, as
    if the cloud had been put there by hand; `set_alignment` lets the model search anew.
    Where no place was found yet there is none to keep.

    Parameters
    ----------
    document : Document
        With a cloud.
    command : callable
        Of those that change points: `delete_points`, `set_crop_box`, `restore_points`,
        `subsample`, `add_noise`, `set_source_seed`.
    arguments
        Of the command.
    """
    title, changed = command(document, *arguments)
    code, source = document.shape.code, changed.shape.scan
    if changed is document or code is None or source is None:
        return Change(title, changed)
    if source.placing.placement is None:
        source = replace(source, placing=Placing.by_hand(code.placement))
    return Change(title, with_shape(changed, source=source))
