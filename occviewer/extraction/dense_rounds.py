"""Compiled loops over some nodes of dense levels: what a round of settling asks and enters."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, IntArray, UInt8Array
from occviewer.compiled import compiled, inlined
from occviewer.extraction.dense import ASKED, KNOWN, PASSED, QUEUED

_ZERO, _NOWHERE = np.float32(0), np.float32(-np.inf)


@compiled
def finest_nodes(places: IntArray, side: int, stride: int, resolution: int) -> IntArray:
    """Nodes (3, N) of the finest grid at places (N,); see `occviewer.extraction.settling.ticks`."""
    nodes = np.empty((3, len(places)), np.int64)
    # Whole numbers below 2⁵¹ are divided exactly so, in a twentieth of the time: processors have
    # no instruction that divides several integers.
    each = 1.0 / side
    for n in range(len(places)):
        row = int((places[n] + 0.5) * each)
        x = int((row + 0.5) * each)
        nodes[0, n] = min((x - 1) * stride, resolution)
        nodes[1, n] = min((row - x * side - 1) * stride, resolution)
        nodes[2, n] = min((places[n] - row * side - 1) * stride, resolution)
    return nodes


@compiled
def enter(values: Float32Array, state: UInt8Array, places: IntArray, answers: Float32Array) -> None:
    """Enter answers (N,) at places (N,), and give back in their place what was predicted."""
    flat, bits = values.reshape(-1), state.reshape(-1)
    for n in range(len(places)):
        place = places[n]
        before = flat[place]
        flat[place] = answers[n]
        answers[n] = before
        bits[place] = (bits[place] | KNOWN | ASKED) & ~QUEUED


@inlined
def _beside(
    flat: Float32Array, bits: UInt8Array, place: int, side: int, reaches: Float32Array,
    surprise: np.float32, found: IntArray, at: int,
) -> int:  # fmt: skip
    """Find the nodes around a place that a surprise there may reach."""
    for i in range(-1, 2):
        for j in range(-1, 2):
            for k in range(-1, 2):
                near = place + (i * side + j) * side + k
                # It is never itself: it is known.
                if bits[near] & (KNOWN | PASSED):
                    continue
                if abs(flat[near]) <= surprise * reaches[abs(i) + abs(j) + abs(k)]:
                    found[at] = near
                    at += 1
    return at


@inlined
def _in_mixed_cells(
    flat: Float32Array, bits: UInt8Array, place: int, side: int, found: IntArray, at: int
) -> int:
    """Find the unknown corners of the cells around a place that have corners on both sides."""
    for cell in range(8):
        low = place - ((cell >> 2) * side + (cell >> 1 & 1)) * side - (cell & 1)
        inside = 0
        for corner in range(8):
            node = low + ((corner >> 2) * side + (corner >> 1 & 1)) * side + (corner & 1)
            inside += flat[node] > _ZERO
        if inside == 0 or inside == 8:
            continue
        for corner in range(8):
            node = low + ((corner >> 2) * side + (corner >> 1 & 1)) * side + (corner & 1)
            if not bits[node] & KNOWN and flat[node] != _NOWHERE:
                found[at] = node
                at += 1
    return at


@inlined
def _across(
    flat: Float32Array, bits: UInt8Array, place: int, side: int, found: IntArray, at: int
) -> int:
    """Find the unknown nodes beside a place that are on the other side."""
    inside = flat[place] > _ZERO
    for step in (1, side, side * side):
        for near in (place - step, place + step):
            if bits[near] & KNOWN or flat[near] == _NOWHERE:
                continue
            if (flat[near] > _ZERO) != inside:
                found[at] = near
                at += 1
    return at


@compiled
def hints(
    values: Float32Array, state: UInt8Array, places: IntArray, before: Float32Array,
    reaches: Float32Array, corners: bool,
) -> IntArray:  # fmt: skip
    """Places, some more than once, to be asked for what was answered at others (N,).

    Parameters
    ----------
    before : (N,) float32
        What was predicted there.
    reaches : (4,) float32
        How much a surprise counts at nodes that differ along 0 to 3 axes.
    corners : bool
        Whether a cell with corners on both sides is asked whole, or only edges' ends.
    """
    side = values.shape[1]
    flat, bits = values.reshape(-1), state.reshape(-1)
    found, at = np.empty(1024, np.int64), 0
    for n in range(len(places)):
        place, expected = places[n], before[n]
        answer = flat[place]
        surprise = expected - answer if expected > _ZERO else answer - expected
        turned = (expected > _ZERO) != (answer > _ZERO)
        if surprise <= _ZERO and not turned:
            continue
        if at + 96 > len(found):
            longer = np.empty(2 * len(found), np.int64)
            longer[:at] = found[:at]
            found = longer
        if surprise > _ZERO:
            at = _beside(flat, bits, place, side, reaches, surprise, found, at)
        if turned and corners:
            at = _in_mixed_cells(flat, bits, place, side, found, at)
        elif turned:
            at = _across(flat, bits, place, side, found, at)
    return found[:at]


@compiled
def queue(state: UInt8Array, found: IntArray) -> int:
    """Put the places (N,) that are not queued yet to the front; returns how many these are."""
    bits, count = state.reshape(-1), 0
    for n in range(len(found)):
        place = found[n]
        if not bits[place] & QUEUED:
            bits[place] |= QUEUED
            found[count] = place
            count += 1
    return count
