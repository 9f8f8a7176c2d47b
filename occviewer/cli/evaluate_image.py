"""``occviewer evaluate-image``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from occviewer.cli.arguments import number, positive
from occviewer.cli.running import check_replaceable
from occviewer.errors import CheckpointError

_SPLITS = ("train", "val", "test")


def add_evaluate_image_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "evaluate-image",
        help="score what a model makes of pictures",
        description="Print IoU, Chamfer-L1, normal consistency and F-score of shapes made of "
        "single pictures, by class, with and without refinement, and the median error of the "
        "camera's azimuth where the model finds cameras.",
    )
    add = parser.add_argument
    add("--model", default="furniture", help="shipped model or checkpoint file")
    add("--data", type=Path, nargs="+", required=True, metavar="DATASET", help="prepared data sets")
    add("--views", type=Path, nargs="+", required=True, metavar="VIEWS", help="their pictures")
    add("--split", default="test", choices=_SPLITS, help="split to score on (default: test)")
    add("--count", type=positive, default=24, help="pictures of a shape (default: 24)")
    add(
        "--refine",
        type=number(lambda value: value >= 0 and value == int(value), "a whole number from 0"),
        default=0,
        metavar="N",
        help="rounds of fitting the silhouette; 0 leaves that out (default: 0)",
    )
    add(
        "--resolution",
        type=number(lambda value: 16 <= value <= 512 and value == int(value), "16 to 512"),
        default=64,
        metavar="N",
        help="cells a side of the meshes (default: 64)",
    )
    add("--iou-only", action="store_true", help="make no meshes: much faster")
    add("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    add("--json", action="store_true", help="print the scores as JSON")
    add("--update", action="store_true", help="write the scores into the checkpoint and its card")

    def run(args: argparse.Namespace) -> int:
        if args.update and args.split != "test":
            parser.error("--update is for the scores on the test split: leave --split out")
        return _evaluate(args)

    parser.set_defaults(run=run)


def _evaluate(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from occviewer.models import open_model
    from occviewer.models.opening import find_checkpoint
    from occviewer.pictures import DirectDoor, open_picture_door
    from occviewer.training.dataset import ShapeSet
    from occviewer.training.image_evaluation import evaluate_images, image_table
    from occviewer.training.image_examples import ViewSet
    from occviewer.training.image_export import update_image_scores
    from occviewer.training.scores import format_tables

    if args.update:
        check_replaceable(find_checkpoint(args.model))
    model = open_model(args.model, device=args.device)
    direct = model.network.observed == "image"
    if direct and args.refine:
        raise CheckpointError(
            f"The model {model.name!r} finds no cameras, without which no silhouette can be "
            "fitted; leave --refine out."
        )
    door = DirectDoor(model) if direct else open_picture_door(model)
    views = ViewSet(args.views, ShapeSet(args.data, args.split))
    scores = list(
        tqdm(
            evaluate_images(
                door,
                views,
                count=args.count,
                refine=int(args.refine),
                surfaces=not args.iou_only,
                resolution=int(args.resolution),
            ),
            total=len(views),
            unit="shape",
            file=sys.stderr,
            disable=None,
        )
    )
    table = image_table(scores, args.count)
    if args.json:
        print(json.dumps(table))
    else:
        print(format_tables(table["table"]))
        if "azimuth_error" in table:
            print(
                f"\nMedian error of the azimuth over {table['pictures']:,} pictures: "
                f"{table['azimuth_error']:.1f} degrees"
            )
    if args.update and model.path is not None:
        update_image_scores(model.path, table)
    return 0
