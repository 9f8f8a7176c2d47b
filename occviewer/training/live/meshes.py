"""Meshes with their materials, thinned to what small pictures show, on the drawing device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from occviewer.arrays import Float32Array, Float64Array, IntArray, UInt8Array
from occviewer.training.live.rasters import spread
from occviewer.training.rendering.parts import Part

TEXTURE = 64
"""Pixels a side of all textures."""

_MOST_TRIANGLES = 9000
_CELLS = (1000, 400, 250, 160, 110, 80, 60)  # of the box's side, to which corners are moved
_CREASE = 40.0  # degrees between faces that are shaded as an edge


@dataclass(frozen=True, eq=False)
class LiveMesh:
    """One shape, ready to be drawn.

    Attributes
    ----------
    vertices, normals : (V, 3) float32
        Box frame.
    places : (V, 2) float32
        Texture coordinates, v upwards.
    faces : (F, 3) int64
    part : (F,) int64
        Number of the material.
    colors : (P, 3) float32
        Of the materials, 0 … 1; what textures are multiplied by.
    opacities : (P,) float32
    textures : list of (TEXTURE, TEXTURE, 3) uint8 or None
        Of the materials.
    """

    vertices: Float32Array
    normals: Float32Array
    places: Float32Array
    faces: IntArray
    part: IntArray
    colors: Float32Array
    opacities: Float32Array
    textures: list[UInt8Array | None]


def live_mesh(parts: Sequence[Part]) -> LiveMesh:
    """Put parts together, with hardly more triangles than small pictures can show."""
    corners = [_corners(part) for part in parts]
    counts = [len(vertices) for vertices, _, _ in corners]
    vertices, normals, places = (
        np.concatenate([each[k] for each in corners]).astype(np.float32) for k in range(3)
    )
    part = np.repeat(np.arange(len(parts)), counts)
    faces = np.arange(len(vertices)).reshape(-1, 3)
    for cells in _CELLS:
        chosen, thinned = _thinned(vertices, normals, places, part, faces, cells)
        if len(thinned) <= _MOST_TRIANGLES:
            break
    return LiveMesh(
        vertices[chosen],
        normals[chosen],
        places[chosen],
        thinned,
        part[chosen][thinned[:, 0]],
        np.array([each.color for each in parts], np.float32),
        np.array([each.opacity for each in parts], np.float32),
        [_small(each.texture) for each in parts],
    )


@dataclass(frozen=True, eq=False)
class Gathered:
    """The meshes of a batch, one picture each.

    Attributes
    ----------
    vertices, normals : (V, 3) Tensor
    places : (V, 2) Tensor
    vertex_picture : (V,) Tensor
        Number of the picture that each vertex is in.
    faces : (F, 3) Tensor
    face_picture, face_part : (F,) Tensor
    colors : (P, 3) Tensor
        Of the materials of all pictures.
    opacities, textures, part_picture : (P,) Tensor
        ``textures`` has the number of each one's texture, -1 for none.
    """

    vertices: Tensor
    normals: Tensor
    places: Tensor
    vertex_picture: Tensor
    faces: Tensor
    face_picture: Tensor
    face_part: Tensor
    colors: Tensor
    opacities: Tensor
    textures: Tensor
    part_picture: Tensor


class MeshStore:
    """Many meshes in a few tensors.

    Parameters
    ----------
    meshes : sequence of LiveMesh
    device : torch.device

    Attributes
    ----------
    textures : (M, TEXTURE, TEXTURE, 3) uint8 Tensor
    half : (N, 3) Tensor
        Half the sides of each mesh's bounding box.
    """

    def __init__(self, meshes: Sequence[LiveMesh], device: torch.device) -> None:
        def joined(arrays: list[Float32Array] | list[IntArray], dtype: torch.dtype) -> Tensor:
            return torch.as_tensor(np.concatenate(arrays), dtype=dtype, device=device)

        self._vertices = joined([mesh.vertices for mesh in meshes], torch.float32)
        self._normals = joined([mesh.normals for mesh in meshes], torch.float32)
        self._places = joined([mesh.places for mesh in meshes], torch.float32)
        self._faces = joined([mesh.faces for mesh in meshes], torch.int32)
        self._part = joined([mesh.part for mesh in meshes], torch.int32)
        self._colors = joined([mesh.colors for mesh in meshes], torch.float32)
        self._opacities = joined([mesh.opacities for mesh in meshes], torch.float32)
        pictures: list[UInt8Array] = [np.zeros((TEXTURE, TEXTURE, 3), np.uint8)]
        numbers = []
        for texture in (texture for mesh in meshes for texture in mesh.textures):
            numbers.append(-1 if texture is None else len(pictures))
            if texture is not None:
                pictures.append(texture)
        self._texture = torch.tensor(numbers, device=device)
        self.textures = torch.as_tensor(np.stack(pictures), device=device)
        sizes = torch.tensor([(len(m.vertices), len(m.faces), len(m.colors)) for m in meshes])
        self._counts = sizes.to(device)
        self._starts = (sizes.cumsum(0) - sizes).to(device)
        half = np.stack([np.abs(mesh.vertices).max(0) for mesh in meshes])
        self.half = torch.as_tensor(half, dtype=torch.float32, device=device)
        self.device = device

    def gather(self, numbers: Tensor) -> Gathered:
        """Put the meshes with some numbers (B,) together."""
        starts, counts = self._starts[numbers], self._counts[numbers]
        vertex, vertex_picture = spread(starts[:, 0], counts[:, 0])
        face, face_picture = spread(starts[:, 1], counts[:, 1])
        part, part_picture = spread(starts[:, 2], counts[:, 2])
        before = counts.cumsum(0) - counts
        return Gathered(
            self._vertices[vertex],
            self._normals[vertex],
            self._places[vertex],
            vertex_picture,
            self._faces[face].long() + before[face_picture, :1],
            face_picture,
            self._part[face].long() + before[face_picture, 2],
            self._colors[part],
            self._opacities[part],
            self._texture[part],
            part_picture,
        )


def _corners(part: Part) -> tuple[Float32Array, Float64Array, Float32Array]:
    """Vertices, normals and places (3 F, …) of every triangle's own three corners."""
    corner = part.faces.ravel()
    places = np.zeros((len(corner), 2), np.float32)
    if part.places is not None:
        places = part.places[corner]
    if part.normals is None:
        normals = _creased(part.vertices.astype(np.float64), part.faces)
    else:
        normals = part.normals[corner].astype(np.float64)
    return part.vertices[corner], normals, places


