"""``occviewer train-pose``."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import number, positive
from occviewer.cli.running import check_replaceable, now_and_then, say, seed

if TYPE_CHECKING:
    from occviewer.training.pose_scores import PoseAccuracy
    from occviewer.training.pose_training import PoseProgress


def add_train_pose_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "train-pose",
        help="teach a model which way its shapes stand",
        description="Train the pose network of a model, by which --align auto finds the up axis "
        "and the front of a scan, and store it in the model's file in place of the one that is "
        "there. Shapes are drawn as often as in the training of the model itself.",
        epilog="Until the training is over nothing is written, so that Ctrl-C leaves the model "
        "as it was. Exit status: 0, 1 when it failed, 2 for wrong usage, 130 when it was stopped.",
    )
    add = parser.add_argument
    add("--data", type=Path, nargs="+", required=True, metavar="DATASET", help="prepared data sets")
    add("--model", type=Path, required=True, metavar="MODEL.safetensors", help="checkpoint to fill")
    add(
        "--minutes",
        type=number(lambda value: 0 < value < math.inf, "a number of minutes above 0"),
        default=15.0,
        metavar="M",
        help="training time (default: 15)",
    )
    add("--steps", type=positive, default=0, metavar="N", help="end after so many steps, too")
    add("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    add("--seed", type=seed, default=0, help="of the weights and the examples (default: 0)")
    parser.set_defaults(run=_train_pose)


def _train_pose(args: argparse.Namespace) -> int:
    from occviewer.models.checkpoint import load_pose_network, read_info
    from occviewer.models.devices import choose_device
    from occviewer.training.dataset import ShapeSet
    from occviewer.training.pose_examples import Scans
    from occviewer.training.pose_export import (
        export_pose_network,
        note_pose_accuracy,
        own_weights,
    )
    from occviewer.training.pose_scores import pose_accuracy
    from occviewer.training.pose_training import PoseSettings, train_pose_network

    path: Path = args.model
    check_replaceable(path)
    weights = own_weights(read_info(path))
    before = load_pose_network(path)
    device = choose_device(args.device)
    shapes = ShapeSet(args.data, "train")
    held_back = ShapeSet.if_any(args.data, "val")
    scans = Scans(shapes, weights)
    settings = PoseSettings(minutes=args.minutes, steps=args.steps, seed=args.seed)
    limit = f"{args.minutes:g} minutes" + (f" or {args.steps} steps" if args.steps else "")
    say(f"Pose network: {len(shapes)} shapes to train on, {limit} on {device.type}")
    with _saying_when_stopped(f"Stopped; {path} is as it was."):
        trained = train_pose_network(scans.draw, settings, device=device, report=_print_line)
    export_pose_network(path, trained, settings, shapes, weights, device)
    say(f"Stored in {path} and noted in its card {path.with_suffix('.md').name}.")
    if held_back is None:
        say("No shape is held back for validation, so how well it does was not measured.")
        return 0
    with _saying_when_stopped(f"Stopped; {path} has the new pose network, but not its accuracy."):
        accuracy = pose_accuracy(
            trained.network, held_back, weights, partial(now_and_then(), "scans placed")
        )
        note_pose_accuracy(path, accuracy)
        sys.stdout.write(_sentence("New pose network", accuracy) + "\n")
        sys.stdout.flush()
        if before is not None:
            old = pose_accuracy(before, held_back, weights, partial(now_and_then(), "scans placed"))
            sys.stdout.write(_sentence("The one before", old) + "\n")
    return 0


@contextmanager
def _saying_when_stopped(sentence: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say(sentence)
        raise


def _print_line(progress: PoseProgress) -> None:
    say(
        f"{progress.minutes:7.1f} min, {progress.left:.1f} left, step {progress.step}  "
        f"loss {progress.loss:.4g}  right {progress.right:.0%}"
    )


def _sentence(what: str, accuracy: PoseAccuracy) -> str:
    return (
        f"{what}: of {accuracy.scans} one-sided scans of {accuracy.shapes} validation shapes in "
        f"random poses, up axis right {accuracy.up:.1%}, up axis and heading {accuracy.pose:.1%}"
    )
