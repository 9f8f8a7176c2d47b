"""What a command makes: a new document, and what the history calls the step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from occviewer.document.errors import DocumentError
from occviewer.document.shape import LatentEdit, Shape
from occviewer.document.state import Document


class Change(NamedTuple):
    """A step of the history: ``history.do(*change)``.

    Attributes
    ----------
    title : str
        For the history list and the undo button.
    document : Document
        After the change; the one that was given where there was nothing to change.
    """

    title: str
    document: Document


def with_shape(document: Document, **changes: Any) -> Document:  # noqa: ANN401 - any field
    """Return the document with other fields of its shape."""
    return replace(document, shape=replace(document.shape, **changes))


def with_edit(document: Document, edit: LatentEdit) -> Document:
    """Return the document with other sliders; itself if they stand as they stood.

    Raises
    ------
    DocumentError
        There is no shape to edit.
    """
    if document.shape.is_empty:
        raise DocumentError("There is no shape to edit yet; open a scan or take a sample first.")
    return document if edit == document.shape.edit else with_shape(document, edit=edit)


def with_new_shape(document: Document, shape: Shape) -> Document:
    """Return the document with another shape, of its own model."""
    return replace(document, shape=shape)


def counted(count: int, what: str) -> str:
    """Name a number of things: ``1 point``, ``1,200 points``."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def quoted(name: str) -> str:
    """Put a name into quotes for a title, cut where it is long."""
    return f"“{name if len(name) <= 40 else name[:39] + '…'}”"
