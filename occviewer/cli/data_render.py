"""The command ``occviewer data render``: pictures of prepared shapes, to train on."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import cores, number, positive, shard

if TYPE_CHECKING:
    from occviewer.training.rendering.build_views import ViewOptions, ViewReport

_FAILURES_SHOWN = 20


def add_render_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """Add ``data render``; its exit status is 1 when some shapes failed."""
    parser = commands.add_parser(
        "render",
        help="draw pictures of prepared shapes",
        description="Draw pictures of the shapes in DATASET from all around, with their own "
        "materials and others, under different lights and before different backgrounds, each "
        "with its mask, depths and camera. What is there already is kept.",
    )
    add = parser.add_argument
    add("dataset", metavar="DATASET", type=Path, help="folder with prepared shapes")
    add("-o", "--output", metavar="VIEWS", type=Path, required=True, help="folder to write")
    add(
        "--from",
        dest="folder",
        metavar="FOLDER",
        type=Path,
        help="folder that the shapes were prepared from: meshes, or the .deb packages of "
        "Sweet Home 3D; made-up furniture needs none",
    )
    add("--views", type=positive, default=24, help="pictures of a shape (default 24)")
    add(
        "--pixels",
        type=number(lambda value: 32 <= value <= 1024 and value == int(value), "32 to 1024"),
        default=192,
        help="side of the pictures (default 192)",
    )
    add("--classes", nargs="+", default=[], metavar="CLASS", help="only shapes of these classes")
    add("--workers", type=positive, default=cores(), help="processes (default: one a core)")
    add("--seed", type=int, default=0, help="seed of what is drawn (default 0)")
    add(
        "--shard",
        type=shard,
        default=(0, 1),
        metavar="I/N",
        help="do only part I of N, 0/N to N-1/N, for job arrays",
    )
    add("--force", action="store_true", help="draw again what is there")
    add("--limit-seconds", type=positive, default=600, help="time for one shape (default 600)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from occviewer.meshes.renderer import require_renderer
    from occviewer.training.rendering.build_views import ViewOptions
    from occviewer.training.sweethome3d_packages import unpack_libraries

    require_renderer()
    options = ViewOptions(
        count=args.views,
        pixels=int(args.pixels),
        workers=args.workers,
        seed=args.seed,
        classes=tuple(args.classes),
        shard=args.shard,
        force=args.force,
        limit_seconds=args.limit_seconds,
    )
    with tempfile.TemporaryDirectory(prefix="occviewer-") as unpacked:
        meshes = Path(unpacked)
        if args.folder is not None:
            meshes = unpack_libraries(args.folder, meshes)
        report = _with_progress(args.dataset, meshes, args.output, options)
    for name, reason in sorted(report.failed.items())[:_FAILURES_SHOWN]:
        sys.stderr.write(f"failed: {name}: {reason}\n")
    print(
        f"{args.output}: views of {len(report.rendered)} shapes drawn, {len(report.kept)} kept, "
        f"{len(report.failed)} failed."
    )
    return 1 if report.failed else 0


def _with_progress(dataset: Path, meshes: Path, views: Path, options: ViewOptions) -> ViewReport:
    from tqdm import tqdm

    from occviewer.training.rendering.build_views import build_views

    seconds = 0.2 if sys.stderr.isatty() else 30.0
    with tqdm(total=0, unit="shape", file=sys.stderr, mininterval=seconds) as bar:
        outcomes: Counter[bool] = Counter()

        def start(total: int) -> None:
            bar.reset(total)

        def shape_done(name: str, failure: str) -> None:
            outcomes[bool(failure)] += 1
            bar.set_postfix(failed=outcomes[True], refresh=False)
            bar.update()

        return build_views(dataset, meshes, views, options, on_start=start, on_shape=shape_done)