def _creased(vertices: Float64Array, faces: IntArray) -> Float64Array:
    """Take normals (3 F, 3) of corners: means over the faces there that make no edge."""
    across = np.cross(
        vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]]
    )
    unit = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    vertex, face = faces.ravel(), np.repeat(np.arange(len(faces)), 3)
    # Every corner with every face about its vertex.
    order = np.argsort(vertex, kind="stable")
    count = np.bincount(vertex, minlength=len(vertices))
    first = np.cumsum(count) - count
    repeats = count[vertex]
    corner = np.repeat(np.arange(len(vertex)), repeats)
    within = np.arange(len(corner)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    other = face[order][first[vertex[corner]] + within]
    smooth = (unit[face[corner]] * unit[other]).sum(1) > np.cos(np.radians(_CREASE))
    normals = np.zeros((len(vertex), 3))
    np.add.at(normals, corner[smooth], across[other[smooth]])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    whole: Float64Array = normals / np.maximum(length, 1e-12)
    return whole


def _thinned(
    vertices: Float32Array,
    normals: Float32Array,
    places: Float32Array,
    part: IntArray,
    faces: IntArray,
    cells: int,
) -> tuple[IntArray, IntArray]:
    """Move corners together that lie in one cell and look alike.

    Returns the numbers (V,) of the vertices that are kept, and the faces (F, 3) that are left.
    """
    cell = np.round(vertices * cells).astype(np.int64)
    alike = np.column_stack(
        [cell, np.round(normals * 1.5), np.round(places * 32), part[:, None]]
    ).astype(np.int64)
    _, first, of = np.unique(alike, axis=0, return_index=True, return_inverse=True)
    faces = of.ravel()[faces]
    _, where = np.unique(cell[first], axis=0, return_inverse=True)
    places_of = np.sort(where.ravel()[faces], axis=1)
    whole = np.all(np.diff(places_of, axis=1) > 0, axis=1, keepdims=False)
    if not whole.any():  # smaller than a cell: better coarse than gone
        whole = np.ones(len(faces), bool)
    _, single = np.unique(places_of[whole], axis=0, return_index=True)
    used, compact = np.unique(faces[whole][np.sort(single)], return_inverse=True)
    return first[used], compact.reshape(-1, 3)


def _small(texture: UInt8Array | None) -> UInt8Array | None:
    if texture is None:
        return None
    box = Image.Resampling.BOX
    return np.asarray(Image.fromarray(texture).resize((TEXTURE, TEXTURE), box))
