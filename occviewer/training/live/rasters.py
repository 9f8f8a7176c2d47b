"""Triangles to pixels, for many pictures at once, with nothing but torch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from occviewer.training.live.dice import Dice

_LEAST_AREA = 1e-9  # twice a triangle's, square pixels
_AT_ONCE = {"cpu": 1 << 21, "cuda": 1 << 26}  # places that are looked at together: memory
_NOTHING = 2**63 - 1
_SOLID = 0.999


@dataclass(frozen=True, eq=False)
class Rasters:
    """What lies behind every pixel.

    Attributes
    ----------
    first, last : (B, P, P) float32 Tensor
        Depths of the nearest and the farthest surface, panes of glass too; infinite where
        there is none.
    triangle : (B, P, P) int64 Tensor
        Number of the triangle that is seen; -1 where there is none.
    """

    first: Tensor
    last: Tensor
    triangle: Tensor


def rasterise(
    corners: Tensor,
    depths: Tensor,
    pictures: Tensor,
    count: int,
    pixels: int,
    *,
    parallel: bool = False,
    opacity: Tensor | None = None,
    dice: Dice | None = None,
) -> Rasters:
    """Draw triangles at the middles of pixels.

    Parameters
    ----------
    corners : (T, 3, 2) Tensor
        Pixels to the right and down; the middle of the first pixel is (0.5, 0.5).
    depths : (T, 3) Tensor
        Above 0.
    pictures : (T,) Tensor
        Number of the picture that each triangle is in.
    count : int
        Pictures B.
    pixels : int
        Side P of each.
    parallel : bool
        Whether the lines of sight are parallel. Else they meet in a camera, and the inverse of
        the depth is linear in the picture.
    opacity : (T,) Tensor, optional
        Probability that a triangle is what is seen at a pixel, needs `dice`.
    dice : Dice, optional
    """
    device = corners.device
    size = count * pixels * pixels
    first = torch.full((size,), torch.inf, device=device)
    last = torch.full((size,), -torch.inf, device=device)
    key = torch.full((size,), _NOTHING, dtype=torch.int64, device=device)
    begin = (corners.amin(1) - 0.5).ceil().clamp(0, pixels).long()
    end = (corners.amax(1) - 0.5).floor().clamp(-1, pixels - 1).long()
    span = (end - begin + 1).clamp(min=0)
    covers = (span[:, 0] * span[:, 1]) * (_twice_area(corners).abs() > _LEAST_AREA)
    kept = covers.nonzero()[:, 0]
    along = depths if parallel else 1 / depths
    for part in _portions(kept, covers[kept], _AT_ONCE.get(device.type, 1 << 24)):
        triangle, x, y = _places(part, covers[part], begin, span)
        weights = barycentric(corners[triangle], x + 0.5, y + 0.5)
        inside = (weights >= 0).all(1)
        triangle, weights = triangle[inside], weights[inside]
        depth = (weights * along[triangle]).sum(1)
        depth = depth if parallel else 1 / depth
        place = (pictures[triangle].long() * pixels + y[inside]) * pixels + x[inside]
        first.scatter_reduce_(0, place, depth, "amin")
        last.scatter_reduce_(0, place, depth, "amax")
        if opacity is not None and dice is not None:
            solid = opacity[triangle]
            seen = (solid > _SOLID) | (dice.uniform(0, 1, len(solid)) < solid)
            triangle, depth, place = triangle[seen], depth[seen], place[seen]
        # Positive floats compare like their bits: the least key is the nearest triangle's.
        keys = (depth.contiguous().view(torch.int32).long() << 32) | triangle
        key.scatter_reduce_(0, place, keys, "amin")
    shape = (count, pixels, pixels)
    seen = torch.where(key == _NOTHING, -1, key & 0xFFFFFFFF)
    last = torch.where(torch.isfinite(last), last, torch.inf)
    return Rasters(first.view(shape), last.view(shape), seen.view(shape))


def barycentric(corners: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Weights (N, 3) of the corners (N, 3, 2) of triangles at places (N,) in the picture."""
    (x0, y0), (x1, y1), (x2, y2) = (corners[:, k].unbind(1) for k in range(3))
    first = (x1 - x) * (y2 - y) - (x2 - x) * (y1 - y)
    second = (x2 - x) * (y0 - y) - (x0 - x) * (y2 - y)
    two = torch.stack([first, second], 1) / _twice_area(corners)[:, None]
    return torch.cat([two, 1 - two.sum(1, keepdim=True)], 1)


def spread(starts: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers ``starts[i]`` to ``starts[i] + counts[i]`` one after the other, and i of each."""
    of = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    before = torch.cumsum(counts, 0) - counts
    return torch.arange(len(of), device=counts.device) - before[of] + starts[of], of


def _twice_area(corners: Tensor) -> Tensor:
    along, beside = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return along[:, 0] * beside[:, 1] - beside[:, 0] * along[:, 1]


def _portions(numbers: Tensor, counts: Tensor, most: int) -> list[Tensor]:
    """Divide numbers so that the counts of each portion sum up to about `most`."""
    if not len(numbers):
        return []
    portion = (torch.cumsum(counts, 0) - 1) // most
    sizes: list[int] = torch.unique_consecutive(portion, return_counts=True)[1].tolist()
    return list(torch.split(numbers, sizes))


def _places(
    numbers: Tensor, counts: Tensor, begin: Tensor, span: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Triangle, column and row of every pixel in the rectangles about triangles."""
    place, of = spread(torch.zeros_like(counts), counts)
    triangle = numbers[of]
    wide = span[triangle, 0]
    row = torch.div(place, wide, rounding_mode="floor")
    return triangle, begin[triangle, 0] + place - row * wide, begin[triangle, 1] + row
