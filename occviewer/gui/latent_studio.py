"""What the compute thread does in the latent space of the open model. No Qt here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from occviewer.document.directions import Directions
from occviewer.document.shape import LatentEdit

if TYPE_CHECKING:
    from occviewer.latent import Latent, LatentSpace, Path
    from occviewer.models import Code, Model

_PLAIN = LatentEdit()


@dataclass(frozen=True, eq=False)
class LatentFacts:
    """What the sliders need to know of a code.

    Attributes
    ----------
    position : tuple of float
        Where the code lies along each axis, in standard deviations from the mean of the
        training shapes; the most important axis first. Empty where there are no axes.
    ranges : tuple of (float, float)
        How far the training shapes reach along each axis, from the mean.
    shares : tuple of float
        Share of the variance of the shapes that each axis explains.
    why_none : str
        Why there are no axes: a sentence for people; empty where there are some.
    directions : Directions or None
        The axes themselves, where the model has none of its own.
    note : str
        What these are: a sentence for people.
    has_detail : bool
        Whether codes hold more than their vector says.
    """

    position: tuple[float, ...] = ()
    ranges: tuple[tuple[float, float], ...] = ()
    shares: tuple[float, ...] = ()
    why_none: str = ""
    directions: Directions | None = None
    note: str = ""
    has_detail: bool = True

    @property
    def reach(self) -> tuple[tuple[float, float], ...]:
        """Offsets from the code that stay within the ranges; 0 is always among them."""
        return tuple(
            (min(low - at, 0.0), max(high - at, 0.0))
            for at, (low, high) in zip(self.position, self.ranges, strict=True)
        )


class LatentStudio:
    """Edits, draws and blends codes of one model.

    Parameters
    ----------
    model : Model
        The open one.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._opened: LatentSpace | None = None
        self._latent: Latent | None = None
        self._edited: tuple[Code, LatentEdit, Code] | None = None
        self._blending: list[tuple[Code, LatentEdit, Latent]] = []
        self._moving: tuple[Directions, LatentSpace] | None = None
        self._way: tuple[tuple[Code, ...], bool, Path] | None = None

    def facts(
        self,
        code: Code,
        edit: LatentEdit = _PLAIN,
        gathered: Sequence[tuple[Code, LatentEdit]] = (),
    ) -> LatentFacts:
        """Say where a code lies.

        Parameters
        ----------
        code : Code
        edit : LatentEdit
            How its sliders stand: their directions stay while they are away from rest.
        gathered : sequence of (Code, LatentEdit)
            Captured shapes of the model, which gives axes to one that has a vector but no
            axes of its own.

        Raises
        ------
        CodeError
            It is of another model.
        CheckpointError
            The latent space in the model's file is damaged.
        """
        from occviewer.gui.gathered_axes import offered
        from occviewer.latent.axes import FEWEST_CODES

        axes, directions, note = self._space.axes, edit.directions, ""
        # A prior is the same in all directions: shapes that were gathered say more.
        unsaid = axes is None or (axes.origin == "prior" and len(gathered) >= FEWEST_CODES)
        if directions is None and unsaid and self.has_vector:
            shapes = [self.edited(*shape) for shape in gathered]
            directions, note = offered(self._model, code, shapes)
        if directions is not None:
            axes = self._along(directions).axes
        if axes is None:
            return LatentFacts(why_none=self._space.why_no_axes)
        position = axes.coordinates(self._latent_of(code).vector)
        return LatentFacts(
            tuple(position.tolist()),
            tuple((float(low), float(high)) for low, high in axes.ranges.tolist()),
            tuple(axes.shares.tolist()),
            directions=directions,
            note=note,
            has_detail=not self.has_vector,
        )

    @property
    def has_vector(self) -> bool:
        """Whether codes are a vector and nothing else."""
        from occviewer.latent.kinds import VectorSpace

        return isinstance(self._space, VectorSpace)

    def edited(self, code: Code, edit: LatentEdit) -> Code:
        """Move a code as the sliders say; itself where they are at rest.

        The same code and sliders give the same object again, so that its field is kept.

        Raises
        ------
        LatentError
            The model has no axes, or fewer.
        CodeError
            The code is of another model.
        """
        if (edit.offsets, edit.detail) == (_PLAIN.offsets, _PLAIN.detail):
            return code
        made = self._edited
        if made is None or made[0] is not code or made[1] != edit:
            moved = self._moved(self._latent_of(code), edit)
            self._edited = made = (code, edit, moved)
        return made[2]

    def samples(
        self,
        count: int,
        seed: int,
        temperature: float,
        gathered: Sequence[tuple[Code, LatentEdit]] = (),
    ) -> list[Code]:
        """Draw new shapes; see `LatentSpace.sample`.

        A model that has a vector but no axes of its own draws shapes like those gathered.
        """
        from occviewer.latent import latent_space

        space = self._space
        if space.axes is None and self.has_vector:
            space = latent_space(self._model, [self.edited(*shape) for shape in gathered])
        return space.sample(count, seed, temperature)

    def why_no_samples(self, gathered: Sequence[tuple[Code, LatentEdit]] = ()) -> str:
        """Say why no new shapes can be drawn: a sentence; empty where they can."""
        from occviewer.latent.axes import FEWEST_CODES

        if self._space.axes is not None or not self.has_vector:
            return self._space.why_no_axes
        if len(gathered) >= FEWEST_CODES:
            return ""
        return (
            f"The model {self._model.name!r} does not say which shapes are likely: capture at "
            f"least {FEWEST_CODES} shapes, and new ones are drawn like them."
        )

    def blended(self, codes: Sequence[Code], weights: Sequence[float]) -> Code:
        """Mix codes; see `LatentSpace.blend`."""
        return self._space.blend(codes, weights)

    def blended_shapes(
        self, shapes: Sequence[tuple[Code, LatentEdit]], weights: Sequence[float]
    ) -> Code:
        """Mix codes as their sliders stand.

        What is blended again and again, as on the pad, is worked out once.

        Raises
        ------
        CodeError
            A code is of another model.
        LatentError
            The sum of the weights is 0.
        """
        self._blending = [(*shape, self._blended_before(*shape)) for shape in shapes]
        return self._space.blend([latent for _, _, latent in self._blending], weights)

    def between(self, keyframes: Sequence[Code], position: float, *, loop: bool) -> Code:
        """Give the shape at a position of the way through codes; see `occviewer.latent.Path`."""
        return self._path(keyframes, loop).at(position)

    def find_ways(
        self, keyframes: Sequence[Code], progress: Callable[[float], None], *, loop: bool
    ) -> None:
        """Find what `between` needs ahead of time; see `occviewer.latent.Path.prepare`."""
        self._path(keyframes, loop).prepare(progress)

    def _path(self, keyframes: Sequence[Code], loop: bool) -> Path:
        from occviewer.latent import Path

        wanted = tuple(keyframes)
        way = self._way
        if way is None or way[1] != loop or not _same(way[0], wanted):
            self._way = way = (wanted, loop, Path(self._space, wanted, closed=loop))
        return way[2]

    @property
    def _space(self) -> LatentSpace:
        from occviewer.latent import latent_space

        if self._opened is None:
            self._opened = latent_space(self._model)
        return self._opened

    def _blended_before(self, code: Code, edit: LatentEdit) -> Latent:
        for known, stood, latent in self._blending:
            if known is code and stood == edit:
                return latent
        at = self._space.latent_of(code)
        if edit.unlocked == _PLAIN:
            return at
        return self._space.latent_of(self._moved(at, edit))

    def _moved(self, at: Latent, edit: LatentEdit) -> Code:
        space = self._space if edit.directions is None else self._along(edit.directions)
        # A vector has no detail that could be left out.
        return space.edited(at, edit.offsets, 1.0 if self.has_vector else edit.detail)

    def _along(self, directions: Directions) -> LatentSpace:
        from occviewer.gui.gathered_axes import space_along

        if self._moving is None or self._moving[0] != directions:
            self._moving = (directions, space_along(self._model, directions))
        return self._moving[1]

    def _latent_of(self, code: Code) -> Latent:
        if self._latent is None or self._latent.code is not code:
            self._latent = self._space.latent_of(code)
        return self._latent


def _same(some: Sequence[Code], others: Sequence[Code]) -> bool:
    """Whether these are the very same codes."""
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))
