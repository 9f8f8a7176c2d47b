"""Compiled loops that copy a dense level into bricks; see `occviewer.extraction.bricks`."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, IntArray, UInt8Array
from occviewer.compiled import compiled
from occviewer.extraction.bricks import BRICK, INSIDE, OUTSIDE
from occviewer.extraction.dense import ASKED, KNOWN, UNCERTAIN

STORED = INSIDE + 1

_ZERO, _NOWHERE = np.float32(0), np.float32(-np.inf)


@compiled
def sort(values: Float32Array, state: UInt8Array, kinds: UInt8Array, first: int, last: int) -> None:
    """Tell bricks that are all outside or inside from those that are to be stored.

    These have nodes on both sides, or such as were asked on this level or leave a doubt: the
    surface may be near. Of the bricks (side, side, side), those from `first` up to `last` along
    x; what lies beyond the nodes is outside.
    """
    side = values.shape[0]
    inside, near = np.empty(kinds.shape[2], np.int64), np.empty(kinds.shape[2], np.uint8)
    for bx in range(first, last):
        for by in range(kinds.shape[1]):
            inside[:] = 0
            near[:] = 0
            for x in range(bx * BRICK, min((bx + 1) * BRICK, side)):
                for y in range(by * BRICK, min((by + 1) * BRICK, side)):
                    for z in range(side):
                        inside[z // BRICK] += values[x, y, z] > _ZERO
                        near[z // BRICK] |= state[x, y, z] & (ASKED | UNCERTAIN)
            for bz in range(kinds.shape[2]):
                if near[bz] or 0 < inside[bz] < BRICK * BRICK * BRICK:
                    kinds[bx, by, bz] = STORED
                else:
                    kinds[bx, by, bz] = INSIDE if inside[bz] else OUTSIDE


@compiled
def copy(
    values: Float32Array, state: UInt8Array, bricks: IntArray, to: Float32Array, known: UInt8Array
) -> None:
    """Copy the values of bricks (3, M) and enter which of them are known into bits.

    `to` is (M, 8, 8, 8), `known` is (M, 8, 8) and 0 before.
    """
    side = values.shape[0]
    for m in range(bricks.shape[1]):
        x0, y0, z0 = bricks[0, m] * BRICK, bricks[1, m] * BRICK, bricks[2, m] * BRICK
        for i in range(BRICK):
            for j in range(BRICK):
                for k in range(BRICK):
                    x, y, z = x0 + i, y0 + j, z0 + k
                    if max(x, y, z) >= side:
                        to[m, i, j, k] = _NOWHERE
                        continue
                    to[m, i, j, k] = values[x, y, z]
                    known[m, i, j] |= np.uint8(state[x, y, z] & KNOWN) << k
