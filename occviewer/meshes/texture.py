"""The texture: a picture, and where the vertices of a mesh lie in it."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from occviewer.arrays import Float32Array, UInt8Array
from occviewer.errors import MeshError


@dataclass(frozen=True, eq=False)
class Texture:
    """A picture for the surface of a mesh. Its arrays are read-only.

    Where the surface was cut to be laid flat, two vertices of the mesh are at one place, each
    with its own coordinates in the picture.

    Parameters
    ----------
    image : (H, W, 3) uint8
        Red, green, blue; the first row is the upper edge.
    uv : (V, 2) float32
        Of each vertex of the mesh: from the left edge (0) to the right (1), and from the lower
        edge (0) to the upper (1), as OBJ has it.

    Raises
    ------
    MeshError
        When the arrays have other shapes.
    """

    image: UInt8Array
    uv: Float32Array

    def __post_init__(self) -> None:
        image, uv = np.asarray(self.image), np.asarray(self.uv).astype(np.float32, copy=False)
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise MeshError(f"A texture is uint8 (H, W, 3), not {image.dtype} {image.shape}.")
        if uv.ndim != 2 or uv.shape[1] != 2:
            raise MeshError(f"Coordinates in a texture are (V, 2), not {uv.shape}.")
        for name, array in (("image", image), ("uv", uv)):
            view = array.view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)

    def png(self) -> bytes:
        """Pack the picture as a PNG file."""
        content = io.BytesIO()
        Image.fromarray(self.image).save(content, "PNG", optimize=True)
        return content.getvalue()
