"""What the compute thread does in the latent space of the open model. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """

    position: tuple[float, ...] = ()
    ranges: tuple[tuple[float, float], ...] = ()
    shares: tuple[float, ...] = ()
    why_none: str = ""

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
        self._way: tuple[tuple[Code, ...], bool, Path] | None = None

    @property
    def why_no_axes(self) -> str:
        """Why the model has neither sliders nor samples: a sentence; empty where it has.

        Raises
        ------
        CheckpointError
            The latent space in the model's file is damaged.
        """
        return self._space.why_no_axes

    def facts(self, code: Code) -> LatentFacts:
        """Say where a code lies.

        Raises
        ------
        CodeError
            It is of another model.
        CheckpointError
            The latent space in the model's file is damaged.
        """
        axes = self._space.axes
        if axes is None:
            return LatentFacts(why_none=self._space.why_no_axes)
        position = axes.coordinates(self._latent_of(code).vector)
        return LatentFacts(
            tuple(position.tolist()),
            tuple((float(low), float(high)) for low, high in axes.ranges.tolist()),
            tuple(axes.shares.tolist()),
        )

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
            moved = self._space.edited(self._latent_of(code), edit.offsets, edit.detail)
            self._edited = made = (code, edit, moved)
        return made[2]

    def samples(self, count: int, seed: int, temperature: float) -> list[Code]:
        """Draw new shapes; see `LatentSpace.sample`."""
        return self._space.sample(count, seed, temperature)

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
        from occviewer.latent import Path

        wanted = tuple(keyframes)
        way = self._way
        if way is None or way[1] != loop or not _same(way[0], wanted):
            self._way = way = (wanted, loop, Path(self._space, wanted, closed=loop))
        return way[2].at(position)

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
        return self._space.latent_of(self._space.edited(at, edit.offsets, edit.detail))

    def _latent_of(self, code: Code) -> Latent:
        if self._latent is None or self._latent.code is not code:
            self._latent = self._space.latent_of(code)
        return self._latent


def _same(some: Sequence[Code], others: Sequence[Code]) -> bool:
    """Whether these are the very same codes."""
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))
