"""How much of its own a shape keeps on the way to another.

A bottleneck knows a shape by its outline, which says how all parts of such a shape go
together, and by its **particulars**: what its cells and its detail hold beside that. An
outline between two others is a shape too. Particulars of one shape over the outline of
another are debris: a piece of a back in the air, half a leg. So they fade where the outline
leaves the shape that they belong to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

# Looked at on chairs, tables and sofas of the model that ships. Where particulars stay longer,
# sliders change nothing at first, and then the legs of the old shape are in the way.
_NEAR = 0.25
_FADING = 0.7


def kept_when_moved(distance: float) -> float:
    """Share of its particulars that a shape keeps when its outline moves.

    Parameters
    ----------
    distance : float
        How far along the axes, in standard deviations.
    """
    return math.exp(-((max(0.0, distance - _NEAR) / _FADING) ** 2))


def kept_in_blend(particulars: Tensor, shares: Sequence[float]) -> list[float]:
    """Weights with which the particulars of mixed shapes add up.

    A shape keeps its own as far as more than half of the mixture agrees with it: alone all
    of it, halfway to a stranger nothing, and among its likes all of it everywhere.

    Parameters
    ----------
    particulars : (N, P) Tensor
        Of the shapes.
    shares : sequence of float
        Of the mixture (N,); their sum is 1, and some may be a little below 0.

    Returns
    -------
    list of float
        For each shape, its share or less.
    """
    directions = torch.nn.functional.normalize(particulars, dim=1)
    alike = (directions @ directions.T).clamp(0, 1).fill_diagonal_(1)
    weights = torch.tensor(list(shares), dtype=alike.dtype, device=alike.device)
    agreeing = alike @ weights.clamp(min=0)
    kept: list[float] = (weights * (2 * agreeing - 1).clamp(0, 1)).tolist()
    return kept
