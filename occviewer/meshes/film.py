"""Films of meshes, drawn off screen: GIF, and MP4 where imageio-ffmpeg is installed."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np

from occviewer.arrays import UInt8Array
from occviewer.errors import MeshError
from occviewer.files import write_whole
from occviewer.meshes.framing import Camera, fitted_camera
from occviewer.meshes.mesh import Mesh
from occviewer.meshes.picture import VIEWS, _drawn

FILM_SUFFIXES = (".gif", ".mp4")

_BACKGROUND = (0.95, 0.955, 0.965)


def require_film(path: str | os.PathLike[str]) -> None:
    """Find out before any work whether a film of this name can be written.

    Raises
    ------
    MeshError
        The name ends in no format, or the format needs a package that is not installed.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FILM_SUFFIXES:
        raise MeshError(f"{path}: films are written as {' or '.join(FILM_SUFFIXES)}.")
    if suffix == ".mp4" and find_spec("imageio_ffmpeg") is None:
        raise MeshError(
            f"{path}: MP4 needs a package that is not installed: run  pip install imageio-ffmpeg  "
            "or choose a name that ends in .gif."
        )


def drawn_frames(
    meshes: Sequence[Mesh], size: tuple[int, int] = (640, 480), view: str = "isometric"
) -> Iterator[UInt8Array]:
    """Draw meshes (box frame) one by one, seen by a camera that stands still.

    Yields
    ------
    (height, width, 3) uint8

    Raises
    ------
    MeshError
        A mesh is empty, or the machine cannot draw.
    """
    if not meshes or any(mesh.is_empty for mesh in meshes):
        raise MeshError("A film needs meshes, none of them empty.")
    low = np.min([mesh.vertices.min(0) for mesh in meshes], 0).astype(np.float64)
    high = np.max([mesh.vertices.max(0) for mesh in meshes], 0).astype(np.float64)
    corners = np.array(list(product(*np.stack([low, high], 1)))) - (low + high) / 2
    camera = fitted_camera(corners, VIEWS[view], size[0] / size[1])
    for mesh in meshes:
        moved = (mesh.vertices - (low + high) / 2).astype(np.float32)
        yield _drawn(replace(mesh, vertices=moved), None, camera, size, _BACKGROUND)


def drawn_frame(
    mesh: Mesh,
    camera: Camera,
    size: tuple[int, int] = (640, 480),
    background: tuple[float, float, float] = _BACKGROUND,
) -> UInt8Array:
    """Draw one mesh (box frame) as a camera sees it: (height, width, 3) uint8.

    Raises
    ------
    MeshError
        The mesh is empty, or the machine cannot draw.
    """
    if mesh.is_empty:
        raise MeshError("A film needs meshes, none of them empty.")
    return _drawn(mesh, None, camera, size, background)


def save_film(
    frames: Iterable[UInt8Array], path: str | os.PathLike[str], rate: float = 20.0
) -> None:
    """Write pictures (height, width, 3) uint8 as a film; a GIF goes round for ever.

    A GIF looks at some pictures twice: a sequence that reads them when they are wanted
    needs less memory than an iterator.

    Raises
    ------
    MeshError
        As `require_film`, or the file cannot be written.
    """
    require_film(path)
    path = Path(path)
    content = _gif(frames, rate) if path.suffix.lower() == ".gif" else _mp4(frames, rate)
    write_whole(path, content, MeshError)


def _gif(frames: Iterable[UInt8Array], rate: float) -> bytes:
    from PIL import Image

    pictures = frames if isinstance(frames, Sequence) else list(frames)
    # One palette for all, or every frame would flicker in colours of its own.
    some = [pictures[number] for number in range(0, len(pictures), -(-len(pictures) // 8))]
    palette = Image.fromarray(np.concatenate(some)).quantize(255)
    quantised = (Image.fromarray(picture).quantize(palette=palette) for picture in pictures)
    content = io.BytesIO()
    # Browsers slow down what is faster than 50 frames a second.
    duration = max(20, round(1000 / rate / 10) * 10)
    next(quantised).save(
        content, "GIF", save_all=True, append_images=quantised, duration=duration, loop=0
    )
    return content.getvalue()


def _mp4(frames: Iterable[UInt8Array], rate: float) -> bytes:
    ffmpeg = import_module("imageio_ffmpeg")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "film.mp4"
        writer = None
        try:
            for frame in frames:
                if writer is None:
                    size = (frame.shape[1], frame.shape[0])
                    writer = ffmpeg.write_frames(str(target), size, fps=rate, macro_block_size=2)
                    writer.send(None)
                writer.send(np.ascontiguousarray(frame))
        finally:
            if writer is not None:
                writer.close()
        return target.read_bytes()
