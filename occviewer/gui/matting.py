"""Leaves the background out of pictures. No Qt here."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import Float32Array, UInt8Array


def merged(drawings: list[UInt8Array]) -> UInt8Array:
    """Make one picture: a drawing as it is, or of one on black and one on white what is there.

    What shows the same on both is opaque, what shows the background whole is not there:
    ``alpha = 1 - (white - black)`` (Smith and Blinn, "Blue screen matting", SIGGRAPH 1996).
    No window system need know of transparency.

    Parameters
    ----------
    drawings : list of (H, W, 3) uint8
        One, or that on black and that on white.

    Returns
    -------
    (H, W, 3) or (H, W, 4) uint8
    """
    if len(drawings) == 1:
        return drawings[0]
    black, white = (drawing.astype(np.float32) / 255 for drawing in drawings)
    alpha: Float32Array = np.clip(1 - (white - black).mean(axis=2, keepdims=True), 0, 1)
    colour = np.clip(black / np.maximum(alpha, 1e-3), 0, 1)
    rgba = np.concatenate([np.where(alpha > 0, colour, 0), alpha], axis=2)
    return np.round(255 * rgba).astype(np.uint8)
