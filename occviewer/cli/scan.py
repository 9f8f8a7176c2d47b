"""``occviewer data scan``: what a depth camera would see of a mesh."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import AXES, allow_negative_axes, number, positive
from occviewer.cli.running import seed

if TYPE_CHECKING:
    from occviewer.arrays import UInt8Array
    from occviewer.meshes import Mesh
    from occviewer.training.depth_sensor import DepthSensor
    from occviewer.training.scanning import Scan

    _Add = Callable[..., argparse.Action]

_MESH_SUFFIXES = (".glb", ".obj", ".ply", ".stl", ".off")

_finite = number(math.isfinite, "a number")
_length = number(lambda value: 0 < value < math.inf, "a number above 0")
_factor = number(lambda value: 0 <= value < math.inf, "a number from 0")
_share = number(lambda value: 0 <= value <= 1, "a share between 0 and 1")


def add_scan_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``scan`` to the commands of ``occviewer data``."""
    parser = commands.add_parser(
        "scan",
        help="scan a mesh with a simulated depth camera",
        description="Look at MESH with a depth camera and write the points that it sees: one "
        "side, with noise and holes, in the mesh's own frame or in another one.",
    )
    parser.add_argument("mesh", metavar="MESH", type=Path, help="OBJ, PLY, GLB, STL, OFF …")
    _add_output(parser)
    _add_camera(parser.add_argument_group("camera").add_argument)
    _add_sensor(parser.add_argument_group("sensor").add_argument)
    _add_frame(parser.add_argument_group("frame").add_argument)
    allow_negative_axes(parser)

    def run(args: argparse.Namespace) -> int:
        _check(parser, args)
        return _scan(args)

    parser.set_defaults(run=run)


def _add_output(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "-o",
        "--output",
        metavar="SCAN",
        type=Path,
        required=True,
        help="PLY, PCD, XYZ, TXT, CSV, OBJ, NPZ or NPY",
    )
    add(
        "--encoding",
        choices=("binary", "ascii", "compressed"),
        help="of PLY and PCD (default: binary)",
    )
    add("--truth", metavar="FILE", type=Path, help="write the mesh too, in the frame of the scan")
    add("--points", type=positive, metavar="N", help="keep N points (default: all)")
    add("--no-normals", action="store_true", help="leave out normals")
    add("--no-colors", action="store_true", help="leave out colours")
    add("--seed", type=seed, default=0, help="of all chance (default: 0)")


def _add_camera(add: _Add) -> None:
    add(
        "--azimuth",
        type=_finite,
        default=30.0,
        metavar="DEG",
        help="0 looks at the front, 90 at the side that lies to the right then (default: 30)",
    )
    add("--elevation", type=_finite, default=20.0, metavar="DEG", help="(default: 20)")
    add("--distance", type=_length, metavar="M", help="in metres (default: the shape just fits)")
    add("--fov", type=_length, default=57.0, metavar="DEG", help="across the image (default: 57)")
    add(
        "--pixels",
        type=positive,
        nargs=2,
        default=(320, 240),
        metavar=("W", "H"),
        help="of the depth image (default: 320 240)",
    )
    add("--views", type=positive, default=1, metavar="N", help="around the shape (default: 1)")


def _add_sensor(add: _Add) -> None:
    add(
        "--size",
        type=_length,
        default=1.0,
        metavar="M",
        help="longest side of the shape in metres, for noise grows with distance (default: 1)",
    )
    add("--noise", type=_factor, default=1.0, help="times that of a Kinect (default: 1)")
    add("--edge-dropout", type=_share, default=0.5, help="holes at depth edges (default: 0.5)")
    add("--flying", type=_share, default=0.0, help="flying pixels at depth edges (default: 0)")
    add("--quantised", action="store_true", help="depth in the steps of disparity")
    add("--floor", type=_factor, metavar="M", help="metres of ground seen around the shape")


def _add_frame(add: _Add) -> None:
    add("--up", choices=AXES, default="y", metavar="AXIS", help="of the mesh (default: y)")
    add("--front", choices=AXES, metavar="AXIS", help="of the mesh (default: z; -y when up is z)")
    add("--up-out", choices=AXES, metavar="AXIS", help="of the scan (default: as the mesh)")
    add("--yaw", type=_finite, default=0.0, metavar="DEG", help="turn the shape about its vertical")
    add("--scale", type=_length, default=1.0, help="multiply all lengths, for another unit")
    add(
        "--offset",
        type=_finite,
        nargs=3,
        default=(0.0, 0.0, 0.0),
        metavar=("X", "Y", "Z"),
        help="move the shape, after all other changes",
    )
    add(
        "--frame",
        choices=("world", "camera"),
        default="world",
        help="camera: x to the right, y down, z ahead (default: world)",
    )


