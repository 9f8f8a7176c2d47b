"""Mesh files: GLB, OBJ, PLY, STL and OFF.

Coordinates of georeferenced meshes are in the millions and need their
centimetres: text formats are written with enough digits, PLY in doubles, GLB
with its vertices relative to a translated node, and STL, whose binary form knows
only floats, as text when floats would not do.
"""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from occviewer.arrays import FloatArray, UInt8Array
from occviewer.errors import Cancelled, MeshError
from occviewer.files import write_whole, written_whole
from occviewer.meshes.text_formats import mtl_text, obj_text, off_text, stl_text
from occviewer.meshes.texture import Texture

if TYPE_CHECKING:
    from occviewer.meshes.mesh import Mesh

# Coordinates may be off by this share of the mesh's size, no more.
_PRECISION = 1e-6

TEXTURED_SUFFIXES = (".glb", ".obj")
"""Formats that can hold a texture."""

_READABLE = (".glb", ".gltf", ".obj", ".off", ".ply", ".stl")


def save(
    mesh: Mesh,
    path: str | os.PathLike[str],
    *,
    cancel: Callable[[], bool] = lambda: False,
) -> None:
    """Write a mesh, the format by the extension: .glb, .obj, .ply, .stl or .off.

    GLB holds a texture; for OBJ it is written beside the file, as NAME.mtl and
    NAME-texture.png. PLY, STL and OFF hold none.

    The file is written beside its place and moved there when it is whole; when
    anything goes wrong, what was there before stays.

    Raises
    ------
    MeshError
        For an empty mesh, an unknown extension or one that holds no texture, a missing folder,
        no permission or a full disk.
    Cancelled
        `cancel`, which is asked between pieces, said true.
    """
    # A link is followed, so that its target is replaced and not the link.
    target = Path(os.path.realpath(path))
    writer = _WRITERS.get(target.suffix.lower())
    if writer is None:
        raise MeshError(
            f"{path}: meshes are written as {_listed(_WRITERS)}, not as "
            f"{target.suffix or 'a file without extension'!r}; choose one of these."
        )
    if mesh.texture is not None and target.suffix.lower() not in TEXTURED_SUFFIXES:
        raise MeshError(
            f"{path}: {target.suffix} holds no texture; write {' or '.join(TEXTURED_SUFFIXES)}."
        )
    if mesh.is_empty:
        raise MeshError(f"{path}: the mesh has no triangles, so there is nothing to save.")
    if not np.isfinite(mesh.vertices).all():
        raise MeshError(f"{path}: the mesh has coordinates that are not finite; not saved.")
    if mesh.texture is not None and target.suffix.lower() == ".obj":
        _save_material(mesh.texture, target)
    pieces = writer(mesh, target)
    size = sum(map(len, pieces)) if isinstance(pieces, list) else None
    with written_whole(target, MeshError, size) as stream:
        for piece in pieces:
            if cancel():
                raise Cancelled(f"{path} is no longer wanted.")
            stream.write(piece)


def load(path: str | os.PathLike[str]) -> Mesh:
    """Read a mesh from .glb, .gltf, .obj, .ply, .stl or .off.

    All parts of a scene become one mesh. Vertices are float32 where that keeps
    their places, else float64 (georeferenced coordinates). Colours of vertices
    are kept, and the texture of a single part; normals are not, `Mesh.with_normals` makes
    them.

    Raises
    ------
    MeshError
        When the file is missing, unreadable, broken or has no triangles.
    """
    from occviewer.meshes.mesh import Mesh

    source = Path(path)
    kind = source.suffix.lower()
    if kind not in _READABLE:
        raise MeshError(
            f"{path}: meshes are read from {_listed(_READABLE)}, not from "
            f"{kind or 'a file without extension'!r}."
        )
    found = _read(source, kind)
    vertices, faces = np.asarray(found.vertices, np.float64), np.asarray(found.faces)
    if len(faces) == 0:
        raise MeshError(f"{path} has no triangles; a point cloud can be opened as a scan instead.")
    if kind == ".off" and len(faces) < _promised_faces(source):
        raise MeshError(f"{path} is cut off: triangles are missing; copy or export it again.")
    if not np.isfinite(vertices).all():
        raise MeshError(f"{path} has coordinates that are not finite; export it again.")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise MeshError(f"{path} is broken: a triangle names a vertex that is not in the file.")
    if kind == ".stl":
        # STL knows no shared vertices; equal coordinates are the same vertex.
        vertices, same = np.unique(vertices, axis=0, return_inverse=True)
        return Mesh(_smallest_type(vertices), same.reshape(-1)[faces])
    if found.visual.kind == "texture":
        return Mesh(_smallest_type(vertices), faces, texture=_texture_of(found.visual))
    colors = np.asarray(found.visual.vertex_colors) if found.visual.kind == "vertex" else None
    if colors is not None and (colors[:, 3] == 255).all():
        colors = colors[:, :3]
    return Mesh(_smallest_type(vertices), faces, colors=colors)


