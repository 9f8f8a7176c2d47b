"""``occviewer train-latent``."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import number, positive
from occviewer.cli.running import (
    check_replaceable,
    now_and_then,
    print_curves,
    say,
    seed,
    stopping_on_signals,
)
from occviewer.errors import Cancelled

if TYPE_CHECKING:
    from occviewer.training.latent_scores import LatentScore
    from occviewer.training.latent_settings import LatentSettings
    from occviewer.training.latent_training import LatentTrainer


def add_train_latent_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "train-latent",
        help="learn the latent space behind a model's sliders",
        description="Train a bottleneck over the features of a finished model, measure the axes "
        "of its latent space and store both in the model's file. Sliders, sampling and "
        "interpolation live in that space. The model itself stays as it is. Ctrl-C stops the "
        "training; the same command goes on where it was.",
        epilog="Exit status: 0, 1 when it failed, 2 for wrong usage, 130 when it was stopped.",
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, metavar="MODEL.safetensors", help="checkpoint to fill")
    add("--data", type=Path, nargs="+", required=True, metavar="DATASET", help="prepared data sets")
    add("-o", "--output", type=Path, metavar="RUN", help="folder (default: runs/latent-MODEL)")
    add(
        "--minutes",
        type=number(lambda value: 0 < value < math.inf, "a number of minutes above 0"),
        default=60.0,
        metavar="M",
        help="training time (default: 60)",
    )
    add("--steps", type=positive, default=0, metavar="N", help="end after so many steps, too")
    add("--seed", type=seed, default=0, help="of the weights and the examples (default: 0)")
    add("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.set_defaults(run=_train_latent)


def _train_latent(args: argparse.Namespace) -> int:
    from occviewer.models.checkpoint import load_checkpoint
    from occviewer.models.devices import choose_device
    from occviewer.training.dataset import ShapeSet
    from occviewer.training.latent_export import export_latent, score_and_note
    from occviewer.training.latent_training import LatentTrainer
    from occviewer.training.pose_export import own_weights

    path: Path = args.model
    check_replaceable(path)
    network, info = load_checkpoint(path)
    weights = own_weights(info)
    device = choose_device(args.device)
    settings = _settings(args, device.type)
    train_shapes = ShapeSet(args.data, "train")
    trainer = LatentTrainer(
        network,
        info.level,
        settings,
        train_shapes,
        ShapeSet.if_any(args.data, "val"),
        weights,
        args.output or Path("runs") / f"latent-{path.stem}",
        device,
        print_curves(settings.optimisation.minutes, settings.optimisation.steps),
    )
    say(_opening(trainer))
    with stopping_on_signals(trainer):
        try:
            trainer.train()
            progress = now_and_then(trainer.check_stopped)
            bottleneck = export_latent(path, trainer, weights, progress)
        except Cancelled as stopped:
            say(f"{stopped} {path} is as it was; the same command goes on from there.")
            raise
        say(f"Stored in {path} and noted in its card {path.with_suffix('.md').name}.")
        sets = {"train": train_shapes, "test": ShapeSet.if_any(args.data, "test")}
        given = {split: shapes for split, shapes in sets.items() if shapes is not None}
        try:
            scores = score_and_note(path, trainer, bottleneck, info.level, given, progress)
        except Cancelled:
            say(f"Stopped; {path} has the latent space, but not its scores.")
            raise
    for split, score in scores.items():
        sys.stdout.write(_sentence(split, score) + "\n")
    return 0


def _settings(args: argparse.Namespace, device: str) -> LatentSettings:
    from dataclasses import replace

    from occviewer.training.latent_settings import LatentSettings

    settings = LatentSettings(seed=args.seed)
    optimisation = replace(settings.optimisation, minutes=args.minutes, steps=args.steps)
    # A GPU encodes in no time, so that examples need not be used so often.
    fresh = settings.fresh if device == "cpu" else optimisation.batch
    return replace(settings, optimisation=optimisation, fresh=fresh)


def _opening(trainer: LatentTrainer) -> str:
    weights = sum(parameter.numel() for parameter in trainer.bottleneck.parameters())
    options = trainer.settings.optimisation
    limit = f"{options.minutes:g} minutes" + (f" or {options.steps} steps" if options.steps else "")
    going_on = f", going on at step {trainer.step}" if trainer.step else ""
    return (
        f"Latent space of {trainer.bottleneck.size} numbers: {weights / 1e6:.2f} million weights, "
        f"{len(trainer.train_shapes)} shapes to train on, {limit} on {trainer.device.type}"
        f"{going_on}\nCurves and state: {trainer.run_folder}"
    )


def _sentence(split: str, score: LatentScore) -> str:
    thin = "" if math.isnan(score.thin) else f", thin parts kept {score.thin:.1%}"
    return (
        f"{split} split, {score.shapes} shapes: IoU from the latent vector alone {score.iou:.3f}, "
        f"from all features {score.full_iou:.3f}{thin}"
    )
