"""What a training of the image encoder makes small while it learns to make shapes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name


def shape_loss(logits: Tensor, inside: Tensor, level: float) -> dict[str, Tensor]:
    """Cross entropy, and what is missing of the overlap in the box.

    Where one picture leaves a shape open, the likeliest answer at every point is "outside"
    too often for the two to overlap much; see Rahman and Wang (ISVC 2016), "Optimizing
    intersection-over-union in deep neural networks for image segmentation".

    Parameters
    ----------
    logits : (B, M) Tensor
    inside : (B, M) Tensor
        Labels. The queries of the second half are uniform in the box; only they tell of
        the overlap.
    level : float
        Logit at which surfaces lie.
    """
    spread = slice(logits.shape[1] // 2, None)
    found, truth = torch.sigmoid(logits[:, spread] - level), inside[:, spread]
    both = (found * truth).sum(1)
    either = (found + truth).sum(1) - both
    return {
        "occupancy": F.binary_cross_entropy_with_logits(logits, inside),
        "overlap": 1 - (both / either.clamp(min=1e-6)).mean(),
    }