def _texture_of(visual: Any) -> Texture | None:  # noqa: ANN401 - trimesh's TextureVisuals
    image = getattr(visual.material, "baseColorTexture", None)
    if image is None or visual.uv is None:
        return None
    return Texture(np.asarray(image.convert("RGB")), np.asarray(visual.uv))


def _read(source: Path, kind: str) -> Any:  # noqa: ANN401 - a trimesh.Trimesh
    try:
        content = source.read_bytes()
    except FileNotFoundError:
        raise MeshError(f"{source} does not exist; check the path.") from None
    except IsADirectoryError:
        raise MeshError(f"{source} is a folder; give a mesh file in it.") from None
    except OSError as error:
        raise MeshError(f"{source} cannot be read: {error.strerror}.") from error
    if not content.strip():
        raise MeshError(f"{source} is empty; export it again.")
    import trimesh

    resolver = trimesh.resolvers.FilePathResolver(str(source)) if kind == ".gltf" else None
    try:
        scene = trimesh.load_scene(
            io.BytesIO(content), file_type=kind[1:], resolver=resolver, process=False
        )
        parts = [
            part
            for part in scene.dump()
            if isinstance(part, trimesh.Trimesh) and len(part.faces) > 0
        ]
        return trimesh.util.concatenate(parts) if parts else trimesh.Trimesh()
    except MemoryError:
        raise MeshError(f"{source} does not fit into memory; simplify it first.") from None
    except Exception as error:
        # trimesh's readers meet a broken file with whatever comes up.
        raise MeshError(
            f"{source} cannot be read as {kind[1:].upper()}: it is damaged or of another format."
        ) from error


def _promised_faces(source: Path) -> int:
    """Read the number of faces in the head of an OFF file (trimesh reads what there is)."""
    head = b" ".join(line.split(b"#")[0] for line in source.read_bytes()[:4096].splitlines())
    numbers = re.match(rb"\s*[A-Z]*OFF\s+\d+\s+(\d+)", head)
    return int(numbers.group(1)) if numbers else 0


def _trimesh(mesh: Mesh, vertices: FloatArray) -> Any:  # noqa: ANN401 - a trimesh.Trimesh
    import trimesh

    visual = None
    if mesh.texture is not None:
        material = trimesh.visual.material.PBRMaterial(
            baseColorTexture=Image.open(io.BytesIO(mesh.texture.png())),
            metallicFactor=0.0,
            roughnessFactor=0.8,
        )
        visual = trimesh.visual.TextureVisuals(uv=mesh.texture.uv, material=material)
    return trimesh.Trimesh(
        vertices=vertices,
        faces=mesh.faces,
        vertex_normals=mesh.normals,
        vertex_colors=None if visual is not None else mesh.colors,
        visual=visual,
        process=False,
        validate=False,
    )


