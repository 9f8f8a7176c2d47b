"""Texts for the clipboard: the command that makes a mesh, and what helps to find a fault."""

from __future__ import annotations

import os
import platform
import shlex
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from occviewer import __version__
from occviewer.document.picture_source import PictureSource
from occviewer.document.shape import LatentEdit
from occviewer.document.source import Placing, Source
from occviewer.document.state import Document
from occviewer.document.voxel_source import VoxelSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from occviewer.gui.messages import LoggedMessage
    from occviewer.gui.studio import MeshResult
    from occviewer.models import Model

_PACKAGES = ("torch", "numpy", "PySide6_Essentials", "vtk", "pyvista", "pyvistaqt")


def command_of(document: Document) -> str:
    """Give the command that makes the document's mesh without a window.

    A scan whose sliders were moved takes two commands. A shape without a scan, or one that
    was moved along directions which the model's file does not hold, has to be exported as a
    code first, which a comment says; so does another one where the window did what the
    command line cannot (points deleted, moved by hand).
    """
    if document.shape.picture is not None:
        return picture_command(document, document.shape.picture)
    source, edit = document.shape.source, document.shape.edit
    name = source.name if source and source.path else "shape"
    scan = str(source.path) if source and source.path else "SCAN"
    beyond = _beyond(document, document.shape.scan)
    if source is None or edit.directions is not None:
        # The code that is exported is as the sliders say.
        command = _decode("code.npz", name, document)
        notes = ["first write code.npz by File > Export code"]
        notes += [f"without this: {', '.join(beyond)}"] if beyond else []
        return f"{command}  # {'; '.join(notes)}"
    placed = _model(document)
    if isinstance(source, VoxelSource):
        placed += _standing(source)
    elif isinstance(source, Source):
        placed += _placing(source.placing)
    moved = edit.unlocked != LatentEdit()
    if moved:
        first = ["occviewer", "encode", scan, "-o", f"{name}.npz", *placed]
        command = f"{shlex.join(first)} && {_decode(f'{name}.npz', name, document, edit)}"
    else:
        words = ["occviewer", "reconstruct", scan, "-o", f"{name}.glb"]
        command = shlex.join(words + placed + _surface(document))
    return f"{command}  # without this: {', '.join(beyond)}" if beyond else command


def picture_command(document: Document, source: PictureSource) -> str:
    """Give the command that makes the mesh of a document's picture without a window.

    Where sliders were moved, the code has to be exported first, which a comment says; so does
    another one where the window did what the command line cannot (strokes, a camera).
    """
    name, edit, masking = source.name or "picture", document.shape.edit, source.masking
    beyond = _beyond(document, None)
    if edit.unlocked != LatentEdit():
        beyond += ["the mesh has the picture's colours"] if source.textured else []
        command = _decode("code.npz", name, document)
        notes = ["first write code.npz by File > Export code"]
        notes += [f"without this: {', '.join(beyond)}"] if beyond else []
        return f"{command}  # {'; '.join(notes)}"
    given = None if masking.given is None else masking.given.image.source
    words = ["occviewer", "reconstruct", str(source.path or "PICTURE"), "-o", f"{name}.glb"]
    words += _model(document)
    words += [] if masking.given is None else ["--mask", str(given or "MASK")]
    words += [] if masking.box is None else ["--box", *(f"{edge:.6g}" for edge in masking.box)]
    words += [] if masking.object is None else ["--object", str(masking.object)]
    words += ["--refine", str(0 if source.fit is None else source.fit.rounds)]
    seen = source.camera_with(document.shape.code) is not None
    words += ["--texture"] if source.textured and seen else []
    if masking.strokes:
        beyond.append("the mask was painted")
    if masking.method in ("transparency", "plain", "grabcut") and masking.box is None:
        beyond.append(f"the object was found by {masking.method}")
    if source.camera is not None:
        beyond.append("the camera was corrected")
    command = shlex.join(words + _surface(document))
    return f"{command}  # without this: {', '.join(beyond)}" if beyond else command


