"""Which files a command reads and writes; what cannot be is a usage error before any work."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from occviewer.errors import MeshError, ObservationError, OccviewerError

# `os.path.isdir` and not `Path.is_dir`, which raises where a path cannot be looked at: what
# reads or writes the file says that in a sentence.
MESH_SUFFIXES = (".glb", ".obj", ".ply", ".stl", ".off")
_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
_DEFAULT_FORMAT = "glb"


@dataclass(frozen=True)
class Job:
    """One scan to read, and what to write."""

    source: Path
    mesh: Path
    picture: Path | None


def has_folders(args: argparse.Namespace) -> bool:
    """Whether inputs are folders: what is read of these depends on the model."""
    return any(os.path.isdir(path) for path in args.inputs)


def check_outputs(parser: argparse.ArgumentParser, args: argparse.Namespace) -> bool:
    """Check what was said of the output, and tell whether it is a folder of several meshes.

    Raises
    ------
    SystemExit
        Status 2: the output, the picture or the format do not fit the inputs.
    """
    many = len(args.inputs) > 1 or has_folders(args)
    output: Path = args.output
    if not many and not os.path.isdir(output):
        if output.suffix.lower() not in MESH_SUFFIXES:
            parser.error(
                f"{output} ends in no format that can be written; use one of "
                f"{', '.join(MESH_SUFFIXES)}, or an existing folder"
            )
        if args.format and output.suffix.lower() != f".{args.format}":
            parser.error(f"{output} and --format {args.format} contradict each other")
    elif output.suffix.lower() in MESH_SUFFIXES and not os.path.isdir(output):
        parser.error(f"several inputs need a folder as output, and {output} names a file")
    _check_picture(parser, args.picture, many)
    return many


def plan_jobs(
    parser: argparse.ArgumentParser, args: argparse.Namespace, observed: str = "points"
) -> list[Job]:
    """Pair every input with its outputs, and make the folders for them.

    One file gives one mesh, unless the output is a folder; several files, or a folder,
    give a folder of meshes named as the inputs are.

    Parameters
    ----------
    parser, args
    observed : {"points", "voxels", "image", "none"}
        What the model takes, and is read of folders.

    Raises
    ------
    SystemExit
        Status 2: the output, the picture or the format do not fit the inputs.
    OccviewerError
        An input folder holds nothing that the model takes, or an output folder cannot be made.
    """
    many, output = check_outputs(parser, args), args.output
    what, suffixes = _wanted(args, observed)
    sources = [
        file
        for path in args.inputs
        for file in (_files_in(path, what, suffixes) if many else [path])
    ]
    jobs = _paired(sources, output, args.picture, many, args.format or _DEFAULT_FORMAT)
    _check_overwriting(parser, jobs)
    if many:
        made_folder(output)
        if args.picture is not None:
            made_folder(args.picture)
    for folder in {path.parent for job in jobs for path in (job.mesh, job.picture) if path}:
        if not os.path.isdir(folder):
            raise MeshError(f"The folder {folder} does not exist; make it first.")
    return jobs


def _check_picture(parser: argparse.ArgumentParser, picture: Path | None, many: bool) -> None:
    if picture is None:
        return
    is_file = picture.suffix.lower() in _PICTURE_SUFFIXES and not os.path.isdir(picture)
    if many and is_file:
        parser.error(f"several inputs need a folder for pictures, and {picture} names a file")
    if not many and not is_file:
        parser.error(f"--picture {picture} must end in {' or '.join(_PICTURE_SUFFIXES)}")


def _wanted(args: argparse.Namespace, observed: str) -> tuple[str, tuple[str, ...]]:
    """Tell what is read of a folder: its name, and the suffixes of its files."""
    from occviewer.observations import READABLE_SUFFIXES
    from occviewer.observations.formats.voxel_files import VOXEL_SUFFIXES
    from occviewer.observations.image import IMAGE_SUFFIXES

    if args.depth:
        return "depth picture", (".png", ".tif", ".tiff", ".npy")
    return {
        "voxels": ("voxel grid", VOXEL_SUFFIXES),
        "image": ("picture", IMAGE_SUFFIXES),
    }.get(observed, ("scan", READABLE_SUFFIXES))


def _files_in(path: Path, what: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Take a file as it is; of a folder what lies in it of some kind, by name."""
    if not os.path.isdir(path):
        return [path]
    try:
        files = sorted(path.iterdir())
    except OSError as error:
        raise ObservationError(
            f"The folder {path} cannot be read ({error.strerror}); check its permissions."
        ) from error
    found = [
        file
        for file in files
        if file.name.lower().endswith(suffixes) and not file.name.startswith(".") and file.is_file()
    ]
    if not found:
        raise ObservationError(
            f"The folder {path} holds no {what} ({', '.join(suffixes)}); choose another one."
        )
    return found


def _paired(
    sources: list[Path], output: Path, picture: Path | None, many: bool, kind: str
) -> list[Job]:
    if not many and not os.path.isdir(output):
        return [Job(sources[0], output, picture)]
    taken: set[str] = set()
    jobs = []
    for source in sources:
        stem = source.name[:-7] if source.name.lower().endswith(".nii.gz") else source.stem
        name, number = stem, 1
        while name.lower() in taken:  # a.ply and a.obj, or the same name in two folders
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        drawn = picture / f"{name}.png" if many and picture is not None else picture
        jobs.append(Job(source, output / f"{name}.{kind}", drawn))
    return jobs


def _check_overwriting(parser: argparse.ArgumentParser, jobs: list[Job]) -> None:
    sources = {job.source.resolve() for job in jobs}
    for job in jobs:
        if job.mesh.resolve() in sources:
            parser.error(f"{job.mesh} is an input and would be overwritten; choose another output")


def made_folder(folder: Path) -> Path:
    """Make a folder for what comes out, unless it is there.

    Raises
    ------
    OccviewerError
        It cannot be made.
    """
    try:
        folder.mkdir(exist_ok=True)
    except FileNotFoundError as error:
        raise OccviewerError(
            f"The folder {folder.parent} does not exist; make it first."
        ) from error
    except OSError as error:
        raise OccviewerError(
            f"The folder {folder} cannot be made ({error.strerror}); choose another output."
        ) from error
    return folder
