"""The application: its window, or the same reconstruction without one."""

import argparse
import importlib
import importlib.util
import os
import sys
from pathlib import Path

from occviewer import assets


def main(argv: list[str] | None = None) -> int:
    """Open the window on a sample scan, or reconstruct the sample headless.

    Without a window, one sentence says why, and ``out/chair.glb`` and
    ``out/chair.png`` are written in the current folder.

    Parameters
    ----------
    argv
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        The exit status: 0 when all went well.
    """
    parser = argparse.ArgumentParser(
        prog="occviewer-app",
        description="Open OccViewer on a sample scan. Where no window can be opened, "
        "reconstruct the sample and write out/chair.glb and out/chair.png.",
    )
    parser.parse_args(argv)
    sample = assets.resources() / "samples" / "chair_scan.ply"

    obstacle = _why_no_window()
    if obstacle is None:
        status: int = importlib.import_module("occviewer.gui").main([str(sample)])
        return status
    print(f"No window: {obstacle}; reconstructing {sample.name} without one.", flush=True)
    return _reconstruct(sample, Path("out"))


def _why_no_window() -> str | None:
    """Return what keeps the window from opening, or None if nothing does."""
    for library in ("PySide6", "pyvistaqt", "qtawesome"):
        if importlib.util.find_spec(library) is None:
            return f'{library} is not installed (pip install "occviewer[gui]")'
    # macOS and Windows have a desktop of their own; elsewhere one of these names it.
    if sys.platform not in ("darwin", "win32") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    return None


def _reconstruct(scan: Path, folder: Path) -> int:
    from occviewer.cli import main as occviewer

    mesh, picture = folder / "chair.glb", folder / "chair.png"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        print(
            f"The folder {folder.resolve()} cannot be made ({error.strerror}); "
            "start from a folder in which you may write.",
            file=sys.stderr,
        )
        return 1
    status = occviewer(["reconstruct", str(scan), "-o", str(mesh), "--picture", str(picture)])
    if status == 0:
        print(f"Mesh:    {mesh.resolve()}\nPicture: {picture.resolve()}")
    return status
