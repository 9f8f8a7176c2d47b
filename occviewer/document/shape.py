"""Shapes: a code, where it came from, and how its sliders stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from occviewer.document.checks import number, require, text, whole
from occviewer.document.directions import Directions
from occviewer.document.model_reference import ModelReference
from occviewer.document.picture_source import PictureSource
from occviewer.document.shape_source import ShapeSource
from occviewer.document.source import Source
from occviewer.document.voxel_source import VoxelSource

if TYPE_CHECKING:
    from occviewer.models.codes import Code

MOST_AXES = 4096
LARGEST_OFFSET = 1000.0

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class LatentEdit:
    """How far a shape was moved through the latent space.

    Parameters
    ----------
    offsets : tuple of float
        For each principal axis how far from the code's own position, in units of σ. Axes
        that are not named stay; zeros at the end are left out.
    locked : frozenset of int
        Axes (from 0) that do not move until they are unlocked.
    detail : float
        How much of what the code holds beyond its latent vector is shown, 0 … 1.
    directions : Directions, optional
        What the offsets are measured along; None for the axes that are stored with the
        model, and where there are no offsets.
    """

    offsets: tuple[float, ...] = ()
    locked: frozenset[int] = frozenset()
    detail: float = 1.0
    directions: Directions | None = None

    def __post_init__(self) -> None:
        given = tuple(self.offsets)
        require(len(given) <= MOST_AXES, f"A latent space has at most {MOST_AXES} axes.")
        values = [number(v, "An offset", -LARGEST_OFFSET, LARGEST_OFFSET) for v in given]
        while values and values[-1] == 0:
            values.pop()
        object.__setattr__(self, "offsets", tuple(values))
        locked = frozenset(whole(axis, "An axis", 0, MOST_AXES - 1) for axis in self.locked)
        object.__setattr__(self, "locked", locked)
        object.__setattr__(self, "detail", number(self.detail, "Detail", 0, 1))
        along = self.directions
        require(along is None or isinstance(along, Directions), "Directions must be Directions.")
        if not values:
            object.__setattr__(self, "directions", None)

    def offset(self, axis: int) -> float:
        """How far along one axis (from 0), in units of σ."""
        return self.offsets[axis] if 0 <= axis < len(self.offsets) else 0.0

    @property
    def unlocked(self) -> LatentEdit:
        """Without locks: equal for two edits that move a shape alike."""
        return replace(self, locked=frozenset()) if self.locked else self

    def moved(self, offsets: Mapping[int, float], along: Directions | None = None) -> LatentEdit:
        """With other offsets along some axes; locked ones stay where they are.

        `along` says which axes these are, unless there are offsets already, which it stays with.
        """
        values = dict(enumerate(self.offsets))
        for axis, value in offsets.items():
            if whole(axis, "An axis", 0, MOST_AXES - 1) not in self.locked:
                values[axis] = value
        size = max(values, default=-1) + 1
        changed = tuple(values.get(axis, 0.0) for axis in range(size))
        return replace(self, offsets=changed, directions=self.directions if self.offsets else along)

    def locking(self, axes: Iterable[int], locked: bool) -> LatentEdit:
        """With some axes locked or unlocked."""
        chosen = frozenset(axes)
        return replace(self, locked=self.locked | chosen if locked else self.locked - chosen)


@dataclass(frozen=True, eq=False)
class Shape:
    """The shape at hand.

    Parameters
    ----------
    source : ShapeSource, optional
        What it was encoded from: a cloud, a picture or voxels; None for a sample or a blend.
    code : Code, optional
        Of the document's model; None where it still has to be encoded from the source.
    edit : LatentEdit
        How the sliders stand.
    """

    source: ShapeSource | None = None
    code: Code | None = None
    edit: LatentEdit = field(default_factory=LatentEdit)

    def __post_init__(self) -> None:
        require(
            self.source is None or isinstance(self.source, ShapeSource),
            "A shape comes from a ShapeSource.",
        )
        require(isinstance(self.edit, LatentEdit), "The edit of a shape must be a LatentEdit.")

    @property
    def scan(self) -> Source | None:
        """The source, where it is a cloud."""
        return self.source if isinstance(self.source, Source) else None

    @property
    def picture(self) -> PictureSource | None:
        """The source, where it is a picture."""
        return self.source if isinstance(self.source, PictureSource) else None

    @property
    def voxels(self) -> VoxelSource | None:
        """The source, where it is voxels."""
        return self.source if isinstance(self.source, VoxelSource) else None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show yet."""
        return self.source is None and self.code is None


@dataclass(frozen=True, eq=False)
class ShelfEntry:
    """A shape that was captured.

    Parameters
    ----------
    id : str
        Never given twice, also not in another session.
    name : str
        How people call it.
    shape : Shape
        With a code.
    threshold : float, optional
        At which it was captured; None is the model's.
    model : ModelReference, optional
        The model whose code it is.
    preview : bytes
        A small PNG picture; empty until there is one.
    """

    id: str
    name: str
    shape: Shape
    threshold: float | None = None
    model: ModelReference | None = None
    preview: bytes = b""

    def __post_init__(self) -> None:
        require(bool(text(self.id, "An id")), "An id must not be empty.")
        require(bool(text(self.name, "The name of a shape")), "The name must not be empty.")
        require(
            isinstance(self.shape, Shape) and self.shape.code is not None,
            "What is captured needs a code.",
        )
        if self.threshold is not None:
            object.__setattr__(self, "threshold", probability(self.threshold))
        require(
            self.model is None or isinstance(self.model, ModelReference),
            "The model of a shape must be a ModelReference.",
        )
        require(
            isinstance(self.preview, bytes) and (not self.preview or self.preview[:8] == _PNG),
            "A preview must be PNG.",
        )


def probability(threshold: object) -> float:
    """Return a threshold, from 0.001 to 0.999.

    Raises
    ------
    ValueError
        It is no number.
    DocumentError
        It is out of its range.
    """
    return number(threshold, "The threshold", 0.001, 0.999)
