"""``occviewer train-image``."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import number, positive
from occviewer.cli.running import (
    check_replaceable,
    print_curves,
    say,
    seed,
    stopping_on_signals,
)
from occviewer.errors import Cancelled, CheckpointError

if TYPE_CHECKING:
    from occviewer.training.image_training import ImageSettings, ImageTrainer


def add_train_image_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "train-image",
        help="learn to make shapes of single pictures",
        description="Train an image encoder on renders of the shapes: it finds the place of a "
        "pictured shape in the latent space of a finished model, and the camera, and is stored "
        "in the model's file. The model itself and its latent space stay as they are. Ctrl-C "
        "stops the training; the same command goes on where it was.",
        epilog="Exit status: 0, 1 when it failed, 2 for wrong usage, 130 when it was stopped.",
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, metavar="MODEL.safetensors", help="checkpoint to fill")
    add("--data", type=Path, nargs="+", required=True, metavar="DATASET", help="prepared data sets")
    add(
        "--views",
        type=Path,
        nargs="+",
        required=True,
        metavar="VIEWS",
        help="their pictures, from occviewer data render",
    )
    add("-o", "--output", type=Path, metavar="RUN", help="folder (default: runs/image-MODEL)")
    add(
        "--minutes",
        type=number(lambda value: 0 < value < math.inf, "a number of minutes above 0"),
        default=60.0,
        metavar="M",
        help="training time (default: 60)",
    )
    add("--steps", type=positive, default=0, metavar="N", help="end after so many steps, too")
    add(
        "--pixels",
        type=number(lambda value: 32 <= value <= 224 and value == int(value), "32 to 224"),
        default=112,
        help="side of the pictures that the network gets (default: 112)",
    )
    add("--batch", type=positive, default=32, help="pictures a step (default: 32)")
    add("--seed", type=seed, default=0, help="of the weights and the examples (default: 0)")
    add("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.set_defaults(run=_train_image)


def _train_image(args: argparse.Namespace) -> int:
    from occviewer.models.checkpoint import load_bottleneck, load_checkpoint
    from occviewer.models.devices import choose_device
    from occviewer.training.dataset import ShapeSet
    from occviewer.training.image_examples import ViewSet
    from occviewer.training.image_export import export_image_encoder
    from occviewer.training.image_training import ImageTrainer
    from occviewer.training.pose_export import own_weights

    path: Path = args.model
    check_replaceable(path)
    network, info = load_checkpoint(path)
    bottleneck = load_bottleneck(path)
    if bottleneck is None:
        raise CheckpointError(
            f"{path} has no latent space for pictures to be placed in: give it one with  "
            "occviewer train-latent."
        )
    weights = own_weights(info)
    settings = _settings(args)
    val_shapes = ShapeSet.if_any(args.data, "val")
    trainer = ImageTrainer(
        network,
        bottleneck,
        info.level,
        settings,
        ViewSet(args.views, ShapeSet(args.data, "train")),
        None if val_shapes is None else ViewSet.if_any(args.views, val_shapes),
        weights,
        args.output or Path("runs") / f"image-{path.stem}",
        choose_device(args.device),
        print_curves(settings.optimisation.minutes, settings.optimisation.steps),
    )
    say(_opening(trainer))
    with stopping_on_signals(trainer):
        try:
            trainer.train()
        except Cancelled as stopped:
            say(f"{stopped} {path} is as it was; the same command goes on from there.")
            raise
    export_image_encoder(path, trainer, weights)
    say(f"Stored in {path} and noted in its card {path.with_suffix('.md').name}.")
    return 0


def _settings(args: argparse.Namespace) -> ImageSettings:
    from dataclasses import replace

    from occviewer.training.image_training import ImageSettings

    settings = ImageSettings(seed=args.seed, pixels=int(args.pixels))
    optimisation = replace(
        settings.optimisation, minutes=args.minutes, steps=args.steps, batch=args.batch
    )
    return replace(settings, optimisation=optimisation, decoded=min(settings.decoded, args.batch))


def _opening(trainer: ImageTrainer) -> str:
    weights = sum(parameter.numel() for parameter in trainer.encoder.parameters())
    options = trainer.settings.optimisation
    limit = f"{options.minutes:g} minutes" + (f" or {options.steps} steps" if options.steps else "")
    going_on = f", going on at step {trainer.step}" if trainer.step else ""
    views = trainer.train_views
    return (
        f"Image encoder: {weights / 1e6:.1f} million weights, pictures of "
        f"{trainer.settings.pixels}², {len(views)} of {len(views.shapes)} shapes have views, "
        f"{limit} on {trainer.device.type}{going_on}\nCurves and state: {trainer.run_folder}"
    )
