"""Small pictures of shapes for the shelf, drawn without a window and without OpenGL.

A thumbnail is drawn in the compute thread, where no graphics context may be used: a
few thousand triangles, projected and shaded by numpy, the nearest in each pixel.
"""

from __future__ import annotations

import io

import numpy as np

from occviewer.arrays import Float32Array, Float64Array, UInt8Array
from occviewer.meshes import Mesh

SIZE = (192, 160)
"""Width and height in pixels; twice what the shelf shows, for fine screens."""

_TOWARDS = np.array([0.55, 0.42, 0.85])
_LIGHT = np.array([0.25, 0.8, 0.55])
_COLOUR = np.array([176, 186, 201])
_SHADE, _SHADE_OF_COLOURS = 0.35, 0.7  # brightness in the shade; pictures have shades already
_POINTS_A_PIXEL = 6


def preview_png(mesh: Mesh) -> bytes:
    """Draw a mesh of the box frame, from the front right and above: PNG with transparency.

    Where its vertices have colours, those are drawn.
    """
    from PIL import Image

    width, height = SIZE
    picture = np.zeros((height, width, 4), np.uint8)
    if not mesh.is_empty:
        points, normals, colours = _spread(mesh)
        across, up, towards = _axes()
        scale = 0.92 * min(width, height) / max(np.ptp(points @ across), np.ptp(points @ up), 1e-9)
        middle = (points.max(0) + points.min(0)) / 2
        x = ((points - middle) @ across * scale + width / 2).astype(int)
        y = (height / 2 - (points - middle) @ up * scale).astype(int)
        seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        seen &= normals @ towards > 0
        # The nearest is written last and stays.
        order = np.argsort(points @ towards, kind="stable")
        order = order[seen[order]]
        light = _LIGHT / np.linalg.norm(_LIGHT)
        dark = _SHADE if mesh.colors is None else _SHADE_OF_COLOURS
        brightness = dark + (1 - dark) * np.clip(normals @ light * 0.6 + 0.4, 0, 1)
        picture[y[order], x[order], :3] = (brightness[:, None] * colours)[order].astype(np.uint8)
        picture[y[order], x[order], 3] = 255
        _fill(picture)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def _spread(mesh: Mesh) -> tuple[Float64Array, Float32Array, Float64Array]:
    """Points so dense on the surface that they leave no holes, with normals and colours."""
    from occviewer.meshes.sampling import places_on_surface

    count = _POINTS_A_PIXEL * SIZE[0] * SIZE[1]
    faces, weights = places_on_surface(mesh, count, np.random.default_rng(0))
    corners = mesh.faces[faces]
    points = np.einsum("nc,ncd->nd", weights, mesh.vertices[corners].astype(np.float64))
    colours = np.broadcast_to(_COLOUR.astype(np.float64), points.shape)
    if mesh.colors is not None:
        colours = np.einsum("nc,ncd->nd", weights, mesh.colors[corners, :3].astype(np.float64))
    return points, mesh.face_normals[faces], colours


def _fill(picture: UInt8Array) -> None:
    """Give pixels that no point fell on, but three of their neighbours, what is beside them."""
    # Twice, since a hole may be two pixels large.
    for _ in range(2):
        beside = [np.roll(picture, step, axis) for axis in (0, 1) for step in (1, -1)]
        filled = np.stack([each[..., 3] > 0 for each in beside])
        holes = (picture[..., 3] == 0) & (filled.sum(0) >= 3)
        picture[holes] = np.max([each[holes] for each in beside], axis=0)


def _axes() -> tuple[Float64Array, Float64Array, Float64Array]:
    """Directions to the right, up and towards the eye (3,) each."""
    towards = _TOWARDS / np.linalg.norm(_TOWARDS)
    across = np.cross([0.0, 1.0, 0.0], towards)
    across /= np.linalg.norm(across)
    return across, np.cross(towards, across), towards
