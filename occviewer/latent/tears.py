"""How torn shapes are: whether what lies between two shapes hangs together."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from occviewer.errors import NoSurfaceError
from occviewer.extraction import Field, extract

SHARES = (0.25, 0.5, 0.75)
"""After these of a step it is looked at."""

CELLS = 64
"""A side: the thinnest parts that models are trained on are as thick as one of them."""

_WORST = 0.25  # what the worst of a step counts beside their mean
_A_PART, _MOST_PARTS = 0.001, 20  # small parts have hardly any area, but are seen


def tear(fields: Iterable[Field], looked: Callable[[], None] = lambda: None) -> float:
    """Measure how torn shapes are.

    Parameters
    ----------
    fields : iterable of Field
        Of what lies between two shapes.
    looked : callable
        Called after each; may raise to stop.

    Returns
    -------
    float
        0 where each is in one piece; else about the share of the surface that hangs not
        together with the largest part.
    """
    loose, parts = [], []
    for field in fields:
        try:
            mesh = extract(field, CELLS, normals=False)
        except NoSurfaceError:
            loose.append(1.0)
        else:
            loose.append(mesh.loose_share)
            parts.append(min(mesh.component_count - 1, _MOST_PARTS))
        looked()
    return float(np.mean(loose) + _WORST * max(loose) + _A_PART * sum(parts) / len(loose))
