"""OBJ, OFF and STL as text, piece by piece.

Formatting numbers holds Python's lock. In one go a mesh of a million vertices would stop
every other thread, the window's among them, for seconds; a piece takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from occviewer.meshes.mesh import Mesh

_ROWS = 2000
_MATERIAL = "picture"


def obj_text(mesh: Mesh, decimals: int, material: str = "") -> Iterator[bytes]:
    """Wavefront OBJ with normals, and with colours after the coordinates as most readers take.

    Parameters
    ----------
    mesh : Mesh
    decimals : int
        Digits after the point of coordinates.
    material : str
        Name of the MTL file and of the material in it, for meshes with a texture.
    """
    yield b"# OccViewer\n"
    if mesh.texture is not None:
        yield f"mtllib {material}.mtl\nusemtl {_MATERIAL}\n".encode()
    corner = " ".join([f"%.{decimals}f"] * 3)
    if mesh.colors is None:
        yield from _lines(f"v {corner}\n", mesh.vertices)
    else:
        colours = mesh.colors[:, :3]
        for start in range(0, len(mesh.vertices), _ROWS):
            rows = slice(start, start + _ROWS)
            columns = np.hstack([mesh.vertices[rows], colours[rows] / 255])
            yield from _lines(f"v {corner} %.6f %.6f %.6f\n", columns)
    numbers = np.arange(1, len(mesh.vertices) + 1)
    corner, each = "%d", 1
    if mesh.texture is not None:
        yield from _lines("vt %.6f %.6f\n", mesh.texture.uv)
        corner, each = "%d/%d", 2
    if mesh.normals is not None:
        yield from _lines("vn %.7f %.7f %.7f\n", mesh.normals)
        corner, each = ("%d//%d", 2) if mesh.texture is None else ("%d/%d/%d", 3)
    corners = f"f {corner} {corner} {corner}\n"
    for start in range(0, len(mesh.faces), _ROWS):
        yield from _lines(corners, np.repeat(numbers[mesh.faces[start : start + _ROWS]], each, 1))


def mtl_text(image: str) -> bytes:
    """Make a material that shows an image: the content of an MTL file."""
    return f"# OccViewer\nnewmtl {_MATERIAL}\nKd 1 1 1\nillum 1\nmap_Kd {image}\n".encode()


def off_text(mesh: Mesh, decimals: int) -> Iterator[bytes]:
    """OFF: coordinates with so many digits after the point, and triangles."""
    yield f"OFF\n{len(mesh.vertices)} {len(mesh.faces)} 0\n".encode()
    yield from _lines(" ".join([f"%.{decimals}f"] * 3) + "\n", mesh.vertices)
    yield from _lines("3 %d %d %d\n", mesh.faces)


def stl_text(mesh: Mesh, decimals: int) -> Iterator[bytes]:
    """STL as text, for coordinates that floats cannot hold."""
    corner = " ".join([f"%.{decimals}f"] * 3)
    facet = (
        "facet normal %.6f %.6f %.6f\nouter loop\n"
        + f"vertex {corner}\n" * 3
        + "endloop\nendfacet\n"
    )
    yield b"solid OccViewer\n"
    for start in range(0, len(mesh.faces), _ROWS):
        rows = slice(start, start + _ROWS)
        corners = mesh.vertices[mesh.faces[rows]].reshape(-1, 9)
        yield from _lines(facet, np.hstack([mesh.face_normals[rows], corners]))
    yield b"endsolid OccViewer\n"


def _lines(line: str, rows: npt.NDArray[np.generic]) -> Iterator[bytes]:
    """Format rows (N, C) by a line with as many places."""
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        yield ((line * len(some)) % tuple(some.ravel().tolist())).encode()
