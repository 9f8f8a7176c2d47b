"""Compiled loops over all nodes of dense levels; see `occviewer.extraction.dense`.

All of them take padded nodes. Those that a team shares out take the rows along x for which they
are answerable, from `first` up to `last`, and write to no others.
"""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, IntArray, UInt8Array
from occviewer.compiled import compiled, inlined
from occviewer.extraction.dense import KNOWN, NEEDED, PASSED, UNCERTAIN

_HALF, _ZERO, _NOWHERE = np.float32(0.5), np.float32(0), np.float32(-np.inf)


@compiled
def fill(
    coarse: Float32Array, values: Float32Array, state: UInt8Array, cells: int, first: int, last: int
) -> None:
    """Fill a finer level with coarse values where there are, and the means of two between.

    The fine node 2 n - 1 is the coarse node n. `state` is 0 before.
    """
    line = np.empty(coarse.shape[2], np.float32)
    for x in range(first, last):
        x0 = (x + 1) // 2
        x1 = x0 + 1 - x % 2
        for y in range(values.shape[1]):
            if min(x, y) < 1 or max(x, y) > cells + 1:
                values[x, y] = _NOWHERE
                continue
            y0 = (y + 1) // 2
            y1 = y0 + 1 - y % 2
            for z in range(len(line)):
                low = _HALF * (coarse[x0, y0, z] + coarse[x0, y1, z])
                high = _HALF * (coarse[x1, y0, z] + coarse[x1, y1, z])
                line[z] = _HALF * (low + high)
            values[x, y, 0] = _NOWHERE
            for z in range(1, cells // 2 + 1):
                values[x, y, 2 * z - 1] = line[z]
                values[x, y, 2 * z] = _HALF * (line[z] + line[z + 1])
            z = cells // 2 + 1
            values[x, y, 2 * z - 1] = line[z]
            if cells % 2:
                values[x, y, 2 * z] = _HALF * (line[z] + line[z + 1])
            values[x, y, cells + 2] = _NOWHERE


@compiled
def keep_known(coarse: UInt8Array, state: UInt8Array, cells: int, first: int, last: int) -> None:
    """Note that coarse nodes that are known are so on the finer level."""
    for x in range(first + 1 - first % 2, min(last, cells + 2), 2):
        for y in range(1, cells + 2, 2):
            for z in range(1, cells + 2, 2):
                if coarse[(x + 1) // 2, (y + 1) // 2, (z + 1) // 2] & KNOWN:
                    state[x, y, z] = KNOWN


@compiled
def bends(values: Float32Array, bound: Float32Array, first: int, last: int) -> None:
    """Sum over the axes of the second differences' sizes, 0 across the border."""
    end = values.shape[0] - 2
    for x in range(max(first, 1), min(last, end + 1)):
        for y in range(1, end + 1):
            for z in range(1, end + 1):
                twice = 2 * values[x, y, z]
                total = _ZERO
                if 1 < z < end:
                    total += abs(values[x, y, z - 1] - twice + values[x, y, z + 1])
                if 1 < y < end:
                    total += abs(values[x, y - 1, z] - twice + values[x, y + 1, z])
                if 1 < x < end:
                    total += abs(values[x - 1, y, z] - twice + values[x + 1, y, z])
                bound[x, y, z] = total


@compiled
def mark_uncertain(
    coarse: Float32Array, bound: Float32Array, values: Float32Array, state: UInt8Array,
    cells: int, cautions: Float32Array, first: int, last: int,
) -> None:  # fmt: skip
    """Mark the nodes between coarse ones that the second differences leave uncertain.

    Of the cells above some rows of coarse nodes. `cautions` are those of a `Guard` for nodes
    between coarse ones along 0 to 3 axes.
    """
    end = coarse.shape[0] - 2
    widest = max(cautions[1], cautions[2], cautions[3])
    near, far = np.empty(end + 1, np.float32), np.empty(end + 1, np.float32)
    doubtful = np.zeros(end + 1, np.uint8)
    limits = np.empty(8, np.float32)
    for x in range(max(first, 1), min(last, end)):
        for y in range(1, end):
            # A node between corners is as far from the level as the nearest of them, if they
            # are on one side; where they are not, the surface needs it anyway.
            for z in range(1, end + 1):
                near[z] = min(
                    min(abs(coarse[x, y, z]), abs(coarse[x, y + 1, z])),
                    min(abs(coarse[x + 1, y, z]), abs(coarse[x + 1, y + 1, z])),
                )
                far[z] = max(
                    max(bound[x, y, z], bound[x, y + 1, z]),
                    max(bound[x + 1, y, z], bound[x + 1, y + 1, z]),
                )
            some = np.uint8(0)
            for z in range(1, end):
                doubtful[z] = min(near[z], near[z + 1]) <= widest * max(far[z], far[z + 1])
                some |= doubtful[z]
            if not some:
                continue
            for z in range(1, end):
                if not doubtful[z]:
                    continue
                for node in range(8):
                    i, j, k = node >> 2, node >> 1 & 1, node & 1
                    limit = bound[x + i, y + j, z + k]
                    for fewer in (node & 3, node & 5, node & 6):
                        if fewer != node:
                            limit = max(limit, limits[fewer])
                    limits[node] = limit
                    u, v, w = 2 * x - 1 + i, 2 * y - 1 + j, 2 * z - 1 + k
                    if node == 0 or max(u, v, w) > cells + 1:
                        continue
                    if abs(values[u, v, w]) <= cautions[i + j + k] * limit:
                        state[u, v, w] |= UNCERTAIN


@compiled
def mark_corners(values: Float32Array, state: UInt8Array, first: int, last: int) -> None:
    """Mark the nodes that are corners of a cell with corners on both sides, and not known."""
    side = values.shape[0]
    inside = np.zeros(side, np.int8)
    for x in range(max(first - 1, 0), min(last, side - 1)):
        for y in range(side - 1):
            total = 0
            for z in range(side):
                inside[z] = (
                    np.int8(values[x, y, z] > _ZERO)
                    + np.int8(values[x, y + 1, z] > _ZERO)
                    + np.int8(values[x + 1, y, z] > _ZERO)
                    + np.int8(values[x + 1, y + 1, z] > _ZERO)
                )
                total += inside[z]
            if total == 0:
                continue
            for z in range(side - 1):
                corners = inside[z] + inside[z + 1]
                if corners == 0 or corners == 8:
                    continue
                for u in range(max(x, first), min(x + 2, last)):
                    for v in range(y, y + 2):
                        for w in range(z, z + 2):
                            if values[u, v, w] != _NOWHERE and not state[u, v, w] & KNOWN:
                                state[u, v, w] |= NEEDED


@compiled
def mark_ends(values: Float32Array, state: UInt8Array, first: int, last: int) -> None:
    """Mark the nodes that are ends of an edge with ends on both sides, and not known.

    Without a branch, so that a wide register takes many nodes at a time.
    """
    side = values.shape[0]
    for x in range(max(first, 1), min(last, side - 1)):
        for y in range(1, side - 1):
            for z in range(1, side - 1):
                here = values[x, y, z] > _ZERO
                turns = (
                    np.uint8((values[x, y, z - 1] > _ZERO) != here)
                    | np.uint8((values[x, y, z + 1] > _ZERO) != here)
                    | np.uint8((values[x, y - 1, z] > _ZERO) != here)
                    | np.uint8((values[x, y + 1, z] > _ZERO) != here)
                    | np.uint8((values[x - 1, y, z] > _ZERO) != here)
                    | np.uint8((values[x + 1, y, z] > _ZERO) != here)
                )
                known = state[x, y, z] & KNOWN
                state[x, y, z] |= turns * NEEDED * (known ^ KNOWN)


@compiled
def moved_at_most(
    coarse: Float32Array, coarse_state: UInt8Array, old: Float32Array, old_state: UInt8Array,
    shift: np.float32, seen: Float32Array,
) -> None:  # fmt: skip
    """Enter by how much values have moved, at most, into blocks of 8³ nodes.

    `seen` is negative where nothing was seen.
    """
    end = coarse.shape[0] - 2
    for x in range(1, end + 1):
        u = min(2 * x - 1, old.shape[0] - 2)
        for y in range(1, end + 1):
            v = min(2 * y - 1, old.shape[0] - 2)
            for z in range(1, end + 1):
                if not coarse_state[x, y, z] & KNOWN:
                    continue
                w = min(2 * z - 1, old.shape[0] - 2)
                if old_state[u, v, w] & KNOWN:
                    moved = abs(coarse[x, y, z] - old[u, v, w] - shift)
                    seen[u >> 3, v >> 3, w >> 3] = max(seen[u >> 3, v >> 3, w >> 3], moved)


@inlined
def _any_in_row(state: UInt8Array, x: int, y: int, bits: np.uint8) -> bool:
    """Whether any node of a row has some bits: quickly, for many rows have none."""
    found = np.uint8(0)
    for z in range(state.shape[2]):
        found |= state[x, y, z]
    return bool(found & bits)


@compiled
def count_turned(
    old: Float32Array, old_state: UInt8Array, values: Float32Array, state: UInt8Array,
    shift: np.float32, first: int, last: int,
) -> tuple[int, int]:  # fmt: skip
    """Count the nodes of which the last frame was sure, and those whose sign was another."""
    known = turned = 0
    for x in range(first, last):
        for y in range(values.shape[1]):
            if not _any_in_row(old_state, x, y, KNOWN | PASSED):
                continue
            for z in range(values.shape[2]):
                if old_state[x, y, z] & (KNOWN | PASSED) and not state[x, y, z] & KNOWN:
                    known += 1
                    before = old[x, y, z] + shift
                    turned += (before > _ZERO) != (values[x, y, z] > _ZERO)
    return known, turned


@compiled
def take_over(
    old: Float32Array, old_state: UInt8Array, old_slack: Float32Array, values: Float32Array,
    state: UInt8Array, slack: Float32Array, shift: np.float32, drift: Float32Array, first: int,
    last: int,
) -> None:  # fmt: skip
    """Pass over what cannot have turned since the last frame, and ask what has.

    Nodes that are passed over keep their value, and get the slack by which it may be wrong.
    """
    for x in range(first, last):
        for y in range(values.shape[1]):
            if not _any_in_row(old_state, x, y, KNOWN | PASSED):
                continue
            for z in range(values.shape[2]):
                if not old_state[x, y, z] & (KNOWN | PASSED) or state[x, y, z] & KNOWN:
                    continue
                before = old[x, y, z] + shift
                if (before > _ZERO) != (values[x, y, z] > _ZERO):
                    state[x, y, z] |= NEEDED
                    continue
                moved = drift[x >> 3, y >> 3, z >> 3]
                if not old_state[x, y, z] & KNOWN:
                    moved += old_slack[x, y, z]
                if abs(before) > moved:
                    values[x, y, z] = before
                    slack[x, y, z] = moved
                    state[x, y, z] = (state[x, y, z] | PASSED) & ~UNCERTAIN


@compiled
def gather(state: UInt8Array, bits: np.uint8, first: int, last: int) -> IntArray:
    """Places of the nodes, ascending, of whose state some bits are set."""
    side = state.shape[1]
    count = 0
    for x in range(first, last):
        for y in range(side):
            for z in range(side):
                count += (state[x, y, z] & bits) != 0
    places = np.empty(count, np.int64)
    at = 0
    for x in range(first, last):
        for y in range(side):
            if not _any_in_row(state, x, y, bits):
                continue
            for z in range(side):
                if state[x, y, z] & bits:
                    places[at] = (x * side + y) * side + z
                    at += 1
    return places
