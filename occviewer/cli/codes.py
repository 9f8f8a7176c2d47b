"""``occviewer encode``, ``decode`` and ``sample``: codes in and out."""

from __future__ import annotations

import argparse
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import RESOLUTIONS, angle, number, positive, resolution, threshold
from occviewer.cli.arranging import add_arranging_options, check_arranging, written_mesh
from occviewer.cli.inspecting import add_settings_option
from occviewer.cli.observing import add_observing_options, encoded_file
from occviewer.cli.outputs import MESH_SUFFIXES, made_folder
from occviewer.cli.running import say, seed
from occviewer.errors import CheckpointError, ExtractionError

if TYPE_CHECKING:
    from occviewer.latent import LatentSpace
    from occviewer.meshes import Mesh
    from occviewer.models import Code, Model

_CRUMB = 0.01  # as `occviewer reconstruct` leaves them out


def add_encode_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``encode`` to the parser of the command line."""
    parser = subparsers.add_parser(
        "encode",
        help="save what a model makes of a scan",
        description="Encode a scan and save the code, from which  occviewer decode  and  "
        "occviewer interpolate  make meshes without the scan.",
    )
    parser.add_argument("scan", metavar="SCAN", type=Path)
    parser.add_argument(
        "-o", "--output", metavar="CODE.npz", type=_named(".npz"), required=True, help="the code"
    )
    add_model_options(parser)
    add_placing_options(parser)
    parser.set_defaults(run=_encode)


def add_decode_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``decode`` to the parser of the command line."""
    parser = subparsers.add_parser(
        "decode",
        help="make a mesh of a code, moved through the latent space",
        description="Make a mesh of a saved code; with --offsets and --detail as the sliders of "
        "the window would.",
    )
    parser.add_argument("code", metavar="CODE.npz", type=Path)
    parser.add_argument(
        "-o", "--output", metavar="MESH", type=_named(*MESH_SUFFIXES), required=True
    )
    parser.add_argument(
        "--offsets",
        type=_offsets,
        default={},
        metavar="AXIS=SIGMA,…",
        help="move along principal axes (from 0), in standard deviations: 0=1.5,3=-2",
    )
    parser.add_argument(
        "--detail",
        type=number(lambda value: 0 <= value <= 1, "a share between 0 and 1"),
        default=1.0,
        metavar="SHARE",
        help="of what the latent vector does not explain (default: 1)",
    )
    add_axes_options(parser)
    add_model_options(parser)
    add_surface_options(parser)
    add_arranging_options(parser, ("none", "normals"))

    def run(args: argparse.Namespace) -> int:
        check_arranging(parser, args)
        return _decode(args)

    parser.set_defaults(run=run)


def add_sample_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``sample`` to the parser of the command line."""
    parser = subparsers.add_parser(
        "sample",
        help="make new shapes",
        description="Draw new shapes from a model's latent space.",
    )
    add = parser.add_argument
    add("-o", "--output", metavar="DIR", type=Path, required=True, help="folder for the meshes")
    add("-n", "--number", type=positive, default=8, metavar="N", help="of shapes (default: 8)")
    add("--seed", type=seed, default=0, help="the same seed draws the same shapes (default: 0)")
    add(
        "--temperature",
        type=number(lambda value: 0 <= value < math.inf, "a number from 0"),
        default=0.8,
        metavar="T",
        help="1 draws as the training shapes are spread, 0 what is typical (default: 0.8)",
    )
    add("--codes", action="store_true", help="save the code of each shape beside its mesh")
    add_axes_options(parser)
    add_format_option(parser)
    add_model_options(parser)
    add_surface_options(parser)
    parser.set_defaults(run=_sample)


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add which model computes, and where."""
    add = parser.add_argument
    add("--model", default="furniture", help="a shipped name or a checkpoint (default: furniture)")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add_settings_option(parser)


def add_axes_options(parser: argparse.ArgumentParser) -> None:
    """Add where axes come from for a model that has a vector but no axes."""
    parser.add_argument(
        "--like",
        type=_named(".npz"),
        nargs="+",
        default=[],
        metavar="CODE.npz",
        help="codes of a model without axes of its own: axes are how at least three codes differ",
    )


def add_placing_options(parser: argparse.ArgumentParser) -> None:
    """Add how scans are placed, as for ``occviewer reconstruct``."""
    add = parser.add_argument
    add(
        "--align",
        choices=("auto", "none"),
        default="auto",
        help="search up axis, heading and missing parts, or take the axes as they come: +Y up, "
        "+Z to the front (default: auto)",
    )
    add("--up", choices=("x", "y", "z", "-x", "-y", "-z"), help="the axis that points up")
    add("--yaw", type=angle, metavar="DEG")
    add("--seed", type=seed, default=0, help="for the points that are drawn (default: 0)")
    add_observing_options(parser)


