"""The command ``occviewer data photograph``: a picture of a shape that looks like a photograph."""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from occviewer.cli.arguments import number


def add_photograph_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """Add ``data photograph``."""
    parser = commands.add_parser(
        "photograph",
        help="draw a picture of a shape in a room",
        description="Draw a picture of one prepared shape that looks like a photograph, with its "
        "own materials, on a floor, before a wall and with soft shadows: how the sample pictures "
        "were made.",
    )
    add = parser.add_argument
    add("dataset", metavar="DATASET", type=Path, help="folder with prepared shapes")
    add("name", metavar="NAME", help="of the shape in the data set")
    add("-o", "--output", metavar="PICTURE", type=Path, required=True, help="JPEG to write")
    add(
        "--from",
        dest="folder",
        metavar="FOLDER",
        type=Path,
        required=True,
        help="folder that the shapes were prepared from, or the .deb packages of Sweet Home 3D",
    )
    angle = number(lambda value: -360 <= value <= 360, "an angle in degrees")
    add("--azimuth", type=angle, default=30.0, help="of the camera (default 30)")
    height = number(lambda value: 0 <= value <= 60, "an angle from 0 to 60")
    add("--elevation", type=height, default=18.0, help="of the camera (default 18)")
    far = number(lambda value: 1.6 <= value <= 10, "a distance from 1.6 to 10")
    add("--distance", type=far, default=3.2, help="in longest sides of the shape (default 3.2)")
    add(
        "--pixels",
        type=number(lambda value: 64 <= value <= 2048 and value == int(value), "64 to 2048"),
        default=448,
        help="side of the picture (default 448)",
    )
    add("--seed", type=int, default=0, help="of colours, light and noise (default 0)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from PIL import Image

    from occviewer.errors import DataError
    from occviewer.files import write_whole
    from occviewer.training.manifest import SHAPES
    from occviewer.training.rendering.parts import load_parts
    from occviewer.training.rendering.photographs import photograph
    from occviewer.training.rendering.views import source_mesh
    from occviewer.training.shape_file import read_record
    from occviewer.training.sweethome3d_packages import unpack_libraries

    path = args.dataset / SHAPES / f"{args.name}.safetensors"
    if not path.is_file():
        raise DataError(f"{args.dataset} holds no shape {args.name!r}: look into its {SHAPES}.")
    record = read_record(path)
    with tempfile.TemporaryDirectory(prefix="occviewer-") as unpacked:
        meshes = unpack_libraries(args.folder, Path(unpacked))
        mesh = source_mesh(record, meshes)
        if mesh is None:
            raise DataError(f"{args.name} is made-up furniture; choose a shape that people made.")
        parts = load_parts(mesh, record)
    picture = photograph(
        parts, args.azimuth, args.elevation, args.distance, int(args.pixels), args.seed
    )
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=85)
    write_whole(args.output, content.getvalue(), DataError)
    return 0
