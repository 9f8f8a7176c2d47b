"""``occviewer models``: what ships, or what a checkpoint says of itself."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from occviewer.models import ModelInfo


def add_models_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "models",
        help="list the models that ship, or describe a checkpoint",
        description="List the models that ship with OccViewer, or describe the given ones.",
    )
    parser.add_argument("model", metavar="MODEL", nargs="*", help="a shipped name or a file")
    parser.add_argument("--json", action="store_true", help="one JSON object a model")
    parser.set_defaults(run=_models)


def _models(args: argparse.Namespace) -> int:
    from occviewer.models import read_info
    from occviewer.models.opening import find_checkpoint
    from occviewer.models.shipped import shipped_models

    paths = [find_checkpoint(name) for name in args.model] or list(shipped_models().values())
    for path in paths:
        info = read_info(path)
        sys.stdout.write((_as_json(path, info) if args.json else _line(path, info)) + "\n")
    return 0


def _line(path: Path, info: ModelInfo) -> str:
    parts = [info.description or "no description", info.licence and f"licence: {info.licence}"]
    return f"{path.stem:<14} {'; '.join(part for part in parts if part)}"


def _as_json(path: Path, info: ModelInfo) -> str:
    about = {key: json.loads(text) for key, text in info.to_metadata().items()}
    return json.dumps({"file": str(path), **about})
