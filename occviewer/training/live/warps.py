"""Shapes that are stretched, and whose halves are divided anew, in each picture otherwise."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.training.live.dice import Dice

_STRETCH = 1.3
_SWELL = 0.35  # how much the middle may grow against the ends
_RISE = 0.4  # how far the middle may rise: long legs and a low back, or the other way round
_AS_IT_IS = 0.15  # share of the shapes
_STILL_ALIKE = 0.6  # share of the shapes that look alike from four sides and go on to do so


class Warp:
    """One warp of the box frame for each picture of a batch.

    Along each axis places move by a monotone function, so that what is straight, level or
    upright stays so. Left and right, front and back are warped alike: what is symmetric stays
    so, too. The longest side is 1 again.

    Parameters
    ----------
    half : (B, 3) Tensor
        Half the sides of the shapes.
    order : (B,) Tensor
        Of their symmetries, see `occviewer.training.symmetry.symmetry_order`.
    dice : Dice

    Attributes
    ----------
    half : (B, 3) Tensor
        Half the sides after the warp.
    order : (B,) Tensor
        Of the symmetries after the warp.
    """

    def __init__(self, half: Tensor, order: Tensor, dice: Dice) -> None:
        count = len(half)
        stretch = dice.log_uniform(1 / _STRETCH, _STRETCH, count, 3)
        swell = dice.uniform(-_SWELL, _SWELL, count, 3) * dice.chance(0.5, count, 3)
        rise = dice.uniform(-_RISE, _RISE, count)
        alike = (order >= 4) & dice.chance(_STILL_ALIKE, count)
        stretch[:, 2] = torch.where(alike, stretch[:, 0], stretch[:, 2])
        swell[:, 2] = torch.where(alike, swell[:, 0], swell[:, 2])
        plain = dice.chance(_AS_IT_IS, count)
        stretch[plain], swell[plain], rise[plain] = 1.0, 0.0, 0.0
        self.order = torch.where((order >= 4) & ~alike & ~plain, 2, order)
        self._before = half.clamp(min=1e-4)
        self._scale = stretch * (0.5 / (half * stretch).amax(1, keepdim=True))
        self.half = half * self._scale
        self._swell, self._rise = swell, rise
        self._mirror = torch.where(dice.chance(0.5, count), -1.0, 1.0)

    def points(self, points: Tensor, pictures: Tensor) -> Tensor:
        """Move points (N, 3), each as the shape in its picture (N,)."""
        share, swell, rise = self._along(points, pictures)
        moved = share + swell * torch.sin(math.pi * share) / math.pi
        moved[:, 1] += rise * torch.cos(math.pi / 2 * share[:, 1]) * (2 / math.pi)
        # What lies beside the shape's bounds goes along with them.
        beside = points - share * self._before[pictures]
        moved = (moved * self._before[pictures] + beside) * self._scale[pictures]
        moved[:, 0] *= self._mirror[pictures]
        return moved

    def normals(self, points: Tensor, normals: Tensor, pictures: Tensor) -> Tensor:
        """Turn unit normals (N, 3) of surfaces at points (N, 3), not yet moved."""
        share, swell, rise = self._along(points, pictures)
        slope = 1 + swell * torch.cos(math.pi * share)
        slope[:, 1] -= rise * torch.sin(math.pi / 2 * share[:, 1])
        turned = normals / (slope * self._scale[pictures])
        turned[:, 0] *= self._mirror[pictures]
        return F.normalize(turned, dim=1)

    def _along(self, points: Tensor, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        share = (points / self._before[pictures]).clamp(-1, 1)
        return share, self._swell[pictures], self._rise[pictures]
