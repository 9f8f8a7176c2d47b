"""The surface of a mesh cut into charts and laid flat, in a process of its own.

xatlas holds Python's lock while it works, for seconds: a window would stand still beside it.
The process (``python -m occviewer.meshes.unwrapping``) reads arrays in NumPy's format from
standard input and writes others to standard output.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float32Array
from occviewer.errors import Cancelled, MeshError
from occviewer.meshes.mesh import Mesh

PADDING = 4
"""Pixels between charts: what texture filters mix, and smaller copies of the picture."""

_ASK_EVERY = 0.1  # seconds


def unwrapped(
    mesh: Mesh, pixels: int, *, cancel: Callable[[], bool] = lambda: False
) -> tuple[Mesh, Float32Array]:
    """Cut a mesh at seams so that it can be laid flat into a picture.

    Parameters
    ----------
    mesh : Mesh
        Some ten thousand triangles; more take long.
    pixels : int
        Side of the picture that the charts are packed for.
    cancel : callable
        Asked ten times a second.

    Returns
    -------
    mesh : Mesh
        The same surface; vertices at seams are there more than once.
    uv : (V, 2) float32
        As in `Texture`.

    Raises
    ------
    Cancelled
        `cancel` said true.
    MeshError
        The mesh could not be laid flat.
    """
    given = _packed(vertices=mesh.vertices.astype(np.float32), faces=mesh.faces, pixels=pixels)
    # Files and not pipes, since a pipe that is full stops who writes.
    with TemporaryFile() as questions, TemporaryFile() as answers:
        questions.write(given)
        questions.seek(0)
        command = [sys.executable, "-m", "occviewer.meshes.unwrapping"]
        with subprocess.Popen(
            command, stdin=questions, stdout=answers, stderr=subprocess.DEVNULL
        ) as process:
            while process.poll() is None:
                if cancel():
                    process.kill()
                    raise Cancelled("The texture is no longer wanted.")
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_ASK_EVERY)
        answers.seek(0)
        made = answers.read()
    if process.returncode or not made:
        raise MeshError(
            "The mesh could not be laid flat for a texture; choose a lower resolution, or colours "
            "of vertices."
        )
    arrays = np.load(io.BytesIO(made))
    origin = arrays["origin"]
    cut = replace(
        mesh,
        vertices=mesh.vertices[origin],
        faces=arrays["faces"],
        normals=None if mesh.normals is None else mesh.normals[origin],
        colors=None if mesh.colors is None else mesh.colors[origin],
    )
    return cut, arrays["uv"]


def charts(
    vertices: npt.NDArray[np.float32], faces: npt.NDArray[np.uint32], pixels: int
) -> Mapping[str, npt.NDArray[Any]]:
    """Lay triangles flat with xatlas: ``origin`` (V,) of vertices, ``faces`` and ``uv``."""
    import xatlas

    atlas = xatlas.Atlas()
    atlas.add_mesh(vertices, faces)
    chart, pack = xatlas.ChartOptions(), xatlas.PackOptions()
    chart.max_iterations = 1
    pack.resolution, pack.padding, pack.bilinear = pixels, PADDING, True
    atlas.generate(chart, pack)
    origin, triangles, uv = atlas[0]
    # Its coordinates fill a picture of the size that it found, with the first row below.
    return {"origin": origin, "faces": triangles.astype(np.int32), "uv": uv}


def main() -> int:
    """Lay one mesh flat."""
    given = np.load(io.BytesIO(sys.stdin.buffer.read()))
    made = charts(given["vertices"], given["faces"].astype(np.uint32), int(given["pixels"]))
    sys.stdout.buffer.write(_packed(**made))
    return 0


def _packed(**arrays: npt.ArrayLike) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


if __name__ == "__main__":
    sys.exit(main())