def _glb(mesh: Mesh, target: Path) -> Iterable[bytes]:
    import trimesh

    middle = np.zeros(3)
    if mesh.vertices.dtype == np.float64:
        middle = mesh.bounds.mean(axis=0)
    matrix = np.eye(4)
    matrix[:3, 3] = middle
    scene = trimesh.Scene()
    near = (mesh.vertices - middle).astype(np.float32)
    scene.add_geometry(_trimesh(mesh, near), node_name="mesh", transform=matrix)
    return [bytes(scene.export(file_type="glb", include_normals=mesh.normals is not None))]


def _obj(mesh: Mesh, target: Path) -> Iterable[bytes]:
    return obj_text(mesh, _decimals(mesh), _material_name(target))


def _save_material(texture: Texture, target: Path) -> None:
    """Write the material and the picture that an OBJ file names, beside it."""
    name = _material_name(target)
    # Not NAME.png, which may well be the picture that the mesh was made of.
    image = f"{name}-texture.png"
    write_whole(target.with_name(image), texture.png(), MeshError)
    write_whole(target.with_name(f"{name}.mtl"), mtl_text(image), MeshError)


def _material_name(target: Path) -> str:
    # Readers take what follows a blank for an option.
    return "_".join(target.stem.split())


def _off(mesh: Mesh, target: Path) -> Iterable[bytes]:
    return off_text(mesh, _decimals(mesh))


def _stl(mesh: Mesh, target: Path) -> Iterable[bytes]:
    if np.abs(mesh.vertices).max() * np.finfo(np.float32).eps <= _PRECISION * _size(mesh):
        return [bytes(_trimesh(mesh, mesh.vertices).export(file_type="stl"))]
    return stl_text(mesh, _decimals(mesh))


def _ply(mesh: Mesh, target: Path) -> Iterable[bytes]:
    """Binary PLY, its coordinates in the precision of the mesh (trimesh writes floats only)."""
    place = "double" if mesh.vertices.dtype == np.float64 else "float"
    properties: list[tuple[str, str, FloatArray | UInt8Array]] = [
        (place, name, mesh.vertices[:, axis]) for axis, name in enumerate("xyz")
    ]
    if mesh.normals is not None:
        properties += [("float", f"n{name}", mesh.normals[:, i]) for i, name in enumerate("xyz")]
    if mesh.colors is not None:
        names = ("red", "green", "blue", "alpha")[: mesh.colors.shape[1]]
        properties += [("uchar", name, mesh.colors[:, i]) for i, name in enumerate(names)]
    kinds = {"double": "<f8", "float": "<f4", "uchar": "u1"}
    vertices = np.empty(len(mesh.vertices), [(name, kinds[kind]) for kind, name, _ in properties])
    for _, name, column in properties:
        vertices[name] = column
    faces = np.empty(len(mesh.faces), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, mesh.faces
    header = [
        "ply",
        "format binary_little_endian 1.0",
        "comment OccViewer",
        f"element vertex {len(vertices)}",
        *[f"property {kind} {name}" for kind, name, _ in properties],
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header\n",
    ]
    return ["\n".join(header).encode(), vertices.tobytes(), faces.tobytes()]


_WRITERS: dict[str, Callable[[Mesh, Path], Iterable[bytes]]] = {
    ".glb": _glb,
    ".obj": _obj,
    ".off": _off,
    ".ply": _ply,
    ".stl": _stl,
}


def _size(mesh: Mesh) -> float:
    return float(np.ptp(mesh.bounds.astype(np.float64), axis=0).max())


def _decimals(mesh: Mesh) -> int:
    """Digits after the point, for a hundredth of the precision."""
    size = max(_size(mesh), 1e-12)
    return max(1, math.ceil(2 - math.log10(_PRECISION * size)))


def _smallest_type(vertices: FloatArray) -> FloatArray:
    """Float32 where that moves no vertex by more than the precision, else float64."""
    near = vertices.astype(np.float32)
    size = np.ptp(vertices, axis=0).max()
    return near if np.abs(near - vertices).max() <= _PRECISION * size else vertices


def _listed(extensions: object) -> str:
    *first, last = sorted(extensions)  # type: ignore[call-overload]
    return f"{', '.join(first)} or {last}"
