"""Ways through the latent space, from one shape to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from occviewer.arrays import Float64Array
from occviewer.latent.axes import LatentError
from occviewer.latent.space import Latent, LatentSpace
from occviewer.latent.waypoints import Way
from occviewer.models.codes import Code


class Path:
    """A way through two or more shapes.

    Where the model knows shapes that were learned from, each stretch leads past those that lie
    between its ends; see `occviewer.networks.waypoints`. Else vectors follow a curve, for models
    without a vector their features, and what a shape has of its own fades on the way (see
    `occviewer.latent.particulars`). Placements go straight from one shape to the next.

    Parameters
    ----------
    space : LatentSpace
    keyframes : sequence of Code or Latent
        At least two.
    smooth : bool
        Whether to pass the shapes without a kink, on a Catmull-Rom curve (1974); else
        straight from one to the next. It makes no difference where there are waypoints.
    closed : bool
        Whether the way goes on from the last shape to the first.

    Raises
    ------
    LatentError
        There are fewer than two shapes.
    CodeError
        A code is of another model.
    """

    def __init__(
        self,
        space: LatentSpace,
        keyframes: Sequence[Latent | Code],
        *,
        smooth: bool = True,
        closed: bool = False,
    ) -> None:
        if len(keyframes) < 2:
            raise LatentError("A way needs at least two shapes: give another one.")
        self._space, self._smooth, self._closed = space, smooth, closed
        self._latents = [
            one if isinstance(one, Latent) else space.latent_of(one) for one in keyframes
        ]
        self._ways: dict[int, Way | None] = {}

    @property
    def length(self) -> int:
        """Number of stretches between neighbouring shapes; positions go from 0 to it."""
        return len(self._latents) - (0 if self._closed else 1)

    def at(self, position: float) -> Code:
        """Shape at a position, 0 the first shape and 1 the second; beyond the ends the ends."""
        position = self._inside(position)
        count, closed = len(self._latents), self._closed
        straight = stretch_weights(count, position, False, closed)
        exactly = np.flatnonzero(straight == 1)
        if len(exactly):
            return self._latents[int(exactly[0])].code
        stretch = int(position)
        way = self._way(stretch)
        if way is not None:
            return self._space.on_way(way, self._ends(stretch), position - stretch)
        weights = stretch_weights(count, position, self._smooth, closed)
        return self._space.blend(self._latents, weights.tolist(), straight.tolist())

    def prepare(self, progress: Callable[[float], None] = lambda share: None) -> None:
        """Find all ways between neighbours, which else are found where they are first gone.

        Parameters
        ----------
        progress : callable
            Told the share that is done, 0 … 1, again and again; may raise to stop, and what
            was found is kept.
        """
        for stretch in range(self.length):
            share = stretch / self.length
            self._way(stretch, lambda share=share: progress(share))  # type: ignore[misc]
        progress(1.0)

    def _way(self, stretch: int, looked: Callable[[], None] = lambda: None) -> Way | None:
        if stretch not in self._ways:
            self._ways[stretch] = self._space.way(*self._ends(stretch), looked)
        return self._ways[stretch]

    def _ends(self, stretch: int) -> tuple[Latent, Latent]:
        return self._latents[stretch], self._latents[(stretch + 1) % len(self._latents)]

    def frames(self, count: int) -> Iterator[Code]:
        """Go all the way in so many even steps; a closed way ends just before its start.

        Raises
        ------
        LatentError
            There are fewer than two frames.
        """
        if count < 2:
            raise LatentError(f"A way needs at least 2 frames, not {count}.")
        for position in np.linspace(0, self.length, count, endpoint=not self._closed):
            yield self.at(float(position))

    def _inside(self, position: float) -> float:
        return position % self.length if self._closed else min(max(position, 0.0), self.length)


def stretch_weights(count: int, position: float, smooth: bool, closed: bool) -> Float64Array:
    """Weights (count,) of the shapes at a position of the way; their sum is 1."""
    stretches = count if closed else count - 1
    first = min(int(position), stretches - 1)
    t = position - first
    weights = np.zeros(count)
    if smooth and count > 2:
        factors = _catmull_rom(t)
    else:
        factors = np.array([0.0, 1 - t, t, 0.0])
    for step, factor in zip((-1, 0, 1, 2), factors, strict=True):
        index = first + step
        if closed:
            weights[index % count] += factor
        elif index < 0:  # as if the way came straight from before its beginning
            weights[0] += 2 * factor
            weights[1] -= factor
        elif index >= count:
            weights[count - 1] += 2 * factor
            weights[count - 2] -= factor
        else:
            weights[index] += factor
    return weights


def _catmull_rom(t: float) -> Float64Array:
    """Weights (4,) of the points before, at, after and after that, at 0 <= t <= 1."""
    return 0.5 * np.array(
        [
            -t + 2 * t**2 - t**3,
            2 - 5 * t**2 + 3 * t**3,
            t + 4 * t**2 - 3 * t**3,
            -(t**2) + t**3,
        ]
    )