def _decode(code: str, name: str, document: Document, edit: LatentEdit | None = None) -> str:
    words = ["occviewer", "decode", code, "-o", f"{name}.glb", *_model(document)]
    if edit is not None:
        offsets = [f"{axis}={offset:.6g}" for axis, offset in enumerate(edit.offsets) if offset]
        words += ["--offsets", ",".join(offsets)] if offsets else []
        words += ["--detail", f"{edit.detail:g}"] if edit.detail != 1 else []
    return shlex.join(words + _surface(document))


def _model(document: Document) -> list[str]:
    if document.model is None:
        return []
    settings = [f"--set={name}={value}" for name, value in document.model.settings]
    return ["--model", str(document.model.location), *settings]


def _surface(document: Document) -> list[str]:
    settings = document.extraction
    words = ["--resolution", str(settings.resolution)]
    if settings.threshold is not None:
        words += ["--threshold", f"{settings.threshold:g}"]
    return words


def _standing(source: VoxelSource) -> list[str]:
    words = [] if source.threshold is None else [f"--voxel-threshold={source.threshold:g}"]
    words += [] if source.up is None else [f"--up={source.up}"]
    return words + ([] if source.yaw is None else [f"--yaw={source.yaw:g}"])


def _placing(placing: Placing) -> list[str]:
    words = ["--align", placing.align]
    words += [] if placing.up is None else [f"--up={placing.up}"]
    return words + ([] if placing.yaw is None else [f"--yaw={placing.yaw:g}"])


def _beyond(document: Document, source: Source | None) -> list[str]:
    """List what the command line cannot do."""
    beyond, settings = [], document.extraction
    if source is not None:
        if source.placing.placement is not None:
            beyond.append("the scan was moved by hand")
        if source.kept is not None or source.crop is not None:
            beyond.append("points were deleted")
        if source.count is not None or source.noise:
            beyond.append("points were thinned or made noisy")
    if settings.largest_only:
        beyond.append("only the largest part was kept")
    if settings.smoothing or settings.face_target:
        beyond.append("the mesh was smoothed or reduced")
    return beyond


def diagnostics(
    model: Model | None,
    document: Document,
    result: MeshResult | None,
    graphics: str,
    log: Iterable[LoggedMessage],
) -> str:
    """List what helps to find a fault: versions, machine, model, shape, and the last errors.

    Parameters
    ----------
    model : Model, optional
        The open one.
    document : Document
    result : MeshResult, optional
        The mesh on display.
    graphics : str
        What draws.
    log : iterable of LoggedMessage
        Warnings and errors, the oldest first.
    """
    lines = [
        f"OccViewer {__version__}",
        f"Python {platform.python_version()} on {platform.platform()}",
    ]
    for package in _PACKAGES:
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} is not installed")
    lines += _machine()
    lines.append(f"Graphics: {graphics}")
    lines.append("Model: none" if model is None else _model_facts(model))
    source, settings = document.shape.scan, document.extraction
    if source is not None:
        lines.append(f"Scan: {len(source.cloud):,} points, {source.placing}")
    picture = document.shape.picture
    if picture is not None:
        how = "no mask yet" if picture.mask is None else f"object by {picture.mask.method}"
        lines.append(f"Picture: {picture.image.size[0]} x {picture.image.size[1]}, {how}")
    lines.append(f"Settings: {settings}")
    if result is not None:
        times = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in result.seconds.items())
        lines.append(f"Mesh: {len(result.mesh.faces):,} triangles at {result.resolution}³, {times}")
    lines.append("")
    told = [_told(message) for message in log]
    lines += ["Last warnings and errors:", *told] if told else ["No warnings and no errors."]
    return "\n".join(lines)


def _machine() -> list[str]:
    import torch

    lines = [f"Threads: {torch.get_num_threads()} of {os.cpu_count()} cores"]
    if torch.cuda.is_available():
        lines.append(f"CUDA {torch.version.cuda}: {torch.cuda.get_device_name()}")
    return lines


def _model_facts(model: Model) -> str:
    weights = sum(p.numel() for p in model.network.parameters())
    return (
        f"Model: {model.name} ({model.network.architecture}, {weights:,} weights, threshold "
        f"{model.info.threshold:g}) on {model.device}, from {model.path}"
    )


def _told(message: LoggedMessage) -> str:
    head = f"{message.at:%Y-%m-%d %H:%M:%S} {message.kind}: {message.sentence}"
    return f"{head}\n{message.details.rstrip()}" if message.details else head
