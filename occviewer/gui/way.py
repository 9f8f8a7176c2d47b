"""The way along the interpolation track, as the compute thread goes it. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from occviewer.document.shape import ShelfEntry

if TYPE_CHECKING:
    from occviewer.gui.latent_studio import LatentStudio
    from occviewer.models import Code


class Way:
    """Captured shapes, of which each becomes the next.

    Parameters
    ----------
    entries : sequence of ShelfEntry
        At least two, of the open model; as their sliders stand.
    loop : bool
        Whether the last becomes the first again.
    """

    def __init__(self, entries: Sequence[ShelfEntry], loop: bool) -> None:
        self._entries, self._loop = tuple(entries), loop
        self._codes: tuple[Code, ...] = ()

    @property
    def length(self) -> int:
        """Number of steps from one shape to the next; positions go from 0 to it."""
        return len(self._entries) - (0 if self._loop else 1)

    @property
    def is_loop(self) -> bool:
        """Whether it ends where it began."""
        return self._loop

    def inside(self, position: float) -> float:
        """Bring a position onto the way: on a loop it goes on from the start."""
        return position % self.length if self._loop else min(max(position, 0.0), self.length)

    def entry_at(self, position: float) -> ShelfEntry | None:
        """Find the captured shape that stands exactly at a position; None between two."""
        nearest = round(position)
        return self._entries[nearest % len(self._entries)] if position == nearest else None

    def code_at(self, position: float, latent: LatentStudio) -> Code:
        """Give the shape at a position; to be called in the compute thread.

        Raises
        ------
        CodeError, LatentError
            A shape is of another model.
        """
        if not self._codes:  # kept: the same objects make the same path again
            shapes = [entry.shape for entry in self._entries]
            codes = [latent.edited(s.code, s.edit) for s in shapes if s.code is not None]
            self._codes = tuple(codes)
        return latent.between(self._codes, self.inside(position), loop=self._loop)

    def threshold_at(self, position: float, models: float) -> float | None:
        """Threshold at a position, straight from one shape to the next.

        Parameters
        ----------
        position : float
        models : float
            The model's own.

        Returns
        -------
        float or None
            None where all shapes have the model's own.
        """
        position = self.inside(position)
        first = int(position)
        ends = [self._entries[n % len(self._entries)].threshold for n in (first, first + 1)]
        if ends == [None, None]:
            return None
        low, high = (models if end is None else end for end in ends)
        return low + (position - first) * (high - low)


def why_no_way(entries: Sequence[ShelfEntry], unusable: frozenset[str]) -> str:
    """Say why keyframes make no way: a sentence; empty where they make one."""
    if len(entries) < 2:
        return "The track needs two shapes at least; drag them here from the shelf."
    strange = [entry.name for entry in entries if entry.id in unusable]
    if strange:
        return (
            f"“{strange[0]}” was made by another model; open that model, or take the shape off "
            "the track."
        )
    return ""
