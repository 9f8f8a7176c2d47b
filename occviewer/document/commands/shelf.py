"""Changes of the shelf, and what is taken from it or from the sampler."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from occviewer.document.checks import LONGEST_NAME
from occviewer.document.commands.change import Change, counted, quoted, with_new_shape
from occviewer.document.errors import DocumentError
from occviewer.document.shape import LatentEdit, Shape, ShelfEntry
from occviewer.document.state import Document

if TYPE_CHECKING:
    from occviewer.models.codes import Code


def capture(document: Document, preview: bytes = b"", name: str = "") -> Change:
    """Put the shape at hand on the shelf, at its end.

    Parameters
    ----------
    document : Document
        With a shape that has its code.
    preview : bytes
        A small PNG picture, or empty.
    name : str
        By default the scan's, or "Shape", with a number where that is taken.

    Raises
    ------
    DocumentError
        There is no shape, or its code is still missing.
    """
    if document.shape.code is None:
        raise DocumentError(
            "There is no finished shape to capture; open a scan or take a sample, and wait until "
            "it is shown."
        )
    entry = ShelfEntry(
        secrets.token_hex(8),
        _cleaned(name) if name else _free_name(document),
        document.shape,
        document.extraction.threshold,
        document.model,
        preview,
    )
    changed = replace(document, shelf=(*document.shelf, entry))
    return Change(f"Capture {quoted(entry.name)}", changed)


def capture_code(
    document: Document, code: Code, name: str, preview: bytes = b"", detail: float = 0.0
) -> Change:
    """Put a code on the shelf that is not the shape at hand, such as one of many samples.

    Parameters
    ----------
    document : Document
        With the model whose code it is.
    code : Code
    name : str
        A number is added where it is taken.
    preview : bytes
        A small PNG picture, or empty.
    detail : float
        Where its detail slider stands: 0 for what was sampled.
    """
    entry = ShelfEntry(
        secrets.token_hex(8),
        _unused_name(document, _cleaned(name)),
        Shape(code=code, edit=LatentEdit(detail=detail)),
        document.extraction.threshold,
        document.model,
        preview,
    )
    changed = replace(document, shelf=(*document.shelf, entry))
    return Change(f"Capture {quoted(entry.name)}", changed)


def rename(document: Document, id: str, name: str) -> Change:
    """Give a shape of the shelf another name.

    Raises
    ------
    DocumentError
        The name is empty or very long.
    """
    entry = replace(document.entry(id), name=_cleaned(name))
    title = f"Rename to {quoted(entry.name)}"
    same = entry.name == document.entry(id).name
    return Change(title, document if same else _put(document, entry))


def delete(document: Document, ids: Iterable[str]) -> Change:
    """Take shapes off the shelf, and off the track and the pad with them."""
    gone = {id: document.entry(id).name for id in ids}
    title = f"Delete {counted(len(gone), 'shape')}"
    if len(gone) == 1:
        title = f"Delete {quoted(next(iter(gone.values())))}"
    if not gone:
        return Change(title, document)
    keyframes = tuple(key for key in document.track.keyframes if key not in gone)
    corners = tuple(None if key in gone else key for key in document.pad.corners)
    changed = replace(
        document,
        shelf=tuple(entry for entry in document.shelf if entry.id not in gone),
        track=replace(document.track, keyframes=keyframes),
        pad=replace(document.pad, corners=corners),
    )
    return Change(title, changed)


def move(document: Document, id: str, index: int) -> Change:
    """Put a shape at another place (from 0) of the shelf; beyond the end is the end."""
    entry = document.entry(id)
    others = [other for other in document.shelf if other is not entry]
    place = max(0, min(index, len(others)))
    shelf = (*others[:place], entry, *others[place:])
    title = f"Move {quoted(entry.name)}"
    return Change(title, document if shelf == document.shelf else replace(document, shelf=shelf))


def take(document: Document, id: str) -> Change:
    """Return to a shape of the shelf: its code, source, sliders and threshold.

    Raises
    ------
    DocumentError
        It is of another model.
    """
    entry = document.entry(id)
    if id in document.unusable:
        made_by = entry.model.label if entry.model else "another"
        raise DocumentError(
            f"{quoted(entry.name)} was made with the model {quoted(made_by)}; open that model to "
            "use it."
        )
    extraction = replace(document.extraction, threshold=entry.threshold)
    title = f"Take {quoted(entry.name)}"
    if entry.shape is document.shape and extraction == document.extraction:
        return Change(title, document)
    changed = replace(document, shape=entry.shape, extraction=extraction)
    return Change(title, changed)


def take_code(
    document: Document, code: Code, title: str = "Take sample", detail: float = 0.0
) -> Change:
    """Go on with a code that has no scan: a sample, a blend, a point of the track, a file.

    Parameters
    ----------
    document : Document
        With the model whose code it is.
    code : Code
        Becomes the shape, with all sliders at rest.
    title : str
        What the history calls it.
    detail : float
        Where the detail slider begins: 0 for what was sampled.
    """
    shape = Shape(code=code, edit=LatentEdit(detail=detail))
    return Change(title, with_new_shape(document, shape))


def _put(document: Document, entry: ShelfEntry) -> Document:
    shelf = tuple(entry if other.id == entry.id else other for other in document.shelf)
    return replace(document, shelf=shelf)


def _unused_name(document: Document, name: str) -> str:
    taken = {entry.name for entry in document.shelf}
    names = (name, *(f"{name} {number}" for number in range(2, len(taken) + 2)))
    return next(each for each in names if each not in taken)


def _free_name(document: Document) -> str:
    """Name that no shape on the shelf has: the scan's, or one with a number."""
    taken = {entry.name for entry in document.shelf}
    source = document.shape.source
    base = " ".join((source.name if source else "").split())[: LONGEST_NAME - 10]
    if base.isprintable() and base and base not in taken:
        return base
    number = 2 if base and base.isprintable() else 1
    base = base if base.isprintable() and base else "Shape"
    while f"{base} {number}" in taken:
        number += 1
    return f"{base} {number}"


def _cleaned(name: str) -> str:
    """Without control characters, and white space as single blanks."""
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not cleaned:
        raise DocumentError("A shape needs a name; type at least one letter.")
    if len(cleaned) > LONGEST_NAME:
        raise DocumentError(
            f"A name has at most {LONGEST_NAME} characters, and this one {len(cleaned)}; "
            "choose a shorter one."
        )
    return cleaned
