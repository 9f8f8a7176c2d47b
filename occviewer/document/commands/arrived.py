"""What is computed after a step and completes it; these make no step of their own.

They go to `History.amend`, or to `History.complete`, which brings a code to every step
that waits for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from occviewer.document.commands.change import with_shape
from occviewer.document.model_reference import ModelReference
from occviewer.document.shape_source import ShapeSource
from occviewer.document.state import Document

if TYPE_CHECKING:
    from occviewer.models.codes import Code


def with_code(
    document: Document, model: ModelReference | None, source: ShapeSource, code: Code
) -> Document:
    """Return the document with the code that was made of a source.

    Parameters
    ----------
    document : Document
        Comes back as it is unless it waits for this very code: the source is the same
        object, the model is the same, and there is no code yet.
    model : ModelReference, optional
        The document's model when the work began.
    source : ShapeSource
        What was encoded.
    code : Code
        What came out.
    """
    shape = document.shape
    if shape.source is not source or shape.code is not None or document.model != model:
        return document
    return with_shape(document, code=code)


def with_source(document: Document, source: ShapeSource, completed: ShapeSource) -> Document:
    """Return the document with what a source waited for, such as the mask of a picture.

    Parameters
    ----------
    document : Document
        Comes back as it is unless the source of its shape is this very object.
    source : ShapeSource
        That was waiting.
    completed : ShapeSource
        In its place.
    """
    return with_shape(document, source=completed) if document.shape.source is source else document


def with_preview(document: Document, id: str, preview: bytes) -> Document:
    """Return the document with the picture (PNG) of a shelf entry, if it is still there."""
    if all(entry.id != id for entry in document.shelf):
        return document
    shelf = tuple(
        replace(entry, preview=preview) if entry.id == id else entry for entry in document.shelf
    )
    return replace(document, shelf=shelf)
