"""The command ``occviewer data``: meshes in, a data set for training or a scan out."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import (
    AXES,
    allow_negative_axes,
    cores,
    number,
    positive,
    shard,
)
from occviewer.cli.data_photograph import add_photograph_command
from occviewer.cli.data_render import add_render_command
from occviewer.cli.running import seed
from occviewer.cli.scan import add_scan_command

if TYPE_CHECKING:
    from occviewer.training.build import BuildOptions, BuildReport
    from occviewer.training.prepare import MeshSource

_FAILURES_SHOWN = 20


def add_data_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``data`` and what it makes data from to a command line.

    The chosen command stands in the parsed arguments as ``run``, a function of the
    arguments that returns the exit status: 0, or 1 when some meshes failed.
    """
    data = subparsers.add_parser(
        "data",
        help="prepare training data and scans from meshes",
        description="Make data from meshes: labelled shapes and a manifest in a folder, or a "
        "simulated scan.",
    )
    commands = data.add_subparsers(required=True, metavar="COMMAND")
    _add_prepare(commands)
    _add_sweethome3d(commands)
    _add_synthetic(commands)
    add_scan_command(commands)
    add_render_command(commands)
    add_photograph_command(commands)


def _add_prepare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "prepare",
        help="label every mesh in a folder",
        description="Label every mesh in FOLDER and its subfolders, watertight or not. The first "
        "subfolder is the category; folders named train, val and test set the split. Creators "
        "and licences are read from the meshes and from licence files beside or above them.",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="folder with the meshes")
    _add_common(parser)
    parser.add_argument(
        "--up", choices=AXES, default="y", metavar="AXIS", help="axis that points up (default y)"
    )
    parser.add_argument(
        "--front",
        choices=AXES,
        metavar="AXIS",
        help="axis that the fronts face (default z; -y when up is z)",
    )
    parser.add_argument(
        "--val-share", type=_share, default=0.1, help="share for validation (default 0.1)"
    )
    parser.add_argument(
        "--test-share", type=_share, default=0.1, help="share for testing (default 0.1)"
    )
    parser.add_argument("--category", default="", help="category of all meshes")
    parser.add_argument("--creator", default="", help="creator of meshes without a notice")
    parser.add_argument("--licence", default="", help="licence of meshes without a notice")
    allow_negative_axes(parser)

    def run(args: argparse.Namespace) -> int:
        from occviewer.training.mesh_folder import axes_rotation, folder_sources

        if args.val_share + args.test_share > 1:
            parser.error("--val-share and --test-share are more than 1 together")
        if args.front and args.front[-1] == args.up[-1]:
            parser.error(f"--front {args.front} and --up {args.up} lie on one line")
        sources = folder_sources(
            args.folder,
            rotation=axes_rotation(args.up, args.front),
            val_share=args.val_share,
            test_share=args.test_share,
            category=args.category,
            creator=args.creator,
            licence=args.licence,
        )
        return _build(list(sources), args)

    parser.set_defaults(run=run)


def _add_sweethome3d(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "sweethome3d",
        help="label the furniture of Sweet Home 3D",
        description="Label the about 900 models of Sweet Home 3D, from its two Debian packages. "
        "The libraries KatorLegaz and BlendSwap-CC-BY are the test split.",
    )
    parser.add_argument(
        "--from",
        dest="folder",
        metavar="FOLDER",
        type=Path,
        help="folder with the .deb packages or their unpacked libraries "
        "(default: download them with apt-get)",
    )
    _add_common(parser)

    def run(args: argparse.Namespace) -> int:
        from occviewer.training.sweethome3d import sweethome3d_sources
        from occviewer.training.sweethome3d_packages import download_packages, unpack_libraries

        with tempfile.TemporaryDirectory(prefix="occviewer-") as temporary:
            folder: Path | None = args.folder
            if folder is None:
                folder = Path(temporary)
                download_packages(folder)
            with tempfile.TemporaryDirectory(prefix="occviewer-") as unpacked:
                libraries = unpack_libraries(folder, Path(unpacked))
                sources = list(sweethome3d_sources(libraries))
                wanted = [s for s in sources if s.record.split != "unused"]
                if len(wanted) < len(sources):
                    _say(
                        f"Left out: {len(sources) - len(wanted)} models of the test split's "
                        "libraries that are no furniture."
                    )
                return _build(wanted, args)

    parser.set_defaults(run=run)


