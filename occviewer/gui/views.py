"""From where the model's box is looked at, and on what it stands."""

from __future__ import annotations

import numpy as np
import pyvista as pv

BOX = 0.55
VIEWS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "front": ((0, 0, 1), (0, 1, 0)),
    "back": ((0, 0, -1), (0, 1, 0)),
    "left": ((-1, 0, 0), (0, 1, 0)),
    "right": ((1, 0, 0), (0, 1, 0)),
    "top": ((0, 1, 0), (0, 0, -1)),
    "bottom": ((0, -1, 0), (0, 0, 1)),
    "isometric": ((0.75, 0.55, 1.0), (0, 1, 0)),
}
"""Direction from the shape to the camera, and what is up on the screen."""


def floor() -> pv.PolyData:
    """Grid of lines under the box, a tenth of its side apart."""
    at = np.linspace(-1, 1, 21) * BOX * 1.5
    plane = pv.RectilinearGrid(at, np.array([-BOX]), at)
    return plane.extract_surface(algorithm="dataset_surface").extract_all_edges()
