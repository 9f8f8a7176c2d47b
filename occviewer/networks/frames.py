"""From the box to the coordinates that a network was trained in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_AXES = "xyz"


@dataclass(frozen=True)
class Frame:
    """Axes and scale of a network's own coordinates, as seen from the box.

    The box has +Y up, +Z to the front and longest side 1. Most networks of the literature
    were trained in it, or in it times a number.

    Attributes
    ----------
    scale : float
        Network units per box unit; 2 for a network whose shapes fill -1..1.
    axes : str
        The box axes that become the network's x, y and z, with a minus where they are
        turned round: ``"xyz"``, ``"x-zy"``.

    Raises
    ------
    ValueError
        When the scale is not positive or the axes are not three different ones.
    """

    scale: float = 1.0
    axes: str = _AXES

    def __post_init__(self) -> None:
        if not (isinstance(self.scale, int | float) and 0 < self.scale < 1e6):
            raise ValueError(f"a frame needs a positive scale, not {self.scale!r}")
        if not isinstance(self.axes, str) or sorted(self.axes.replace("-", "")) != list(_AXES):
            raise ValueError(f"the axes of a frame are such as xyz or x-zy, not {self.axes!r}")
        if any(part not in ("", "-") for part in self._signs()):
            raise ValueError(f"the axes of a frame are such as xyz or x-zy, not {self.axes!r}")

    @property
    def is_box(self) -> bool:
        """Whether the network's coordinates are those of the box."""
        return self.scale == 1 and self.axes == _AXES

    @property
    def config(self) -> dict[str, Any]:
        """What differs from the box, for a network's configuration."""
        return {
            **({"scale": self.scale} if self.scale != 1 else {}),
            **({"axes": self.axes} if self.axes != _AXES else {}),
        }

    def of(self, points: Tensor) -> Tensor:
        """Network coordinates (..., 3) of box points (..., 3)."""
        if self.is_box:
            return points
        if self.axes == _AXES:
            return points * self.scale
        order = [_AXES.index(axis) for axis in self.axes.replace("-", "")]
        signs = [-1.0 if sign else 1.0 for sign in self._signs()]
        factors = torch.tensor(signs, dtype=points.dtype, device=points.device) * self.scale
        return points[..., order] * factors

    def of_cells(self, cells: Tensor) -> Tensor:
        """Occupancies (B, R, R, R) along the network's axes, of such along the box's.

        The scale is none of theirs: cells fill ±0.5 of the box, whatever the network calls that.
        """
        if self.axes == _AXES:
            return cells
        order = [_AXES.index(axis) for axis in self.axes.replace("-", "")]
        turned = [axis + 1 for axis, sign in enumerate(self._signs()) if sign]
        return cells.permute(0, *(axis + 1 for axis in order)).flip(turned)

    def _signs(self) -> list[str]:
        """Collect what stands before each axis: nothing or a minus."""
        signs, rest = [], self.axes
        for axis in self.axes.replace("-", ""):
            before, _, rest = rest.partition(axis)
            signs.append(before)
        return [*signs, *([rest] if rest else [])]
