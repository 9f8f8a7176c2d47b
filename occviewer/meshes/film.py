"""Films of meshes, drawn off screen: GIF, and MP4 where imageio-ffmpeg is installed."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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

_SHORTEST = 2  # hundredths of a second that a picture of a GIF stands

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
    content = _gif(frames, rate) if path.suffix.lower() == ".gif" else _mp4(frames, rate, path)
    write_whole(path, content, MeshError)


def _gif(frames: Iterable[UInt8Array], rate: float) -> bytes:
    from PIL import Image

    pictures = frames if isinstance(frames, Sequence) else list(frames)
    # One palette for all, or every frame would flicker in colours of its own.
    some = [pictures[number] for number in range(0, len(pictures), -(-len(pictures) // 8))]
    palette = Image.fromarray(np.concatenate(some)).quantize(255)
    kept, durations = _gif_times(len(pictures), rate)
    quantised = (Image.fromarray(pictures[number]).quantize(palette=palette) for number in kept)
    content = io.BytesIO()
    next(quantised).save(
        content, "GIF", save_all=True, append_images=quantised, duration=durations, loop=0
    )
    return content.getvalue()


def _gif_times(count: int, rate: float) -> tuple[list[int], list[int]]:
    """Which of so many pictures a GIF shows, and each for how many milliseconds.

    A GIF counts in hundredths of a second, and browsers slow down what stands for less
    than two: pictures are left out so that the film takes its time.
    """
    kept: list[int] = []
    starts: list[int] = []
    for number in range(count):
        start = round(100 * number / rate)
        if not starts or start - starts[-1] >= _SHORTEST:
            kept.append(number)
            starts.append(start)
    ends = [*starts[1:], max(round(100 * count / rate), starts[-1] + _SHORTEST)]
    return kept, [10 * (end - start) for start, end in zip(starts, ends, strict=True)]


def _mp4(frames: Iterable[UInt8Array], rate: float, path: Path) -> bytes:
    ffmpeg = import_module("imageio_ffmpeg")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "film.mp4"
        writer = None
        try:
            for frame in frames:
                with _encoding(path):
                    if writer is None:
                        size = (frame.shape[1], frame.shape[0])
                        writer = ffmpeg.write_frames(
                            str(target), size, fps=rate, macro_block_size=2
                        )
                        writer.send(None)
                    writer.send(np.ascontiguousarray(frame))
        finally:
            if writer is not None:
                with _encoding(path):
                    writer.close()
        with _encoding(path):
            return target.read_bytes()


@contextmanager
def _encoding(path: Path) -> Iterator[None]:
    """Say in a sentence what ffmpeg complains of; it raises both kinds."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0][:150] if str(error).strip() else "no reason"
        raise MeshError(
            f"{path}: the film could not be encoded ({reason}); make room on the disk, or choose "
            "a name that ends in .gif."
        ) from error
