"""``occviewer train-image``."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from dataclasses import replace
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
    from occviewer.training.image_examples import PictureSource, ViewSet
    from occviewer.training.image_training import ImageSettings, ImageTrainer
    from occviewer.training.onet_image_training import OnetImageTrainer
    from occviewer.training.recipe import Optimisation


def add_train_image_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "train-image",
        help="learn to make shapes of single pictures",
        description="Train an image encoder on renders of the shapes: it finds the surface that a "
        "picture shows and the camera, makes of them what the decoder and the latent space of a "
        "finished model know, and is stored in the model's file. The rest of the model stays as "
        "it is. With "
        "--architecture onet an Occupancy Network is trained on the same pictures instead, to "
        "compare with, and becomes a model of its own. Ctrl-C stops the training; the same "
        "command goes on where it was.",
        epilog="Exit status: 0, 1 when it failed, 2 for wrong usage, 130 when it was stopped.",
    )
    add = parser.add_argument
    add(
        "--architecture",
        choices=["house", "onet"],
        default="house",
        help="house: an encoder for a model; onet: a model of its own (default: house)",
    )
    add("--model", type=Path, metavar="MODEL.safetensors", help="checkpoint to fill (for house)")
    add("--data", type=Path, nargs="+", required=True, metavar="DATASET", help="prepared data sets")
    add(
        "--views",
        type=Path,
        nargs="+",
        required=True,
        metavar="VIEWS",
        help="their pictures, from occviewer data render",
    )
    add(
        "--live",
        type=Path,
        metavar="FOLDER",
        help="learn from pictures that are drawn while it learns, no two alike, of warped shapes: "
        "give the folder that the data sets were prepared from, as to  data render --from.  For a "
        "GPU: a processor draws slowly. --views then serve to validate, and a few shapes' suffice",
    )
    add(
        "-o",
        "--output",
        type=Path,
        metavar="RUN",
        help="folder (default: runs/image-MODEL or runs/image-onet)",
    )
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

    def run(args: argparse.Namespace) -> int:
        if args.architecture == "onet":
            if args.model is not None:
                parser.error("--architecture onet makes a model of its own: leave --model out")
            return _train_onet(args)
        if args.model is None:
            parser.error("the following arguments are required: --model")
        return _train_image(args)

    parser.set_defaults(run=run)


def _train_image(args: argparse.Namespace) -> int:
    from occviewer.models.checkpoint import load_bottleneck, load_checkpoint
    from occviewer.models.devices import choose_device
    from occviewer.networks import HouseNetwork
    from occviewer.training.image_export import export_image_encoder
    from occviewer.training.image_training import ImageTrainer
    from occviewer.training.pose_export import own_weights

    path: Path = args.model
    check_replaceable(path)
    network, info = load_checkpoint(path)
    if not isinstance(network, HouseNetwork):
        raise CheckpointError(
            f"{path} is of the architecture {network.architecture}, and pictures are seen for "
            "house models only; give one that  occviewer train --recipe house  made."
        )
    bottleneck = load_bottleneck(path)
    if bottleneck is None:
        raise CheckpointError(
            f"{path} has no latent space for pictures to be placed in: give it one with  "
            "occviewer train-latent."
        )
    weights = own_weights(info)
    settings = _settings(args)
    trainer = ImageTrainer(
        network,
        bottleneck.size,
        info.level,
        settings,
        *_views(args),
        weights,
        args.output or Path("runs") / f"image-{path.stem}",
        choose_device(args.device),
        print_curves(settings.optimisation.minutes, settings.optimisation.steps),
        _live_source(args),
    )
    say(_opening(trainer))
    with stopping_on_signals(trainer):
        try:
            trainer.train()
        except Cancelled as stopped:
            say(f"{stopped} {path} is as it was; the same command goes on from there.")
            raise
    trainer.learn_spread(bottleneck)
    trainer.learn_leniency()
    export_image_encoder(path, trainer, weights)
    say(f"Stored in {path} and noted in its card {path.with_suffix('.md').name}.")
    return 0


def _train_onet(args: argparse.Namespace) -> int:
    from occviewer.models.devices import choose_device
    from occviewer.training.image_export import export_onet_image
    from occviewer.training.onet_image_training import OnetImageTrainer, OnetSettings
    from occviewer.training.recipe import find_recipe, load_recipe

    settings = OnetSettings(seed=args.seed, pixels=int(args.pixels))
    settings = replace(settings, optimisation=_optimisation(args, settings.optimisation))
    weights = load_recipe(find_recipe("onet")).weights
    trainer = OnetImageTrainer(
        settings,
        *_views(args),
        weights,
        args.output or Path("runs/image-onet"),
        choose_device(args.device),
        print_curves(settings.optimisation.minutes, settings.optimisation.steps),
        _live_source(args),
    )
    count = sum(parameter.numel() for parameter in trainer.network.parameters())
    say(f"Occupancy Network: {count / 1e6:.1f} million weights, {_circumstances(trainer)}")
    with stopping_on_signals(trainer):
        try:
            trainer.train()
        except Cancelled as stopped:
            say(f"{stopped} The same command goes on from there.")
            raise
    path = export_onet_image(trainer, weights)
    say(f"Stored in {path} and noted in its card {path.with_suffix('.md').name}.")
    return 0


def _views(args: argparse.Namespace) -> tuple[ViewSet, ViewSet | None]:
    """Find the views of the training and of the validation split."""
    from occviewer.training.dataset import ShapeSet
    from occviewer.training.image_examples import ViewSet

    val_shapes = ShapeSet.if_any(args.data, "val")
    return (
        ViewSet(args.views, ShapeSet(args.data, "train")),
        None if val_shapes is None else ViewSet.if_any(args.views, val_shapes),
    )


def _live_source(args: argparse.Namespace) -> PictureSource | None:
    """Read the meshes that pictures are to be drawn of."""
    if args.live is None:
        return None
    from tqdm import tqdm

    from occviewer.training.dataset import ShapeSet
    from occviewer.training.live.examples import LiveSource, load_live_meshes
    from occviewer.training.sweethome3d_packages import unpack_libraries

    shapes = ShapeSet(args.data, "train")
    with (
        tempfile.TemporaryDirectory(prefix="occviewer-") as unpacked,
        tqdm(total=len(shapes), unit="mesh", disable=not sys.stderr.isatty()) as bar,
    ):
        folder = unpack_libraries(args.live, Path(unpacked))
        meshes = load_live_meshes(shapes, folder, on_shape=lambda number: bar.update())
    return LiveSource(shapes, meshes)


def _settings(args: argparse.Namespace) -> ImageSettings:
    from occviewer.training.image_training import ImageSettings

    settings = ImageSettings(seed=args.seed, pixels=int(args.pixels))
    return replace(
        settings,
        optimisation=_optimisation(args, settings.optimisation),
        clouds=min(settings.clouds, args.batch),
    )


def _optimisation(args: argparse.Namespace, options: Optimisation) -> Optimisation:
    return replace(options, minutes=args.minutes, steps=args.steps, batch=args.batch)


def _opening(trainer: ImageTrainer) -> str:
    weights = sum(parameter.numel() for parameter in trainer.encoder.parameters())
    return f"Image encoder: {weights / 1e6:.1f} million weights, {_circumstances(trainer)}"


def _circumstances(trainer: ImageTrainer | OnetImageTrainer) -> str:
    options = trainer.settings.optimisation
    limit = f"{options.minutes:g} minutes" + (f" or {options.steps} steps" if options.steps else "")
    going_on = f", going on at step {trainer.step}" if trainer.step else ""
    views = trainer.train_views
    pictures = f"{len(views)} of {len(views.shapes)} shapes have views"
    if trainer.source is not views:
        pictures = f"drawn of {len(trainer.source.records)} of {len(views.shapes)} shapes"
    return (
        f"pictures of {trainer.settings.pixels}², {pictures}, {limit} on "
        f"{trainer.device.type}{going_on}\nCurves and state: {trainer.run_folder}"
    )
