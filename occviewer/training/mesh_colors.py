"""Meshes with the colours of their materials, as a camera would see them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from occviewer.arrays import UInt8Array
from occviewer.errors import DataError
from occviewer.meshes import Mesh

_UNPAINTED = (200, 200, 200)  # parts without a material beside parts that have one


def load_with_colors(path: Path) -> tuple[Mesh, UInt8Array | None]:
    """Read a mesh file and the colour of each triangle.

    Parameters
    ----------
    path : Path
        Any format that trimesh reads; materials of an OBJ file come from its MTL file.

    Returns
    -------
    mesh : Mesh
        All parts in one, float64, vertices of equal position merged.
    colors : (F, 3) uint8 or None
        Diffuse colours (Kd), the mean colour of the texture where there is one, or the
        mean of the colours of a triangle's corners; None when the file has no colours.

    Raises
    ------
    DataError
        When the file cannot be read or holds no triangles.
    """
    import trimesh

    if not path.is_file():
        raise DataError(f"{path} is not a file: give a mesh.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scene = trimesh.load_scene(path, process=False)
        parts = [part for part in scene.dump() if isinstance(part, trimesh.Trimesh)]
    except Exception as error:  # trimesh raises whatever its many parsers raise
        raise DataError(f"{path} cannot be read as a mesh ({error}); export it again.") from error
    parts = [part for part in parts if len(part.faces)]
    if not parts:
        raise DataError(f"{path} holds no triangles; give a mesh.")
    corners = np.concatenate([np.asarray(p.vertices, np.float64)[p.faces] for p in parts])
    if not np.isfinite(corners).all():
        raise DataError(f"{path} has coordinates that are not finite numbers; export it again.")
    vertices, index = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    painted = [_colors(part) for part in parts]
    colors = None
    if any(part is not None for part in painted):
        plain = np.array(_UNPAINTED, np.uint8)
        colors = np.concatenate(
            [
                np.broadcast_to(plain if color is None else color, (len(part.faces), 3))
                for part, color in zip(parts, painted, strict=True)
            ]
        )
    return Mesh(vertices, index.reshape(-1, 3).astype(np.int32)), colors


def _colors(part: Any) -> UInt8Array | None:  # noqa: ANN401 - a trimesh.Trimesh
    """Colour of the whole part (3,) or of each of its triangles (F, 3)."""
    visual = part.visual
    if visual.kind in ("vertex", "face"):
        return np.asarray(visual.face_colors)[:, :3].astype(np.uint8)
    material = getattr(visual, "material", None)
    if visual.kind != "texture" or material is None:
        return None
    image = getattr(material, "image", None) or getattr(material, "baseColorTexture", None)
    # Texture coordinates alone make trimesh invent a grey texture of four pixels.
    if image is not None and image.size == (2, 2) and not getattr(material, "kwargs", None):
        return None
    if image is not None:
        pixels = np.asarray(image.convert("RGB"), np.float64).reshape(-1, 3)
        mean: UInt8Array = np.round(pixels.mean(0)).astype(np.uint8)
        return mean
    return np.asarray(material.main_color)[:3].astype(np.uint8)