def _check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    up_out = args.up_out or args.up
    if args.front and args.front[-1] == args.up[-1]:
        parser.error(f"--front {args.front} and --up {args.up} lie on one line")
    if abs(args.elevation) > 90:
        parser.error(f"--elevation {args.elevation:g} is not in -90…90")
    if not 1 <= args.fov <= 150:
        parser.error(f"--fov {args.fov:g} is not in 1…150")
    if max(args.pixels) > 8192:
        parser.error("--pixels are 8192 a side at most")
    if args.frame == "camera" and args.views > 1:
        parser.error("--frame camera needs a single view")
    if args.frame == "camera" and (up_out != args.up or args.yaw or any(args.offset)):
        parser.error("--frame camera leaves nothing for --up-out, --yaw and --offset to say")
    if args.truth and args.truth.suffix.lower() not in _MESH_SUFFIXES:
        parser.error(f"--truth {args.truth} must end in {', '.join(_MESH_SUFFIXES)}")
    files = [path.resolve() for path in (args.mesh, args.output, args.truth) if path]
    if len(set(files)) < len(files):
        parser.error("MESH, SCAN and --truth must be different files")


def _scan(args: argparse.Namespace) -> int:
    from occviewer.training.depth_sensor import DepthSensor
    from occviewer.training.mesh_colors import load_with_colors

    mesh, colors = load_with_colors(args.mesh)
    mesh = _moved(mesh, args)
    sensor = DepthSensor(
        noise=args.noise,
        edge_dropout=args.edge_dropout,
        flying=args.flying,
        quantised=args.quantised,
    )
    result = _seen(mesh, None if args.no_colors else colors, sensor, args)
    cloud = result.cloud
    if args.frame == "camera":
        camera = result.cameras[0]
        cloud = cloud.transformed(camera)
        mesh = replace(mesh, vertices=camera.to_box(mesh.vertices))
    if args.points:
        cloud = cloud.subsampled(args.points, args.seed)
    if args.no_normals:
        cloud = replace(cloud, normals=None)
    cloud.save(args.output, args.encoding)
    if args.truth:
        mesh.save(args.truth)
    views = f"{args.views} view{'' if args.views == 1 else 's'}"
    sys.stdout.write(
        f"{args.output}: {len(cloud):,} points in {views} from {result.distances[0]:.2f} m.\n"
    )
    return 0


def _moved(mesh: Mesh, args: argparse.Namespace) -> Mesh:
    """Take the mesh from its own frame into that of the scan."""
    import numpy as np

    from occviewer.placement import Placement
    from occviewer.training.mesh_folder import axes_rotation

    inwards = np.array(axes_rotation(args.up, args.front)).reshape(3, 3)
    turned = math.radians(args.yaw)
    cosine, sine = math.cos(turned), math.sin(turned)
    yaw = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    out_up, out_front = _axes_out(args)
    outwards = np.array(axes_rotation(out_up, out_front)).reshape(3, 3).T
    placement = Placement((outwards @ yaw @ inwards).T, 1 / args.scale, np.array(args.offset))
    return mesh.placed(placement)


def _seen(
    mesh: Mesh, colors: UInt8Array | None, sensor: DepthSensor, args: argparse.Namespace
) -> Scan:
    from occviewer.training.scanning import DepthCamera, cameras_around, scan

    # The azimuth counts from the front of the shape, which turned with it.
    camera = DepthCamera(
        azimuth=args.azimuth + args.yaw,
        elevation=args.elevation,
        distance=args.distance,
        field_of_view=args.fov,
        pixels=tuple(args.pixels),
    )
    up, front = _axes_out(args)
    return scan(
        mesh,
        cameras_around(camera, args.views),
        sensor,
        face_colors=colors,
        size=args.size,
        up=up,
        front=front,
        floor=args.floor,
        seed=args.seed,
    )


def _axes_out(args: argparse.Namespace) -> tuple[str, str | None]:
    if args.up_out is None or args.up_out == args.up:
        return args.up, args.front
    return args.up_out, None
