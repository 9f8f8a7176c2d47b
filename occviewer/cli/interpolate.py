"""``occviewer interpolate``: from shape to shape, as meshes, a film or one animated file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import number, whole_number
from occviewer.cli.codes import (
    add_format_option,
    add_model_options,
    add_placing_options,
    add_surface_options,
    box_mesh,
    encoded,
)
from occviewer.cli.outputs import MESH_SUFFIXES, made_folder
from occviewer.cli.running import say
from occviewer.errors import ExtractionError, MeshError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from occviewer.meshes import Mesh
    from occviewer.models import Code, Model
    from occviewer.placement import Placement

_FILMS = (".gif", ".mp4")
_MORPH = ".glb"


def add_interpolate_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "interpolate",
        help="go from shape to shape",
        description="Go from one shape to the next, smoothly through all of them. Inputs are scans "
        "or saved codes. Films are drawn in the model's own frame; meshes and the animation "
        "lie where the scans lie.",
    )
    add = parser.add_argument
    add("inputs", metavar="SHAPE", nargs="+", type=Path, help="two or more scans or codes")
    add(
        "-o",
        "--output",
        metavar="OUT",
        type=Path,
        required=True,
        help="a folder for numbered meshes, a film (.gif, .mp4), or one animated .glb",
    )
    add("--frames", type=whole_number(2), default=60, metavar="N", help="in all (default: 60)")
    add("--straight", action="store_true", help="with a kink at each shape instead of a curve")
    add("--loop", action="store_true", help="go on from the last shape to the first")
    add(
        "--rate",
        type=number(lambda value: 0.1 <= value <= 100, "a number of frames a second, 0.1 to 100"),
        default=20.0,
        metavar="N",
        help="frames a second of films and animations (default: 20)",
    )
    add_format_option(parser)
    add_model_options(parser)
    add_placing_options(parser)
    add_surface_options(parser, 96)

    def run(args: argparse.Namespace) -> int:
        if len(args.inputs) < 2:
            parser.error("one shape is no way: give two or more")
        suffix = args.output.suffix.lower()
        if suffix in MESH_SUFFIXES and suffix != _MORPH:
            parser.error(f"an animation is written as .glb, not as {suffix}")
        if suffix and suffix not in (*_FILMS, _MORPH) and not args.output.is_dir():
            parser.error(
                f"{args.output} ends in no format that can be written; use one of "
                f"{', '.join((*_FILMS, _MORPH))}, or a folder"
            )
        return _interpolate(args)

    parser.set_defaults(run=run)


def _interpolate(args: argparse.Namespace) -> int:
    from occviewer.latent import Path as Way
    from occviewer.latent import latent_space
    from occviewer.meshes.film import drawn_frames, require_film, save_film
    from occviewer.meshes.morph import save_morph
    from occviewer.models import open_model

    output: Path = args.output
    suffix = output.suffix.lower()
    if suffix in _FILMS:
        require_film(output)
    if suffix not in (*_FILMS, _MORPH):
        made_folder(output)
    elif not output.absolute().parent.is_dir():
        raise MeshError(f"The folder {output.absolute().parent} does not exist; make it first.")
    model = open_model(args.model, args.device, dict(args.settings))
    codes = [encoded(model, path, args) for path in args.inputs]
    for path, code in zip(args.inputs, codes, strict=True):
        for note in code.notes:
            say(f"  {path}: {note}")
    way = Way(latent_space(model), codes, smooth=not args.straight, closed=args.loop)
    frames = _meshes(model, way.frames(args.frames), args)
    if suffix in _FILMS:
        save_film(drawn_frames([mesh for mesh, _ in frames]), output, args.rate)
    elif suffix == _MORPH:
        save_morph([mesh.placed(placement) for mesh, placement in frames], output, args.rate)
    else:
        digits = len(str(args.frames))
        for index, (mesh, placement) in enumerate(frames, 1):
            mesh.placed(placement).save(output / f"frame-{index:0{digits}}.{args.format}")
    say(f"{output}: {len(frames)} frames")
    return 0


def _meshes(
    model: Model, codes: Iterable[Code], args: argparse.Namespace
) -> list[tuple[Mesh, Placement]]:
    """Make meshes in the box frame, and where they lie; say now and then how far it is."""
    made, last = [], time.monotonic()
    draft = args.output.suffix.lower() in _FILMS
    for index, code in enumerate(codes, 1):
        try:
            made.append((box_mesh(model, code, args, draft=draft), code.placement))
        except ExtractionError as error:
            raise ExtractionError(f"Frame {index} of {args.frames}: {error}") from error
        if time.monotonic() - last > 10:
            last = time.monotonic()
            say(f"{index} of {args.frames} frames")
    return made
