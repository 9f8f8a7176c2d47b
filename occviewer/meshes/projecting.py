"""What a picture says of the colours of points on the surface that it shows."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, FloatArray, UInt8Array
from occviewer.cameras import PictureCamera
from occviewer.meshes.mesh import Mesh
from occviewer.meshes.rasterising import rasterised

_DEPTH_SIDE = 640  # pixels of the longer side of what is seen, for the test of depth
_BEHIND = 0.012  # box units that a point may lie behind what is seen first, and more if slanted
_GRAZING, _HEAD_ON = 0.15, 0.5  # cosines between which a surface begins to show its colour
_RIM = 0.012  # of the mask's longer side: pixels at its edge are mixed with the background


class SeenColors:
    """The colours of a picture, for points of the mesh that it shows.

    Parameters
    ----------
    mesh : Mesh
        Box frame.
    camera : PictureCamera
        Of the picture.
    pixels : (H, W, 3) uint8
    inside : (H, W) bool
        Where the shape is: no colour comes from elsewhere.
    """

    def __init__(
        self, mesh: Mesh, camera: PictureCamera, pixels: UInt8Array, inside: BoolArray
    ) -> None:
        self._camera = camera
        self._pixels = _without_background(pixels, inside)
        places, depth = camera.project(mesh.vertices)
        self._low = places.min(0) - 1
        self._scale = _DEPTH_SIDE / max(float(np.ptp(places, axis=0).max()), 1e-9)
        self._nearest = self._depths(mesh, places, depth)

    def at(self, points: FloatArray, normals: FloatArray) -> tuple[Float64Array, Float64Array]:
        """Colours (N, 3) and how sure they are (N,), 0 … 1, at points of the surface (N, 3).

        It is 0 where something else is in between, or the surface looks away.
        """
        places, depth = self._camera.project(points)
        towards = self._camera.position - points
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        facing = (normals * towards).sum(1)
        columns, rows = self._cells(places)
        behind = np.abs(depth - self._nearest[rows, columns])
        # Within a pixel of the test, a slanted surface has more than one depth.
        slant = np.sqrt(1 - facing.clip(0, 1) ** 2) / facing.clip(_GRAZING, 1)
        pixel = self._camera.distance / self._camera.focal / self._scale
        seen = (depth > 0) & (behind <= _BEHIND + 2 * pixel * slant)
        sure = np.where(seen, ((facing - _GRAZING) / (_HEAD_ON - _GRAZING)).clip(0, 1), 0.0)
        return _looked_up(self._pixels, places), sure

    def _cells(self, places: Float64Array) -> tuple[FloatArray, FloatArray]:
        cells = ((places - self._low) * self._scale).astype(int)
        height, width = self._nearest.shape
        return cells[:, 0].clip(0, width - 1), cells[:, 1].clip(0, height - 1)

    def _depths(self, mesh: Mesh, places: Float64Array, depth: Float64Array) -> Float64Array:
        """Depth of what is seen first, in each cell of a picture of its own; else infinite."""
        from scipy import ndimage

        width, height = ((np.ptp(places, axis=0) + 2) * self._scale).astype(int) + 1
        nearest = np.full((height, width), np.inf)
        corners = ((places - self._low) * self._scale)[mesh.faces]
        for covered in rasterised(corners, width, height):
            far = (covered.shares * depth[mesh.faces[covered.triangles]]).sum(1)
            np.minimum.at(nearest, (covered.rows, covered.columns), far)
        # At the outline a point may fall into a cell whose middle is beside the shape.
        empty = np.isinf(nearest)
        beside = ndimage.minimum_filter(nearest, 3)
        result: Float64Array = np.where(empty, beside, nearest)
        return result


def _without_background(pixels: UInt8Array, inside: BoolArray) -> UInt8Array:
    """Continue the shape's colours over its edge, so that no background bleeds in."""
    from scipy import ndimage

    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    longer = max(np.ptp(rows), np.ptp(columns)) if len(rows) else 1
    depth = ndimage.distance_transform_edt(inside)
    rim = _RIM * longer
    # Thin parts are all rim: there the middle line counts.
    core = inside & ((depth > rim) | (depth >= ndimage.maximum_filter(depth, 3)))
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    continued: UInt8Array = pixels[nearest[0], nearest[1]]
    return continued


def _looked_up(pixels: UInt8Array, places: Float64Array) -> Float64Array:
    """Colours (N, 3) of a picture between its pixels, at places (N, 2)."""
    from scipy import ndimage

    at = [places[:, 1] - 0.5, places[:, 0] - 0.5]
    channels = [
        ndimage.map_coordinates(pixels[..., c].astype(np.float32), at, order=1, mode="nearest")
        for c in range(3)
    ]
    return np.stack(channels, axis=1).astype(np.float64)
