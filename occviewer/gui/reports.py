"""Texts for the clipboard: the command that makes a mesh, and what helps to find a fault."""

from __future__ import annotations

import platform
import shlex
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from occviewer import __version__
from occviewer.document.state import Document

if TYPE_CHECKING:
    from occviewer.models import Model

_PACKAGES = ("torch", "numpy", "PySide6_Essentials", "vtk", "pyvista", "pyvistaqt")


def command_of(document: Document) -> str:
    """Give the command that makes the document's mesh without a window.

    Where the window did what the command line cannot (points deleted, moved by hand), a
    comment says so.
    """
    source, settings = document.shape.source, document.extraction
    words = ["occviewer", "reconstruct", str(source.path) if source and source.path else "SCAN"]
    words += ["-o", f"{source.name if source and source.path else 'shape'}.glb"]
    if document.model is not None:
        words += ["--model", str(document.model.location)]
    words += ["--resolution", str(settings.resolution)]
    if settings.threshold is not None:
        words += ["--threshold", f"{settings.threshold:g}"]
    beyond = []
    if source is not None:
        placing = source.placing
        words += ["--align", placing.align]
        words += [] if placing.up is None else [f"--up={placing.up}"]
        words += [] if placing.yaw is None else [f"--yaw={placing.yaw:g}"]
        if placing.placement is not None:
            beyond.append("the scan was moved by hand")
        if source.kept is not None or source.crop is not None:
            beyond.append("points were deleted")
        if source.count is not None or source.noise:
            beyond.append("points were thinned or made noisy")
    if settings.smoothing or settings.face_target:
        beyond.append("the mesh was smoothed or reduced")
    comment = f"  # without this: {', '.join(beyond)}" if beyond else ""
    return shlex.join(words) + comment


def diagnostics(model: Model | None) -> str:
    """List versions and the device, for a report of a fault."""
    lines = [
        f"OccViewer {__version__}",
        f"Python {platform.python_version()} on {platform.platform()}",
    ]
    for package in _PACKAGES:
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} is not installed")
    if model is not None:
        lines.append(f"Model {model.name} ({model.network.architecture}) on {model.device}")
    return "\n".join(lines)
