"""A morph as one GLB file: the frames are nodes that are shown one after another.

Frames of a morph have different triangles, so morph targets, which move the vertices of one
mesh, are out of the question. An extension for animated visibility exists, but few
programs read it. Every program that plays glTF animations plays scales, among them
Blender, three.js and model-viewer, and glTF 2.0 (section 3.5.3) says that nodes of scale zero
need not be drawn: each frame stands at scale 1 while it is its turn, and at 0 otherwise.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.errors import MeshError
from occviewer.files import write_whole
from occviewer.meshes.mesh import Mesh

_FLOAT, _UINT = 5126, 5125
_VERTICES, _INDICES = 34962, 34963


def save_morph(meshes: Sequence[Mesh], path: str | os.PathLike[str], rate: float) -> None:
    """Write meshes as the frames of one animation.

    Parameters
    ----------
    meshes : sequence of Mesh
        At least two.
    path : path
        Ends in ``.glb``.
    rate : float
        Frames a second.

    Raises
    ------
    MeshError
        There are too few meshes, one is empty, the name ends otherwise, or the file cannot be
        written.
    """
    path = Path(path)
    if path.suffix.lower() != ".glb":
        raise MeshError(f"{path}: a morph is written as .glb; choose a name that ends so.")
    if len(meshes) < 2 or any(mesh.is_empty for mesh in meshes):
        raise MeshError(f"{path}: a morph needs at least two meshes, none of them empty.")
    write_whole(path, _Writer().glb(meshes, rate), MeshError)


class _Writer:
    """Collects the arrays of a file and numbers them."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []

    def glb(self, meshes: Sequence[Mesh], rate: float) -> bytes:
        # Georeferenced coordinates keep their places: floats are relative to the root node.
        low = np.min([mesh.vertices.min(0) for mesh in meshes], 0).astype(np.float64)
        high = np.max([mesh.vertices.max(0) for mesh in meshes], 0).astype(np.float64)
        middle = (low + high) / 2
        samplers, channels, nodes = [], [], []
        for number in range(len(meshes)):
            hidden = {} if number == 0 else {"scale": [0.0, 0.0, 0.0]}
            nodes.append({"name": f"frame {number + 1}", "mesh": number, **hidden})
            times, scales = _turn(number, len(meshes), rate)
            samplers.append(
                {
                    "input": self._add(times, "SCALAR", bounds=True),
                    "output": self._add(scales, "VEC3"),
                    "interpolation": "STEP",
                }
            )
            channels.append({"sampler": number, "target": {"node": number, "path": "scale"}})
        root = {
            "name": "morph",
            "translation": middle.tolist(),
            "children": list(range(len(meshes))),
        }
        document = {
            "asset": {"version": "2.0", "generator": "OccViewer"},
            "scene": 0,
            "scenes": [{"nodes": [len(meshes)]}],
            "nodes": [*nodes, root],
            "meshes": [self._mesh(mesh, middle) for mesh in meshes],
            "materials": [
                {
                    "pbrMetallicRoughness": {
                        "baseColorFactor": [0.83, 0.81, 0.78, 1.0],
                        "metallicFactor": 0.0,
                        "roughnessFactor": 0.8,
                    }
                }
            ],
            "animations": [{"name": "morph", "samplers": samplers, "channels": channels}],
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": len(self._content)}],
        }
        return _packed(document, bytes(self._content))

    def _mesh(self, mesh: Mesh, middle: npt.NDArray[np.float64]) -> dict[str, Any]:
        vertices = (mesh.vertices - middle).astype(np.float32)
        attributes = {"POSITION": self._add(vertices, "VEC3", _VERTICES, bounds=True)}
        normals = mesh.with_normals().normals if mesh.normals is None else mesh.normals
        if normals is not None:
            attributes["NORMAL"] = self._add(normals.astype(np.float32), "VEC3", _VERTICES)
        indices = self._add(mesh.faces.astype(np.uint32).ravel(), "SCALAR", _INDICES)
        return {"primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}

    def _add(
        self,
        array: npt.NDArray[np.float32] | npt.NDArray[np.uint32],
        kind: str,
        target: int | None = None,
        bounds: bool = False,
    ) -> int:
        """Append an array of four-byte numbers; its number among the accessors."""
        view = {"buffer": 0, "byteOffset": len(self._content), "byteLength": array.nbytes}
        self._views.append(view if target is None else {**view, "target": target})
        self._content += array.astype(array.dtype.newbyteorder("<")).tobytes()
        accessor: dict[str, Any] = {
            "bufferView": len(self._views) - 1,
            "componentType": _UINT if array.dtype == np.uint32 else _FLOAT,
            "count": len(array),
            "type": kind,
        }
        if bounds:
            table = array.reshape(len(array), -1)
            accessor |= {"min": table.min(0).tolist(), "max": table.max(0).tolist()}
        self._accessors.append(accessor)
        return len(self._accessors) - 1


def _turn(
    number: int, count: int, rate: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Show a frame from number / rate on, for 1 / rate: times (K,) and scales (K, 3).

    All end together with the last frame's turn, so that viewers agree how long it takes.
    """
    keys = {0.0: 0.0, count / rate: 0.0, number / rate: 1.0}
    keys[(number + 1) / rate] = 1.0 if number == count - 1 else 0.0
    times = sorted(keys)
    shown = np.array([keys[time] for time in times], np.float32)
    return np.array(times, np.float32), np.repeat(shown[:, None], 3, axis=1)


def _packed(document: dict[str, Any], content: bytes) -> bytes:
    """Put the parts of a binary glTF file together (glTF 2.0, section 4.4)."""
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    content += b"\0" * (-len(content) % 4)
    length = 12 + 8 + len(text) + 8 + len(content)
    return b"".join(
        [
            struct.pack("<4sII", b"glTF", 2, length),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(content), b"BIN\0"),
            content,
        ]
    )
