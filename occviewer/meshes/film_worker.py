"""A process that draws a film: ``python -m occviewer.meshes.film_worker``.

A window must neither wait for its pictures nor share its graphics context with them, so
that they are drawn elsewhere. What is to be drawn comes through standard input, and how
far it is goes out through standard output, one JSON object a line:

- in: a `Plan`; then, for each frame, ``{"camera": …, "mesh": bytes}`` followed by so
  many bytes of `packed_mesh`, or with 0 bytes for the mesh of the frame before; then
  ``{"end": true}``;
- out: ``{"drawn": frames}`` after each frame, at last ``{"done": true}``, or
  ``{"error": sentence}``.

It ends when its input does. A part of a film that was given up lies where the plan said.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, overload

import numpy as np

from occviewer.arrays import UInt8Array
from occviewer.errors import MeshError, OccviewerError
from occviewer.files import why_not_written
from occviewer.meshes.framing import Camera
from occviewer.meshes.mesh import Mesh

MORPH = ".glb"
PICTURES = ""
"""Suffixes of an animated GLB, and of a folder of PNG pictures."""


@dataclass(frozen=True)
class Plan:
    """What a film shall be like.

    Attributes
    ----------
    output : str
        Path: ends in ``.mp4``, ``.gif`` or ``.glb``, or is a folder that does not exist.
    scratch : str
        An empty folder for what is needed meanwhile.
    size : (int, int)
        Width and height in pixels.
    rate : float
        Frames a second.
    background : (float, float, float)
        Red, green and blue in 0 … 1.
    """

    output: str
    scratch: str
    size: tuple[int, int]
    rate: float
    background: tuple[float, float, float]

    def line(self) -> bytes:
        """Say it to the process."""
        return json.dumps(asdict(self)).encode() + b"\n"


def frame_line(camera: Camera | None, size: int) -> bytes:
    """Announce a frame whose mesh takes so many bytes; 0 for the mesh of the frame before."""
    seen = None
    if camera is not None:
        vectors = (camera.position, camera.target, camera.up)
        seen = [*(vector.tolist() for vector in vectors), camera.view_angle]
    return json.dumps({"camera": seen, "mesh": size}).encode() + b"\n"


END_LINE = b'{"end": true}\n'


def packed_mesh(mesh: Mesh) -> bytes:
    """Pack a mesh for the process."""
    content = io.BytesIO()
    arrays = {"vertices": mesh.vertices, "faces": mesh.faces}
    if mesh.normals is not None:
        arrays["normals"] = mesh.normals
    if mesh.colors is not None:
        arrays["colors"] = mesh.colors
    np.savez(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def main() -> int:
    """Make one film; 1 when it failed."""
    # Whatever else writes to standard output must not garble the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def tell(**answer: object) -> None:
        answers.write(json.dumps(answer).encode() + b"\n")

    plan = None
    try:
        plan = Plan(**_read_line(sys.stdin.buffer))
        _make(plan, sys.stdin.buffer, tell)
    except OccviewerError as error:
        tell(error=str(error))
    except OSError as error:
        tell(error=why_not_written(Path("The film" if plan is None else plan.output), error))
    except MemoryError:
        tell(error="There is not enough memory for this film; choose a smaller or shorter one.")
    except Exception as error:
        traceback.print_exc()
        tell(error=f"The film could not be made ({type(error).__name__}); choose another kind.")
    else:
        tell(done=True)
        return 0
    return 1


def _make(plan: Plan, stream: BinaryIO, tell: Any) -> None:  # noqa: ANN401 - keyword arguments
    maker = _Morph(plan) if Path(plan.output).suffix == MORPH else _Film(plan)
    mesh: Mesh | None = None
    drawn = 0
    while True:
        frame = _read_line(stream)
        if "end" in frame:
            break
        if frame["mesh"]:
            with np.load(io.BytesIO(_read(stream, frame["mesh"]))) as arrays:
                mesh = Mesh(**arrays)
        if mesh is None:
            raise MeshError("A film needs meshes, none of them empty.")
        maker.add(mesh, frame["camera"])
        drawn += 1
        tell(drawn=drawn)
    maker.finish()


class _Film:
    """Pictures, each on disk as soon as it is drawn, and a film of them in the end."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._output = plan, Path(plan.output)
        is_film = self._output.suffix != PICTURES
        self._folder = Path(plan.scratch) / "pictures" if is_film else self._output
        self._folder.mkdir()
        self._files: list[Path] = []

    def add(self, mesh: Mesh, seen: list[Any]) -> None:
        from PIL import Image

        from occviewer.meshes.film import drawn_frame

        *vectors, angle = seen
        position, target, up = (np.array(vector, np.float64) for vector in vectors)
        camera = Camera(position, target, up, angle)
        picture = drawn_frame(mesh, camera, self._plan.size, self._plan.background)
        path = self._folder / f"frame-{len(self._files) + 1:04}.png"
        Image.fromarray(picture).save(path, compress_level=3)
        self._files.append(path)

    def finish(self) -> None:
        from occviewer.meshes.film import save_film

        if self._output.suffix != PICTURES:
            save_film(_Stored(self._files), self._output, self._plan.rate)


class _Morph:
    """Meshes, and a GLB of them in the end."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._meshes: list[Mesh] = []

    def add(self, mesh: Mesh, seen: object) -> None:
        self._meshes.append(mesh)

    def finish(self) -> None:
        from occviewer.meshes.morph import save_morph

        save_morph(self._meshes, self._plan.output, self._plan.rate)


class _Stored(Sequence[UInt8Array]):
    """Pictures that are read when they are wanted."""

    def __init__(self, files: list[Path]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> UInt8Array: ...

    @overload
    def __getitem__(self, index: slice) -> _Stored: ...

    def __getitem__(self, index: int | slice) -> UInt8Array | _Stored:
        from PIL import Image

        if isinstance(index, slice):
            return _Stored(self._files[index])
        with Image.open(self._files[index]) as picture:
            return np.asarray(picture)


def _read_line(stream: BinaryIO) -> dict[str, Any]:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise MeshError("The film was given up.")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _read(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise MeshError("The film was given up.")
    return content


if __name__ == "__main__":
    sys.exit(main())
