"""The document: all that a session holds, as one immutable value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from occviewer.document.checks import require
from occviewer.document.model_reference import ModelReference
from occviewer.document.settings import BlendPad, ExtractionSettings, SamplingSettings, Track
from occviewer.document.shape import LatentEdit, Shape, ShelfEntry

if TYPE_CHECKING:
    from occviewer.models.codes import Code


@dataclass(frozen=True, eq=False)
class Document:
    """All that a session holds; commands make new documents that share what did not change.

    Parameters
    ----------
    model : ModelReference, optional
        The model at hand; None before one is opened.
    shape : Shape
        The shape at hand; its code is of this model.
    shelf : tuple of ShelfEntry
        Shapes that were captured, in the order of the shelf, of whatever model.
    track : Track
        The interpolation track; its keyframes are on the shelf.
    pad : BlendPad
        The pad that blends four shapes of the shelf.
    extraction : ExtractionSettings
        How the mesh is made.
    sampling : SamplingSettings
        How new shapes are drawn.
    """

    model: ModelReference | None = None
    shape: Shape = field(default_factory=Shape)
    shelf: tuple[ShelfEntry, ...] = ()
    track: Track = field(default_factory=Track)
    pad: BlendPad = field(default_factory=BlendPad)
    extraction: ExtractionSettings = field(default_factory=ExtractionSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shelf", tuple(self.shelf))
        ids = {entry.id for entry in self.shelf}
        require(len(ids) == len(self.shelf), "Two shapes on the shelf have the same id.")
        require(ids.issuperset(self.track.keyframes), "A keyframe is not on the shelf.")
        corners = {key for key in self.pad.corners if key is not None}
        require(ids.issuperset(corners), "A corner of the pad is not on the shelf.")

    @property
    def is_empty(self) -> bool:
        """Whether it holds no shape: none at hand, and none on the shelf."""
        return self.shape.is_empty and not self.shelf

    @property
    def unusable(self) -> frozenset[str]:
        """Ids of the shelf entries whose code is of another model than the one at hand."""
        return frozenset(entry.id for entry in self.shelf if not self._fits(entry))

    @property
    def gathered(self) -> tuple[tuple[Code, LatentEdit], ...]:
        """Codes of the captured shapes of the model at hand, and how their sliders stand."""
        shapes = [entry.shape for entry in self.shelf if self._fits(entry)]
        return tuple((shape.code, shape.edit) for shape in shapes if shape.code is not None)

    def _fits(self, entry: ShelfEntry) -> bool:
        if entry.model is None or self.model is None:
            return entry.model is self.model
        return entry.model.is_same_model(self.model)

    def entry(self, id: str) -> ShelfEntry:
        """Return a shape of the shelf.

        Raises
        ------
        ValueError
            There is none with this id.
        """
        for entry in self.shelf:
            if entry.id == id:
                return entry
        raise ValueError(f"No shape on the shelf has the id {id!r}.")
