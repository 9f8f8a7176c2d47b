"""Where and how large meshes are written, and in which colours: what two commands share."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import number
from occviewer.cli.outputs import MESH_SUFFIXES

if TYPE_CHECKING:
    from occviewer.meshes import Mesh
    from occviewer.meshes.export_options import ExportOptions
    from occviewer.models import Code
    from occviewer.observations import PointCloud

# As the modules of meshes say, which help does not wait for.
PRESET_NAMES = ("world", "blender", "unity", "unreal", "print")
COLOURED = (".glb", ".obj", ".ply")

_POSITIVE = number(lambda value: 0 < value < math.inf, "a number above 0")


def add_arranging_options(parser: argparse.ArgumentParser, colours: tuple[str, ...]) -> None:
    """Add what is done to a mesh on its way into the file."""
    add = parser.add_argument_group("for other programs").add_argument
    add(
        "--preset",
        choices=PRESET_NAMES,
        default="world",
        help="axes, units and place that a program expects, of a scan in metres; print: standing, "
        "100 mm long (default: world, where the scan lies)",
    )
    add("--scale", type=_POSITIVE, metavar="F", help="units of the file for one of the scan")
    add("--size", type=_POSITIVE, metavar="L", help="longest side in units of the file")
    add("--up-axis", choices=("scan", "y", "z"), help="of the file; scan: as the scan lies")
    add("--colours", choices=colours, default="none", help=f"in {', '.join(COLOURED)}")


def options_of(args: argparse.Namespace, path: Path) -> ExportOptions:
    """Options of one file: those of its preset, and what was given besides."""
    from occviewer.meshes.export_options import preset

    options = preset(args.preset).options(path.suffix)
    if args.up_axis is not None:
        options = replace(options, up=args.up_axis)
    if args.scale is not None:
        options = replace(options, scale=args.scale, longest=None)
    if args.size is not None:
        options = replace(options, longest=args.size)
    return options


def check_arranging(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse what contradicts itself, before any work."""
    if args.scale is not None and args.size is not None:
        parser.error("--scale and --size both say how large the mesh is; give one of them")
    suffix = args.output.suffix.lower()
    if suffix not in MESH_SUFFIXES:
        suffix = f".{args.format or 'glb'}"
    if args.colours != "none" and suffix not in COLOURED:
        parser.error(
            f"{suffix} holds no colours; write {' or '.join(COLOURED)}, or leave --colours away"
        )


def written_mesh(
    args: argparse.Namespace, mesh: Mesh, code: Code, cloud: PointCloud | None, path: Path
) -> Mesh:
    """Colour and arrange a mesh of the box frame, and write it; what was written.

    Raises
    ------
    MeshError
        The scan has no colours, or the file cannot be written.
    """
    from occviewer.errors import MeshError
    from occviewer.meshes.colouring import PointColours, by_normals

    if args.colours == "normals":
        mesh = by_normals(mesh)
    elif args.colours == "scan":
        if cloud is None or cloud.colors is None:
            raise MeshError(
                f"{path} was not written: the scan has no colours; leave --colours scan away."
            )
        mesh = PointColours(code.placement.to_box(cloud.points), cloud.colors).laid_on(mesh)
    arranged = options_of(args, path).arranged(mesh, code.placement)
    arranged.save(path)
    return arranged
