"""A source mesh as parts of one material each, in the box frame, ready to be drawn."""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from occviewer.arrays import Float32Array, IntArray, UInt8Array
from occviewer.errors import DataError
from occviewer.placement import Placement
from occviewer.training.shape_file import ShapeRecord

LARGEST_TEXTURE = 512
"""Pixels of a texture's longer side; pictures of shapes are not larger."""

_LEAST_OPACITY = 0.3  # what nearly cannot be seen is part of the shape all the same
_GREY = (190, 190, 190)


@dataclass(frozen=True, eq=False)
class Part:
    """Triangles of one material, box frame.

    Attributes
    ----------
    vertices : (V, 3) float32
    faces : (F, 3) int64
    normals : (V, 3) float32, optional
        As the file has them.
    places : (V, 2) float32, optional
        Texture coordinates, v upwards.
    texture : (H, W, 3) uint8, optional
    color : (3,) of float
        Red, green and blue, 0 … 1; what the texture is multiplied by.
    opacity : float
    """

    vertices: Float32Array
    faces: IntArray
    normals: Float32Array | None
    places: Float32Array | None
    texture: UInt8Array | None
    color: tuple[float, float, float]
    opacity: float = 1.0


def load_parts(path: Path, record: ShapeRecord) -> list[Part]:
    """Read a mesh file with its materials, placed as its record says.

    Raises
    ------
    DataError
        When the file cannot be read, holds no triangles, or the record was written by a
        version that did not store how the mesh was turned.
    """
    import trimesh

    if not record.rotation:
        raise DataError(
            f"{record.name} was prepared by an older version: prepare the data set again."
        )
    placement = Placement(
        np.array(record.rotation).reshape(3, 3), record.scale, np.array(record.centre)
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scene = trimesh.load_scene(path, process=False)
            meshes = [mesh for mesh in scene.dump() if isinstance(mesh, trimesh.Trimesh)]
    except Exception as error:  # trimesh raises whatever its many parsers raise
        raise DataError(f"{path} cannot be read as a mesh ({error}).") from error
    parts = [part for mesh in meshes if (part := _part(mesh, placement)) is not None]
    if not parts:
        raise DataError(f"{path} holds no triangles.")
    return parts


def made_up_parts(record: ShapeRecord) -> list[Part]:
    """Make a piece of made-up furniture again, its solids in a few materials.

    Raises
    ------
    DataError
        When the record is not of a shape that `furniture_sources` made.
    """
    import trimesh

    from occviewer.training.synthetic.furniture import make_furniture

    seed = record.name.rpartition("-")[2]
    if not seed.isdigit() or not record.rotation:
        raise DataError(f"{record.name} cannot be made again: its name has no seed.")
    vertices, faces = make_furniture(record.category, int(seed))
    placement = Placement(
        np.array(record.rotation).reshape(3, 3), record.scale, np.array(record.centre)
    )
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    labels = trimesh.graph.connected_component_labels(mesh.face_adjacency, len(faces))
    rng = np.random.default_rng([zlib.crc32(record.name.encode()), 1])
    kinds = rng.integers(1, 4)
    kind = rng.integers(0, kinds, labels.max() + 1)[labels]
    box = placement.to_box(vertices)
    return [
        Part(
            *_compact(box, faces[kind == number]),
            None,
            None,
            None,
            tuple(rng.uniform(0.1, 0.95, 3)),
        )
        for number in range(kinds)
        if (kind == number).any()
    ]


def _compact(vertices: Float32Array, faces: IntArray) -> tuple[Float32Array, IntArray]:
    used, renumbered = np.unique(faces, return_inverse=True)
    return vertices[used], renumbered.reshape(-1, 3)


def _part(mesh: Any, placement: Placement) -> Part | None:  # noqa: ANN401 - a Trimesh
    whole = np.isfinite(mesh.triangles).all((1, 2))
    if not whole.any():
        return None
    faces = np.asarray(mesh.faces, np.int64)[whole]
    vertices = np.nan_to_num(placement.to_box(mesh.vertices))
    normals = None
    if "vertex_normals" in mesh._cache:  # the file's own: trimesh puts them there and nowhere else
        normals = placement.directions_to_box(mesh.vertex_normals)
        if not np.isfinite(normals).all():
            normals = None
    material = getattr(mesh.visual, "material", None)
    texture, places = _texture(mesh.visual, material)
    color, opacity = _color(material)
    return Part(vertices, faces, normals, places, texture, color, opacity)


def _texture(visual: Any, material: Any) -> tuple[UInt8Array | None, Float32Array | None]:  # noqa: ANN401
    image = getattr(material, "image", None)
    if image is None:
        image = getattr(material, "baseColorTexture", None)
    uv = getattr(visual, "uv", None)
    if image is None or uv is None or not np.isfinite(uv).all():
        return None, None
    picture = image.convert("RGB")
    picture.thumbnail((LARGEST_TEXTURE, LARGEST_TEXTURE))
    return np.asarray(picture), np.asarray(uv, np.float32)


def _color(material: Any) -> tuple[tuple[float, float, float], float]:  # noqa: ANN401
    color = getattr(material, "diffuse", None)
    if color is None:
        color = getattr(material, "baseColorFactor", None)
    if color is None:
        color = _GREY
    red, green, blue = (float(value) / 255 for value in np.asarray(color)[:3])
    stored = getattr(material, "kwargs", {}).get("d")
    try:
        opacity = 1.0 if stored is None else float(np.ravel(stored)[0])
    except ValueError:
        opacity = 1.0
    return (red, green, blue), min(1.0, max(_LEAST_OPACITY, opacity))
