"""The way along the interpolation track, as the compute thread goes it. No Qt here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from occviewer.document.shape import Shape, ShelfEntry

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
    before : Way, optional
        One of the same model that it takes the place of: what was made of its shapes is not
        made again.

    Attributes
    ----------
    is_found : bool
        Whether all that lies on it was found; else a shape of it may take a while.
    """

    def __init__(
        self, entries: Sequence[ShelfEntry], loop: bool, before: Way | None = None
    ) -> None:
        self._entries, self._loop = tuple(entries), loop
        made = {} if before is None else before._codes
        self._maker: LatentStudio | None = None if before is None else before._maker
        # The same objects make the same path again, and what was looked at is known of them.
        shapes = [entry.shape for entry in entries]
        self._codes: dict[Shape, Code] = {
            shape: code for shape in shapes if (code := made.get(shape)) is not None
        }
        self.is_found = False

    def is_of(self, entries: Sequence[ShelfEntry], loop: bool) -> bool:
        """Whether it is the way through these shapes."""
        return self._loop == loop and _passed(self._entries) == _passed(entries)

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

    def code_at(
        self, position: float, latent: LatentStudio, progress: Callable[[float], None]
    ) -> Code:
        """Give the shape at a position; to be called in the compute thread.

        Parameters
        ----------
        position : float
        latent : LatentStudio
        progress : callable
            As for `find`, which is done before if it was not yet.

        Raises
        ------
        CodeError, LatentError
            A shape is of another model.
        """
        keyframes = self._of(latent)
        if not self.is_found:
            self.find(latent, progress)
        return latent.between(keyframes, self.inside(position), loop=self._loop)

    def find(self, latent: LatentStudio, progress: Callable[[float], None]) -> None:
        """Find what lies on it ahead of time; to be called in the compute thread.

        Parameters
        ----------
        latent : LatentStudio
        progress : callable
            Told the share that is done, 0 … 1; may raise to stop.

        Raises
        ------
        CodeError, LatentError
            A shape is of another model.
        """
        latent.find_ways(self._of(latent), progress, loop=self._loop)
        self.is_found = True

    def _of(self, latent: LatentStudio) -> tuple[Code, ...]:
        if self._maker is not latent:  # the model was opened again, on another device perhaps
            self._codes, self._maker, self.is_found = {}, latent, False
        for shape in (entry.shape for entry in self._entries):
            if shape not in self._codes and shape.code is not None:
                self._codes[shape] = latent.edited(shape.code, shape.edit)
        return tuple(self._codes[entry.shape] for entry in self._entries)

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


def _passed(entries: Sequence[ShelfEntry]) -> list[tuple[str, Shape, float | None]]:
    return [(entry.id, entry.shape, entry.threshold) for entry in entries]


def title_of(way: Way) -> str:
    """Say what a person waits for when a shape of a way is asked for; empty for nothing."""
    return "" if way.is_found else "Finding the way"


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
