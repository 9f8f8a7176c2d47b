"""How far values can have moved from one frame to the next, by what is seen to have moved."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array

# When more than this share of what was known has turned, the last frame is no help.
JUMP = 0.2

# A value is taken to have moved by at most this times the largest movement that is
# seen in its block of 8³ nodes and those around.
DRIFT = np.float32(2.0)


def allowed(seen: Float32Array) -> Float32Array:
    """How far values may have moved in each block (n, n, n).

    ``seen`` is the largest movement that was seen in it, negative where there was none;
    it is overwritten.
    """
    for axis in range(3):
        rows = np.moveaxis(seen.copy(), axis, 0)
        kept = np.moveaxis(seen, axis, 0)
        np.maximum(kept[1:], rows[:-1], out=kept[1:])
        np.maximum(kept[:-1], rows[1:], out=kept[:-1])
    return np.where(seen < 0, np.float32(np.inf), DRIFT * seen)
