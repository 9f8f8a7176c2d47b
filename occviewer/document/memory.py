"""What documents weigh: their arrays, each counted once however many documents share it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from occviewer.document.shape import Shape
from occviewer.document.state import Document


class Ledger:
    """Counts the arrays of a growing and shrinking set of documents."""

    def __init__(self) -> None:
        # By identity, which is safe as long as the documents that are counted live.
        self._entries: dict[int, _Entry] = {}
        self.total = 0

    def add(self, document: Document) -> None:
        """Count a document."""
        for key, size in _arrays(document):
            entry = self._entries.get(key)
            if entry is None:
                entry = self._entries[key] = _Entry(size)
                self.total += size
            entry.uses += 1

    def remove(self, document: Document) -> None:
        """Count a document no more; it must have been counted."""
        for key, _ in _arrays(document):
            entry = self._entries[key]
            entry.uses -= 1
            if entry.uses == 0:
                del self._entries[key]
                self.total -= entry.size


@dataclass
class _Entry:
    size: int
    uses: int = 0


def weight(document: Document) -> int:
    """Bytes of the arrays of one document."""
    return sum(dict(_arrays(document)).values())


def _arrays(document: Document) -> Iterator[tuple[int, int]]:
    """Identity and bytes of every array; one that is used twice comes twice."""
    yield from _of_shape(document.shape)
    for entry in document.shelf:
        yield from _of_shape(entry.shape)
        yield id(entry.preview), len(entry.preview)


def _of_shape(shape: Shape) -> Iterator[tuple[int, int]]:
    if shape.source is not None:
        yield from shape.source.weights()
    if shape.code is not None:
        for tensor in shape.code.tensors.values():
            yield id(tensor), tensor.nbytes
