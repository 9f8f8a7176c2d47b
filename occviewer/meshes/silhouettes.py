"""The silhouette of a mesh in a picture, and how far it is that of the object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow

from occviewer.arrays import BoolArray
from occviewer.cameras import PictureCamera
from occviewer.meshes.mesh import Mesh
from occviewer.meshes.rasterising import rasterised

_SIDE = 420  # pixels of the longer side: enough for a percent, and soon drawn


@dataclass(frozen=True, eq=False)
class Compared:
    """A mask and a silhouette, on one grid of pixels.

    Attributes
    ----------
    wanted, found : (H, W) bool
        Of the mask and of the mesh; smaller than a large picture.
    """

    wanted: BoolArray
    found: BoolArray

    @property
    def overlap(self) -> float:
        """Intersection over union, 0 … 1."""
        union = np.count_nonzero(self.wanted | self.found)
        return np.count_nonzero(self.wanted & self.found) / union if union else 0.0


def mesh_silhouette(mesh: Mesh, camera: PictureCamera) -> BoolArray:
    """Mask (H, W) of the pixels of a camera's picture whose middles triangles cover.

    Parameters
    ----------
    mesh : Mesh
        Box frame; what is not before the camera is left out.
    camera : PictureCamera
    """
    width, height = camera.size
    mask = np.zeros((height, width), bool)
    places, depth = camera.project(mesh.vertices)
    faces = mesh.faces[(depth[mesh.faces] > 0).all(1)]
    for part in rasterised(places[faces], width, height):
        mask[part.rows, part.columns] = True
    return mask


def compared(mesh: Mesh, camera: PictureCamera, inside: BoolArray) -> Compared:
    """Compare the silhouette of a mesh with the mask of the picture.

    Parameters
    ----------
    mesh : Mesh
        Box frame.
    camera : PictureCamera
        Of the whole picture.
    inside : (H, W) bool
    """
    wanted = scaled_mask(inside, _SIDE)
    height, width = wanted.shape
    return Compared(wanted, mesh_silhouette(mesh, camera.resized(width, height)))


def scaled_mask(mask: BoolArray, side: int) -> BoolArray:
    """Scale a mask down until its longer side has so many pixels."""
    height, width = mask.shape
    scale = min(1.0, side / max(height, width))
    if scale == 1:
        return mask
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = Pillow.fromarray(mask.astype(np.uint8) * 255).resize(size, Pillow.Resampling.BOX)
    return np.asarray(small) > 127
