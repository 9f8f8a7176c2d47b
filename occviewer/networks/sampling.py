"""Picking points out of clouds, as networks on points do."""

from __future__ import annotations

import torch
from torch import Tensor


def squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """Squared distances (B, N, M) of points (B, N, 3) and (B, M, 3), by the matrix product."""
    product = torch.matmul(first, second.transpose(1, 2))
    return -2 * product + (first**2).sum(-1)[:, :, None] + (second**2).sum(-1)[:, None]


def picked(values: Tensor, index: Tensor) -> Tensor:
    """Rows of values (B, N, C) by numbers (B, ...): (B, ..., C)."""
    batch = torch.arange(len(values), device=values.device)
    return values[batch.view(-1, *[1] * (index.ndim - 1)), index]


def farthest_points(points: Tensor, count: int) -> Tensor:
    """Numbers (B, count) of points (B, N, 3): the first, then always the farthest from all taken.

    Where there are fewer points than that, the last ones are taken again.
    """
    index = points.new_zeros(len(points), count, dtype=torch.long)
    distance = torch.full(points.shape[:2], torch.inf, device=points.device)
    newest = index[:, 0]
    for number in range(count):
        index[:, number] = newest
        apart = ((points - picked(points, newest)[:, None]) ** 2).sum(-1)
        distance = torch.minimum(distance, apart)
        newest = distance.argmax(-1)
    return index
