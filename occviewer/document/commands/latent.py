"""Changes of the sliders. Axes count from 0 here and from 1 in the titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from occviewer.document.checks import number, whole
from occviewer.document.commands.change import Change, with_edit
from occviewer.document.directions import Directions
from occviewer.document.errors import DocumentError
from occviewer.document.source import LARGEST_SEED
from occviewer.document.state import Document


def slide(document: Document, axis: int, offset: float, along: Directions | None = None) -> Change:
    """Move along one axis, to an offset in units of σ.

    `along` gives the axes where the model has none of its own.

    Raises
    ------
    DocumentError
        The axis is locked, the offset absurd, or there is no shape.
    """
    edit = document.shape.edit
    if axis in edit.locked:
        raise DocumentError(f"Axis {axis + 1} is locked; unlock it to move it.")
    changed = with_edit(document, edit.moved({axis: offset}, along))
    return Change(f"Axis {axis + 1}: {changed.shape.edit.offset(axis):+.2f} σ", changed)


def set_offsets(document: Document, offsets: Mapping[int, float]) -> Change:
    """Move along several axes; locked ones stay."""
    edit = document.shape.edit.moved(offsets)
    return Change(f"Set {_axes(list(offsets))}", with_edit(document, edit))


def reset_offsets(document: Document, axes: Iterable[int] | None = None) -> Change:
    """Move some axes, or all, back to the code's own position; locked ones stay."""
    edit = document.shape.edit
    chosen = list(range(len(edit.offsets)) if axes is None else axes)
    title = "Reset all axes"
    if axes is not None:
        title = f"Reset {_axes(chosen)}"
    return Change(title, with_edit(document, edit.moved(dict.fromkeys(chosen, 0.0))))


def randomise_around(
    document: Document,
    seed: int,
    bounds: Sequence[tuple[float, float]],
    spread: float = 0.5,
    along: Directions | None = None,
) -> Change:
    """Move every axis that is not locked by a random step from where it stands.

    Parameters
    ----------
    document : Document
        With a shape.
    seed : int
        The same seed moves the same shape to the same place.
    bounds : sequence of (float, float)
        For each axis the lowest and highest offset that may come out, in units of σ.
    spread : float
        Standard deviation of the steps, in units of σ.
    along : Directions, optional
        The axes where the model has none of its own.
    """
    edit = document.shape.edit
    seed = whole(seed, "The seed", 0, LARGEST_SEED)
    spread = number(spread, "The spread", 0, 10)
    steps = np.random.default_rng(seed).normal(scale=spread, size=len(bounds)).tolist()
    offsets = {
        axis: min(max(edit.offset(axis) + step, low), high)
        for axis, (step, (low, high)) in enumerate(zip(steps, bounds, strict=True))
    }
    return Change(f"Randomise (seed {seed})", with_edit(document, edit.moved(offsets, along)))


def lock_axes(document: Document, axes: Iterable[int], locked: bool = True) -> Change:
    """Keep axes from moving, or let them move again."""
    chosen = list(axes)
    edit = document.shape.edit.locking(chosen, locked)
    return Change(f"{'Lock' if locked else 'Unlock'} {_axes(chosen)}", with_edit(document, edit))


def set_detail(document: Document, detail: float) -> Change:
    """Show more or less of what the code holds beyond its latent vector, 0 … 1."""
    edit = replace(document.shape.edit, detail=detail)
    return Change(f"Detail {edit.detail:.2f}", with_edit(document, edit))


def _axes(axes: list[int]) -> str:
    return f"axis {axes[0] + 1}" if len(axes) == 1 else f"{len(axes)} axes"
