"""``occviewer bench``: how fast extraction is here."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_bench_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "bench",
        help="measure how fast meshes are made on this machine",
        description="Measure how fast meshes are made on this machine.",
    )
    what = parser.add_subparsers(required=True, metavar="WHAT")
    extraction = what.add_parser(
        "extraction",
        help="field to mesh, against the published pipeline",
        description="Compare field to mesh with the published pipeline on the same weights, for "
        "an ONet decoder fitted to a chair and for a model.",
    )
    _add_shared(extraction)
    extraction.add_argument(
        "--large", action="store_true", help="also up to 1024 cells a side: takes minutes"
    )
    extraction.add_argument(
        "--weights", type=Path, metavar="FILE", help="keep the fitted decoder for the next run"
    )
    extraction.set_defaults(run=_extraction)
    live = what.add_parser(
        "live",
        help="code to mesh along a path, scan to mesh, and how long Python's lock is held",
        description="Measure code to mesh along a path of codes, scan to mesh, and how long "
        "Python's lock is held.",
    )
    _add_shared(live)
    live.set_defaults(run=_live)


def _add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="furniture", help="shipped model or checkpoint file")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--quick", action="store_true", help="see whether it runs: seconds only")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _extraction(args: argparse.Namespace) -> int:
    from occviewer.benchmarks.extraction import QUICK, Settings, bench_extraction
    from occviewer.benchmarks.tables import format_extraction
    from occviewer.models import open_model

    found = bench_extraction(
        open_model(args.model, device=args.device),
        QUICK if args.quick else Settings(),
        large=args.large,
        weights=args.weights,
        tell=_tell,
    )
    sys.stdout.write((json.dumps(found) if args.json else format_extraction(found)) + "\n")
    return 0


def _live(args: argparse.Namespace) -> int:
    from occviewer.benchmarks.live import GPU, QUICK, Settings, bench_live
    from occviewer.benchmarks.tables import format_live
    from occviewer.models import open_model

    model = open_model(args.model, device=args.device)
    full = Settings() if model.device.type == "cpu" else GPU
    found = bench_live(model, QUICK if args.quick else full, tell=_tell)
    sys.stdout.write((json.dumps(found) if args.json else format_live(found)) + "\n")
    return 0


def _tell(text: str) -> None:
    sys.stderr.write(f"{text} …\n")
