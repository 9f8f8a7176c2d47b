"""Between the camera of the 3D view and that of a picture."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from occviewer.cameras import PictureCamera, fitted_centre_and_focal
from occviewer.meshes import Mesh
from occviewer.meshes.framing import Camera

if TYPE_CHECKING:
    from occviewer.gui.viewport import Viewport

NEAREST, FARTHEST = 1.2, 20.0
"""Distances that a picture may have been taken from, box units."""

_ENOUGH = 5000  # vertices tell how large a mesh is seen
_ROOM = 1.25  # around the box, half of whose diagonal is seen


def seen_from(camera: Camera) -> tuple[float, float, float]:
    """Azimuth and elevation in degrees, and distance, from which a view sees its target."""
    away = np.asarray(camera.position, np.float64) - np.asarray(camera.target, np.float64)
    distance = max(float(np.linalg.norm(away)), 1e-9)
    across, up, towards = away / distance
    azimuth = math.degrees(math.atan2(across, towards))
    elevation = math.degrees(math.asin(min(max(up, -1.0), 1.0)))
    return azimuth, elevation, min(max(distance, NEAREST), FARTHEST)


def turned_to(
    camera: PictureCamera,
    azimuth: float,
    elevation: float,
    distance: float,
    mesh: Mesh,
    bounds: tuple[int, int, int, int],
) -> PictureCamera:
    """Camera of a picture that sees a mesh from elsewhere, filling the same bounds.

    Parameters
    ----------
    camera : PictureCamera
    azimuth, elevation, distance : float
    mesh : Mesh
        Box frame.
    bounds : (left, top, right, bottom)
        Of the object in the picture, pixels.
    """
    turned = replace(camera, azimuth=azimuth, elevation=elevation, distance=distance)
    step = max(1, len(mesh.vertices) // _ENOUGH)
    return fitted_centre_and_focal(turned, mesh.vertices[::step], bounds)


def look_through(viewport: Viewport, camera: PictureCamera) -> None:
    """Put the camera of the 3D view where that of a picture is, with the whole box in sight."""
    angle = 2 * math.degrees(math.asin(min(0.95, _ROOM * 0.5 * math.sqrt(3) / camera.distance)))
    viewport.look_from(camera.position, min(angle, 120.0))