def add_surface_options(parser: argparse.ArgumentParser, default: int = 128) -> None:
    """Add how meshes are made."""
    low, high = RESOLUTIONS
    parser.add_argument(
        "--resolution",
        type=resolution,
        default=default,
        metavar="N",
        help=f"cells a side, {low}…{high} (default: {default})",
    )
    parser.add_argument(
        "--threshold",
        type=threshold,
        metavar="P",
        help="probability of the surface, in 0…1 (default: the model's)",
    )


def add_format_option(parser: argparse.ArgumentParser) -> None:
    """Add the format of meshes in a folder."""
    parser.add_argument(
        "--format",
        choices=[suffix[1:] for suffix in MESH_SUFFIXES],
        default="glb",
        help="of the meshes in the folder (default: glb)",
    )


def encoded(model: Model, path: Path, args: argparse.Namespace) -> Code:
    """Read a saved code, or encode a scan.

    Raises
    ------
    OccviewerError
        The file cannot be read or used, or the code is of another model.
    """
    if is_code(path):
        return checked_code(model, path)
    return encoded_file(model, path, args)


def checked_code(model: Model, path: Path) -> Code:
    """Read a saved code of this model.

    Raises
    ------
    CodeError
        It cannot be read.
    CheckpointError
        It is of another model.
    """
    from occviewer.models import Code

    code = Code.load(path)
    if code.model != model.name:
        raise CheckpointError(
            f"{path} is a code of the model {code.model!r}, and this is {model.name!r}: name "
            "its model with --model."
        )
    return code


def box_mesh(model: Model, code: Code, args: argparse.Namespace, *, draft: bool = False) -> Mesh:
    """Make the mesh of a code in the box frame, without crumbs; a draft is only looked at."""
    from occviewer.extraction import EXPORT_REFINEMENT, extract

    field = model.field(code, args.threshold)
    mesh = extract(field, args.resolution, refine=0 if draft else EXPORT_REFINEMENT)
    return mesh.without_small_components(_CRUMB)


def _encode(args: argparse.Namespace) -> int:
    from occviewer.models import open_model

    model = open_model(args.model, args.device, dict(args.settings))
    code = encoded(model, args.scan, args)
    code.save(args.output)
    for note in code.notes:
        say(f"  {note}")
    say(f"{args.output}: code of {model.name}")
    return 0


def _decode(args: argparse.Namespace) -> int:
    from occviewer.models import open_model

    model = open_model(args.model, args.device, dict(args.settings))
    code = checked_code(model, args.code)
    if args.offsets or args.detail != 1:
        code = _space(model, args.like).edited(code, args.offsets, args.detail)
    mesh = written_mesh(args, box_mesh(model, code, args), code, None, args.output)
    say(f"{args.output}: {len(mesh.faces):,} triangles")
    return 0


def _sample(args: argparse.Namespace) -> int:
    from occviewer.models import open_model

    model = open_model(args.model, args.device, dict(args.settings))
    codes = _space(model, args.like).sample(args.number, args.seed, args.temperature)
    folder = made_folder(args.output)
    digits, failed = len(str(args.number)), False
    for index, code in enumerate(codes, 1):
        path = folder / f"sample-{index:0{digits}}.{args.format}"
        if args.codes:
            code.save(path.with_suffix(".npz"))
        try:
            mesh = box_mesh(model, code, args)
        except ExtractionError as error:  # an odd sample must not keep back the others
            say(f"occviewer: {path} was not written: {error}")
            failed = True
            continue
        mesh.save(path)
        say(f"{path}: {len(mesh.faces):,} triangles")
    return 1 if failed else 0


def _space(model: Model, like: list[Path]) -> LatentSpace:
    from occviewer.latent import latent_space

    return latent_space(model, [checked_code(model, path) for path in like])


def is_code(path: Path) -> bool:
    """Tell a file with a code; an .npz could hold a cloud as well."""
    if path.suffix.lower() != ".npz":
        return False
    try:
        with zipfile.ZipFile(path) as file:
            return "about.npy" in file.namelist()
    except (OSError, zipfile.BadZipFile):
        return True  # reading it as a code says what is wrong with it


def _named(*suffixes: str) -> Callable[[str], Path]:
    def parse(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() not in suffixes:
            raise argparse.ArgumentTypeError(f"{text!r} does not end in {', '.join(suffixes)}")
        return path

    return parse


def _offsets(text: str) -> dict[int, float]:
    """Read ``0=1.5,3=-2``."""
    offsets: dict[int, float] = {}
    for part in text.split(","):
        axis, _, value = part.partition("=")
        try:
            found = float(value)
        except ValueError:
            found = math.nan
        if not axis.strip().isdecimal() or not math.isfinite(found):
            raise argparse.ArgumentTypeError(f"{part!r} is not AXIS=SIGMA, such as 0=1.5")
        offsets[int(axis)] = found
    return offsets
