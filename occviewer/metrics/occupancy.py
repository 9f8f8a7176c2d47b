"""Scores of occupancies at points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def iou(predicted: npt.ArrayLike, true: npt.ArrayLike) -> float:
    """Measure the overlap of two volumes by points spread evenly over the box.

    The number of points in both over the number of points in either.

    Parameters
    ----------
    predicted, true : (N,) bool
        Whether each point is inside.

    Returns
    -------
    float
        0 … 1; 1 when neither has a point inside.
    """
    first, second = np.asarray(predicted), np.asarray(true)
    if first.shape != second.shape or first.dtype != bool or second.dtype != bool:
        raise ValueError(
            "IoU needs two bool arrays of one shape, not "
            f"{first.dtype} {first.shape} and {second.dtype} {second.shape}."
        )
    either = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / either if either else 1.0
