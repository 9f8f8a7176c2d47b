"""One labelled shape on disk: a safetensors file that says everything about itself.

The tensors are those of `LabelledShape`, labels packed to bits; the header holds the
`ShapeRecord` as JSON. A data set is a folder of such files, so it can be made by
many jobs at once, moved, merged, and read with numpy and safetensors alone.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from occviewer.arrays import BoolArray
from occviewer.errors import DataError

if TYPE_CHECKING:
    from occviewer.training.labelling import LabelledShape

FORMAT = "occviewer-shape-1"
TRAIN_ONLY = "train-only"
"""Split of shapes to train on that are never held back for validation, such as made-up ones."""


@dataclass(frozen=True)
class ShapeRecord:
    """What is known of a shape besides its geometry.

    Attributes
    ----------
    name : str
        Unique in the data set; also the file's name.
    category : str
        Class for scores and sampling, such as ``chair``.
    split : str
        ``train``, ``val``, ``test``, `TRAIN_ONLY`, or another word that neither trains nor tests.
    source : str
        Where the mesh came from, relative to the folder that was prepared.
    title, creator, licence, library, url : str
        As the catalogue or the mesh's own notices have them; empty where nobody said.
        The licence is an SPDX expression where one fits; `url` is the work's page.
    watertight : bool
        Whether every edge of the source mesh has two faces.
    triangles : int
        Of the source mesh.
    scale : float
        Box units per unit of the source mesh.
    centre : list of 3 float
        The source point that became the box's origin.
    rotation : list of 9 float
        Row-major rotation from the source's axes to the box's; with `scale` and
        `centre` the arguments of `occviewer.Placement`. Empty in files of the first
        version, whose `centre` is the turned one.
    issues : list of str
        What was wrong with the mesh, and what was done about it.
    """

    name: str
    category: str
    split: str
    source: str
    title: str = ""
    creator: str = ""
    licence: str = ""
    library: str = ""
    url: str = ""
    watertight: bool = False
    triangles: int = 0
    scale: float = 1.0
    centre: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    rotation: list[float] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)


def save_shape(path: Path, shape: LabelledShape, record: ShapeRecord) -> None:
    """Write one shape; the file appears whole or not at all."""
    tensors = {
        "bounds": shape.bounds,
        "uniform": shape.uniform,
        "uniform_inside": np.packbits(shape.uniform_inside),
        "near": shape.near,
        "near_inside": np.packbits(shape.near_inside),
        "surface": shape.surface,
        "normals": shape.normals,
        "cameras": shape.cameras,
        "visible": np.packbits(shape.visible, axis=1),
    }
    blob = save({name: np.ascontiguousarray(array) for name, array in tensors.items()})
    end = 8 + int.from_bytes(blob[:8], "little")
    with _whole_or_nothing(path) as temporary:
        temporary.write_bytes(_header(blob[8:end], record) + blob[end:])


def update_record(path: Path, record: ShapeRecord) -> None:
    """Replace the record in the header of a shape file; the arrays stay as they are.

    Raises
    ------
    DataError
        When the file is no shape of this program, or is cut off.
    """
    read_record(path)
    with path.open("rb") as old, _whole_or_nothing(path) as temporary:
        header = old.read(int.from_bytes(old.read(8), "little"))
        with temporary.open("wb") as new:
            new.write(_header(header, record))
            shutil.copyfileobj(old, new)


def remove_leftovers(folder: Path, names: set[str]) -> None:
    """Delete what a killed run left half written of the shapes `names` in `folder`."""
    for temporary in folder.glob(".*.safetensors.*"):
        if temporary.name[1:].rpartition(".safetensors.")[0] in names:
            temporary.unlink(missing_ok=True)


def read_record(path: Path) -> ShapeRecord:
    """Read only the header of a shape file.

    Raises
    ------
    DataError
        When the file is no shape of this program, or is cut off.
    """
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path} is damaged ({error}): delete it and prepare it again.") from error
    return _record(path, metadata)


def load_shape(path: Path) -> tuple[dict[str, Any], ShapeRecord]:
    """Read a shape's arrays (labels unpacked to bool) and its record.

    Raises
    ------
    DataError
        When the file is no shape of this program, or is cut off.
    """
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path} is damaged ({error}): delete it and prepare it again.") from error
    record = _record(path, metadata)
    arrays["uniform_inside"] = _unpack(arrays["uniform_inside"], len(arrays["uniform"]))
    arrays["near_inside"] = _unpack(arrays["near_inside"], len(arrays["near"]))
    arrays["visible"] = _unpack(arrays["visible"], len(arrays["surface"]))
    return arrays, record


@contextmanager
def _whole_or_nothing(path: Path) -> Iterator[Path]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _header(plain: bytes, record: ShapeRecord) -> bytes:
    """Put the record into a safetensors header: its length and text, ready to be written.

    Offsets in a header count from its end, so that the data can follow as they are
    (https://github.com/huggingface/safetensors#format). The library itself writes
    metadata in no fixed order, and equal shapes should be equal files.
    """
    stored = json.dumps(asdict(record), ensure_ascii=False)
    header = {**json.loads(plain), "__metadata__": {"format": FORMAT, "record": stored}}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _unpack(bits: Any, count: int) -> BoolArray:  # noqa: ANN401 - a uint8 array of any rank
    return np.unpackbits(bits, axis=-1, count=count).astype(bool)


def _record(path: Path, metadata: dict[str, str]) -> ShapeRecord:
    if metadata.get("format") != FORMAT:
        raise DataError(f"{path} is not a prepared shape ({FORMAT}): prepare the meshes again.")
    known = {f.name for f in fields(ShapeRecord)}
    try:
        stored = json.loads(metadata["record"])
        return ShapeRecord(**{key: value for key, value in stored.items() if key in known})
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} has no readable record: delete it and prepare it again."
        ) from error
