"""``occviewer evaluate``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from occviewer.cli.arguments import RESOLUTIONS, resolution
from occviewer.cli.running import check_replaceable
from occviewer.errors import DataError
from occviewer.files import write_whole

_SPLITS = ("train", "val", "test")


def add_evaluate_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "evaluate",
        help="score a model on the test split of a data set",
        description="Print IoU, Chamfer-L1, normal consistency and F-score by class.",
    )
    low, high = RESOLUTIONS
    add = parser.add_argument
    add("--model", default="furniture", help="shipped model or checkpoint file")
    add("--data", type=Path, nargs="+", required=True, metavar="DATASET", help="prepared data sets")
    add("--split", default="test", choices=_SPLITS, help="split to score on (default: test)")
    add(
        "--resolution",
        type=resolution,
        default=128,
        metavar="N",
        help=f"cells a side of the meshes, {low}…{high} (default: 128)",
    )
    add("--iou-only", action="store_true", help="make no meshes: much faster")
    add("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    add("--json", action="store_true", help="print the table as JSON")
    add("--shapes", type=Path, metavar="FILE", help="write each shape's scores as JSON lines")
    add("--update", action="store_true", help="write the scores into the checkpoint and its card")

    def run(args: argparse.Namespace) -> int:
        if args.update and args.split != "test":
            parser.error("--update is for the scores on the test split: leave --split out")
        if args.update and args.iou_only:
            parser.error("--update is for all the scores: leave --iou-only out")
        return _evaluate(args)

    parser.set_defaults(run=run)


def _evaluate(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from occviewer.models import open_model
    from occviewer.models.opening import find_checkpoint
    from occviewer.training.dataset import ShapeSet
    from occviewer.training.evaluation import evaluate
    from occviewer.training.export import update_scores
    from occviewer.training.scores import format_tables, summarise

    if args.shapes and not args.shapes.absolute().parent.is_dir():
        raise DataError(f"{args.shapes} cannot be written: make the folder that it is to lie in.")
    if args.update:
        check_replaceable(find_checkpoint(args.model))
    model = open_model(args.model, device=args.device)
    shapes = ShapeSet(args.data, args.split)
    scores = []
    with tqdm(total=3 * len(shapes), unit="cloud", file=sys.stderr, disable=None) as bar:
        for score in evaluate(
            model, shapes, surfaces=not args.iou_only, resolution=args.resolution
        ):
            scores.append(score)
            bar.update()
    table = summarise(scores)
    sys.stdout.write((json.dumps(table) if args.json else format_tables(table)) + "\n")
    if args.shapes:
        lines = [json.dumps(vars(score), ensure_ascii=False) + "\n" for score in scores]
        write_whole(args.shapes, "".join(lines).encode(), DataError)
    if args.update and model.path is not None:
        update_scores(model.path, table)
    return 0
