"""The mesh: what extraction makes and what a person takes home."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from occviewer.arrays import (
    BoolArray,
    Float32Array,
    Float64Array,
    FloatArray,
    IntArray,
    UInt8Array,
    extremes,
)
from occviewer.errors import MeshError
from occviewer.meshes import topology
from occviewer.meshes.texture import Texture
from occviewer.placement import Placement


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with shared vertices. Its arrays are read-only.

    Parameters
    ----------
    vertices : (V, 3) float32 or float64
        In the box frame float32; placed in the world float64, because
        georeferenced coordinates need it.
    faces : (F, 3) int32
        Vertices of each triangle, counter-clockwise as seen from outside.
    normals : (V, 3) float32, optional
        Unit normals of the vertices.
    colors : (V, 3 | 4) uint8, optional
        RGB or RGBA of the vertices.
    texture : Texture, optional
        For a surface that is cut at seams: vertices at them are there more than once.

    Raises
    ------
    MeshError
        When the arrays do not fit each other.
    """

    vertices: FloatArray
    faces: npt.NDArray[np.int32]
    normals: Float32Array | None = None
    colors: UInt8Array | None = None
    texture: Texture | None = None

    def __post_init__(self) -> None:
        vertices = np.asarray(self.vertices)
        if vertices.dtype != np.float64:
            vertices = vertices.astype(np.float32, copy=False)
        faces = np.asarray(self.faces)
        if vertices.ndim != 2 or vertices.shape[1] != 3:
            raise MeshError(f"A mesh needs vertices (V, 3), not {vertices.shape}.")
        if faces.ndim != 2 or faces.shape[1] != 3:
            raise MeshError(f"A mesh needs triangles (F, 3), not {faces.shape}.")
        if faces.size and (faces.min() < 0 or faces.max() >= len(vertices)):
            raise MeshError(
                f"A triangle names vertex {int(faces.max())} (or one below 0), "
                f"but the mesh has {len(vertices)} vertices; its file is broken."
            )
        self._set("vertices", vertices)
        self._set("faces", faces.astype(np.int32, copy=False))
        if self.normals is not None:
            normals = np.asarray(self.normals).astype(np.float32, copy=False)
            if normals.shape != vertices.shape:
                raise MeshError(f"{normals.shape} normals do not fit {vertices.shape} vertices.")
            self._set("normals", normals)
        if self.colors is not None:
            colors = np.asarray(self.colors)
            if colors.dtype != np.uint8 or colors.shape not in [
                (len(vertices), 3),
                (len(vertices), 4),
            ]:
                raise MeshError(
                    f"Colours must be uint8 of shape ({len(vertices)}, 3 or 4), "
                    f"not {colors.dtype} {colors.shape}."
                )
            self._set("colors", colors)
        if self.texture is not None and len(self.texture.uv) != len(vertices):
            raise MeshError(
                f"{len(self.texture.uv)} places in the texture do not fit {len(vertices)} vertices."
            )

    def _set(self, name: str, array: npt.NDArray[np.generic]) -> None:
        view = array.view()
        view.setflags(write=False)
        object.__setattr__(self, name, view)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Mesh:
        """Read a GLB, glTF, OBJ, PLY, STL or OFF file; see `meshes.files.load`."""
        from occviewer.meshes.files import load

        return load(path)

    def save(
        self, path: str | os.PathLike[str], *, cancel: Callable[[], bool] = lambda: False
    ) -> None:
        """Write a GLB, OBJ, PLY, STL or OFF file; see `meshes.files.save`."""
        from occviewer.meshes.files import save

        save(self, path, cancel=cancel)

    @property
    def is_empty(self) -> bool:
        """Whether there is no triangle."""
        return len(self.faces) == 0

    @cached_property
    def bounds(self) -> FloatArray:
        """Lowest and highest corner (2, 3) of the vertices.

        Raises
        ------
        MeshError
            When there is no vertex.
        """
        if len(self.vertices) == 0:
            raise MeshError("An empty mesh has no bounds.")
        return extremes(self.vertices)

    @cached_property
    def is_watertight(self) -> bool:
        """Whether every edge has exactly two faces, which pass it in opposite directions."""
        return topology.is_closed(self._welded_faces)

    @cached_property
    def face_areas(self) -> Float64Array:
        """Area of each triangle (F,) float64."""
        areas: Float64Array = np.linalg.norm(self._crosses, axis=1) / 2
        return areas

    @cached_property
    def area(self) -> float:
        """Surface area."""
        return float(self.face_areas.sum())

    @cached_property
    def volume(self) -> float:
        """Signed volume by the divergence theorem; positive when faces look outwards.

        Meaningful for a watertight mesh only.
        """
        first = self._centred[self.faces[:, 0]]
        return float(np.einsum("ij,ij->", first, self._crosses)) / 6

    @cached_property
    def euler_characteristic(self) -> int:
        """Vertices in use - edges + faces: 2 for a sphere, 0 for a torus, added over parts."""
        faces = self._welded_faces
        return len(np.unique(faces)) - topology.edge_count(faces) + len(faces)

    @cached_property
    def component_count(self) -> int:
        """Number of connected parts."""
        return int(self._labels.max(initial=-1)) + 1

    @property
    def loose_share(self) -> float:
        """Share of the area that hangs not together with the largest part: 0 … 1."""
        areas = self._component_areas
        return 0.0 if not areas.any() else 1 - float(areas.max() / areas.sum())

    @cached_property
    def face_normals(self) -> Float32Array:
        """Unit normal of each triangle (F, 3) float32; zero for one without area."""
        lengths = np.linalg.norm(self._crosses, axis=1, keepdims=True)
        return (self._crosses / np.where(lengths > 0, lengths, 1)).astype(np.float32)

    def with_normals(self) -> Mesh:
        """Give the mesh itself when it has normals, else one with area-weighted vertex normals."""
        if self.normals is not None:
            return self
        summed = np.zeros((len(self.vertices), 3))
        for corner in range(3):
            for axis in range(3):
                summed[:, axis] += np.bincount(
                    self.faces[:, corner], self._crosses[:, axis], len(self.vertices)
                )
        lengths = np.linalg.norm(summed, axis=1, keepdims=True)
        return replace(
            self, normals=(summed / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        )

    def placed(self, placement: Placement) -> Mesh:
        """Take the mesh from the box into the world: vertices float64, normals turned."""
        return replace(
            self,
            vertices=placement.to_world(self.vertices),
            normals=None if self.normals is None else placement.directions_to_world(self.normals),
        )

    def largest_component(self) -> Mesh:
        """Only the connected part with the largest area."""
        if self.is_empty:
            return self
        return self._only(self._labels == int(np.argmax(self._component_areas)))

    def without_small_components(self, min_share: float) -> Mesh:
        """Without the connected parts below ``min_share`` of the whole area.

        Parameters
        ----------
        min_share : float
            0 … 1; the largest part always stays.
        """
        if not 0 <= min_share <= 1:
            raise MeshError(f"The least share of a part must be 0 … 1, not {min_share}.")
        if self.is_empty:
            return self
        keep = self._component_areas >= min_share * self.area
        keep[np.argmax(self._component_areas)] = True
        return self if keep.all() else self._only(keep[self._labels])

    def _only(self, chosen: BoolArray) -> Mesh:
        """Take the chosen faces (F,) and the vertices they use."""
        faces = self.faces[chosen]
        used = np.zeros(len(self.vertices), bool)
        used[faces] = True
        renamed = np.cumsum(used, dtype=np.int32) - 1
        return Mesh(
            self.vertices[used],
            renamed[faces].astype(np.int32),
            None if self.normals is None else self.normals[used],
            None if self.colors is None else self.colors[used],
            None if self.texture is None else Texture(self.texture.image, self.texture.uv[used]),
        )

    @cached_property
    def _welded_faces(self) -> npt.NDArray[np.int32]:
        """Triangles (F, 3) between places: the seams of a texture cut no surface."""
        if self.texture is None:
            return self.faces
        _, place = np.unique(self.vertices, axis=0, return_inverse=True)
        welded: npt.NDArray[np.int32] = place.reshape(-1)[self.faces].astype(np.int32)
        return welded

    @cached_property
    def _labels(self) -> IntArray:
        return topology.component_labels(self._welded_faces, len(self.vertices))

    @property
    def _component_areas(self) -> Float64Array:
        return np.bincount(self._labels, self.face_areas).astype(np.float64)

    @cached_property
    def _centred(self) -> Float64Array:
        # Differences of georeferenced coordinates lose digits; around the middle not.
        if self.is_empty:
            return np.zeros((0, 3))
        vertices = self.vertices.astype(np.float64)
        centred: Float64Array = vertices - vertices.mean(axis=0)
        return centred

    @cached_property
    def _crosses(self) -> Float64Array:
        """Cross product of two sides of each triangle (F, 3)."""
        first, second, third = (self._centred[self.faces[:, corner]] for corner in range(3))
        return np.cross(second - first, third - first)
