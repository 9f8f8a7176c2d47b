"""``occviewer train``."""

from __future__ import annotations

import argparse
import math
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from occviewer.cli.running import now_and_then, print_curves, say, stopping_on_signals
from occviewer.errors import Cancelled

if TYPE_CHECKING:
    from occviewer.training.loop import Trainer
    from occviewer.training.timed_run import Report


def add_train_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "train",
        help="train a network on prepared shapes",
        description="Train a network by a recipe. Ctrl-C stops it; started again on the same "
        "folder it goes on where it was, also after a crash.",
        epilog="For several GPUs: torchrun --nproc-per-node N -m occviewer train ... "
        "Exit status: 0, 1 when it failed, 2 for wrong usage, 130 when it was stopped.",
    )
    add = parser.add_argument
    add(
        "recipe",
        metavar="RECIPE",
        help="a TOML file, or a recipe that ships: house, convonet, onet",
    )
    add("--data", type=Path, nargs="+", required=True, metavar="DATASET", help="prepared data sets")
    add("-o", "--output", type=Path, metavar="RUN", help="folder of the run (default: runs/RECIPE)")
    add("--name", help="name of the model (default: that of the recipe)")
    add("--licence", default="", help="licence of the weights, for the model's card")
    add("--minutes", type=_minutes, metavar="M", help="training time instead of the recipe's")
    add("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    add("--workers", type=_workers, default=1, help="processes that make examples (default: 1)")
    add("--tensorboard", action="store_true", help="write the curves for TensorBoard as well")
    parser.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from occviewer.models.devices import choose_device
    from occviewer.training.distributed import Processes
    from occviewer.training.loop import Trainer
    from occviewer.training.recipe import find_recipe, load_recipe

    path = find_recipe(args.recipe)
    recipe = load_recipe(path)
    if args.minutes is not None:
        recipe = replace(recipe, optimisation=replace(recipe.optimisation, minutes=args.minutes))
    run = args.output or Path("runs") / path.stem
    device = choose_device(args.device).type
    processes = Processes()
    reports: list[Report] = [print_curves(recipe.optimisation.minutes, recipe.optimisation.steps)]
    if args.tensorboard and processes.first:
        from occviewer.training.tensorboard import tensorboard_report

        reports.append(tensorboard_report(run))
    processes.start(device)
    try:
        trainer = Trainer(
            recipe,
            args.data,
            run,
            device=device,
            report=_to_all(reports),
            processes=processes,
            workers=args.workers,
        )
        if processes.first:
            say(_opening(trainer))
        if trainer.finished and (run / "model.safetensors").exists():
            if processes.first:
                say(
                    f"This run is finished, and {run / 'model.safetensors'} is there: "
                    "give more --minutes to go on, or another folder with -o to begin anew."
                )
            return 0
        with stopping_on_signals(trainer):
            try:
                trainer.train()
            except Cancelled as stopped:
                if processes.first:
                    say(f"{stopped} The same command goes on from there.")
                raise
        if processes.first:
            _export(trainer, args.data, args.name or path.stem, args.licence)
    finally:
        processes.stop()
    return 0


def _export(trainer: Trainer, data: list[Path], name: str, licence: str) -> None:
    from occviewer.models.checkpoint import read_info
    from occviewer.training.export import export_run
    from occviewer.training.scores import format_tables

    path = export_run(trainer, data, name, licence, partial(now_and_then(), "observations scored"))
    scores = read_info(path).scores
    if scores:
        sys.stdout.write(format_tables(scores) + "\n")
        sys.stdout.flush()
    say(f"Saved {path} and its card {path.with_suffix('.md').name}.")
    if scores:
        folders = " ".join(map(str, data))
        say(
            "Scores of its surfaces, too:  "
            f"occviewer evaluate --model {path} --data {folders} --update"
        )


def _opening(trainer: Trainer) -> str:
    weights = sum(parameter.numel() for parameter in trainer.network.parameters())
    options = trainer.recipe.optimisation
    limit = f"{options.minutes:g} minutes"
    if options.steps:
        limit += f" or {options.steps} steps"
    going_on = f", going on at step {trainer.step}" if trainer.step else ""
    if trainer.val_shapes is None:
        held_back = "none to validate on (the threshold stays 0.5)"
    else:
        held_back = f"{len(trainer.val_shapes)} to validate on"
    return (
        f"{trainer.network.architecture}: {weights / 1e6:.2f} million weights, "
        f"{len(trainer.train_shapes)} shapes and {held_back}, {limit} "
        f"on {trainer.device}{going_on}\nCurves and state: {trainer.run_folder}"
    )


def _to_all(reports: list[Report]) -> Report:
    def report(line: dict[str, Any]) -> None:
        for each in reports:
            each(line)

    return report


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes above 0")
    return value


def _workers(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes, 0 or more")
    return int(text)