def _add_synthetic(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "synthetic",
        help="make up furniture by rules, and label it",
        description="Make up pieces of furniture by rules and label them: chairs, tables, lamps, "
        "storage, sofas and beds. They are for training only, beside shapes that people made. "
        "The same numbers give the same pieces; ask for more to make a set larger.",
    )
    parser.add_argument(
        "--count", type=positive, default=1200, help="pieces of furniture (default 1200)"
    )
    _add_common(parser)

    def run(args: argparse.Namespace) -> int:
        from occviewer.training.synthetic.furniture import furniture_sources

        with tempfile.TemporaryDirectory(prefix="occviewer-") as folder:
            return _build(list(furniture_sources(Path(folder), args.count)), args)

    parser.set_defaults(run=run)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-o", "--output", metavar="DATASET", type=Path, required=True, help="folder to write")
    add("--workers", type=positive, default=cores(), help="processes (default: one a core)")
    add("--seed", type=seed, default=0, help="seed of the random samples (default 0)")
    add(
        "--shard",
        type=shard,
        default=(0, 1),
        metavar="I/N",
        help="do only part I of N, 0/N to N-1/N, for job arrays",
    )
    add("--force", action="store_true", help="label again what is there")
    add("--limit-seconds", type=positive, default=600, help="time for one mesh (default 600)")
    add("--uniform-points", type=positive, default=60_000, help="labelled points in the box")
    add("--near-points", type=positive, default=40_000, help="labelled points near the surface")
    add("--surface-points", type=positive, default=16_384, help="surface points with normals")


def _build(sources: list[MeshSource], args: argparse.Namespace) -> int:
    from occviewer.training.build import BuildOptions
    from occviewer.training.labelling import SampleCounts

    options = BuildOptions(
        workers=args.workers,
        seed=args.seed,
        shard=args.shard,
        force=args.force,
        limit_seconds=args.limit_seconds,
        counts=SampleCounts(args.uniform_points, args.near_points, args.surface_points),
    )
    report = _with_progress(sources, args.output, options)
    for name, reason in sorted(report.failed.items())[:_FAILURES_SHOWN]:
        sys.stderr.write(f"failed: {name}: {reason}\n")
    _say(
        f"{args.output}: {len(report.prepared)} shapes prepared, {len(report.kept)} kept "
        f"({len(report.updated)} of them with their record brought up to date), "
        f"{len(report.failed)} failed."
    )
    _say(f"{report.listed} shapes in the data set; manifest.jsonl lists them and what failed.")
    return 1 if report.failed else 0


def _with_progress(
    sources: Iterable[MeshSource], dataset: Path, options: BuildOptions
) -> BuildReport:
    from tqdm import tqdm

    from occviewer.training.build import build_dataset

    # In the log of a batch job, a line now and then; before a person, a live bar.
    seconds = 0.2 if sys.stderr.isatty() else 30.0
    with tqdm(total=0, unit="shape", file=sys.stderr, mininterval=seconds) as bar:
        outcomes: Counter[bool] = Counter()

        def start(total: int) -> None:
            bar.reset(total)

        def shape_done(name: str, failure: str) -> None:
            outcomes[bool(failure)] += 1
            bar.set_postfix(failed=outcomes[True], refresh=False)
            bar.update()

        return build_dataset(sources, dataset, options, on_start=start, on_shape=shape_done)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


_share = number(lambda value: 0 <= value <= 1, "a share between 0 and 1")
