"""``occviewer train`` and ``occviewer evaluate``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from occviewer.training.loop import Report, Trainer
    from occviewer.training.recipe import Recipe


def add_train_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the two commands to the parser of the command line."""
    _add_train(subparsers)
    _add_evaluate(subparsers)


def _add_train(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "train",
        help="train a network on prepared shapes",
        description="Train a network by a recipe. Started again on the same folder, it goes on "
        "where it was. For several GPUs: torchrun --nproc-per-node N -m occviewer train ...",
    )
    parser.add_argument(
        "recipe",
        metavar="RECIPE",
        help="a TOML file, or a recipe that ships: house, convonet, onet",
    )
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="DATASET", help="prepared data sets"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="RUN", help="folder of the run (default: runs/RECIPE)"
    )
    parser.add_argument("--name", help="name of the model (default: that of the recipe)")
    parser.add_argument("--minutes", type=float, help="training time instead of the recipe's")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument(
        "--workers", type=int, default=1, help="processes that make examples (default: 1)"
    )
    parser.add_argument(
        "--tensorboard", action="store_true", help="write the curves for TensorBoard as well"
    )
    parser.set_defaults(run=_train)


def _add_evaluate(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "evaluate",
        help="score a model on the test split of a data set",
        description="Print IoU, Chamfer-L1, normal consistency and F-score by class.",
    )
    parser.add_argument("--model", default="furniture", help="shipped model or checkpoint file")
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="DATASET")
    parser.add_argument("--split", default="test", help="split to score on (default: test)")
    parser.add_argument("--resolution", type=int, default=128, help="of the meshes (default: 128)")
    parser.add_argument("--iou-only", action="store_true", help="make no meshes: much faster")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.add_argument(
        "--shapes", type=Path, metavar="FILE", help="write each shape's scores as JSON lines"
    )
    parser.add_argument(
        "--update", action="store_true", help="write the scores into the checkpoint and its card"
    )
    parser.set_defaults(run=_evaluate)


def _train(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from occviewer.training.distributed import Processes
    from occviewer.training.export import export_run
    from occviewer.training.loop import Trainer
    from occviewer.training.recipe import find_recipe, load_recipe

    path = find_recipe(args.recipe)
    recipe = load_recipe(path)
    if args.minutes is not None:
        recipe = replace(recipe, optimisation=replace(recipe.optimisation, minutes=args.minutes))
    run = args.output or Path("runs") / path.stem
    device = _device(args.device)
    processes = Processes()
    processes.start(device)
    try:
        reports = [_print_line(recipe)]
        if args.tensorboard and processes.first:
            from occviewer.training.tensorboard import tensorboard_report

            reports.append(tensorboard_report(run))
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
            _say(_opening(trainer))
        trainer.train()
        if processes.first:
            _say(f"Saved {export_run(trainer, args.data, args.name or path.stem)}")
    finally:
        processes.stop()
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from occviewer.models import open_model
    from occviewer.training.dataset import ShapeSet
    from occviewer.training.evaluation import evaluate
    from occviewer.training.export import update_scores
    from occviewer.training.scores import format_tables, summarise

    model = open_model(args.model, device=args.device)
    shapes = ShapeSet(args.data, args.split)
    with tqdm(total=3 * len(shapes), unit="cloud", file=sys.stderr, disable=None) as bar:
        scores = []
        for score in evaluate(
            model, shapes, surfaces=not args.iou_only, resolution=args.resolution
        ):
            scores.append(score)
            bar.update()
    table = summarise(scores)
    if args.shapes:
        args.shapes.write_text("".join(json.dumps(vars(score)) + "\n" for score in scores))
    if args.update:
        update_scores(model.path, table)
    sys.stdout.write((json.dumps(table) if args.json else format_tables(table)) + "\n")
    return 0


def _device(name: str) -> str:
    import torch

    if name != "auto":
        return name
    if torch.cuda.is_available():
        return "cuda"
    return "cpu"


def _opening(trainer: Trainer) -> str:
    weights = sum(parameter.numel() for parameter in trainer.network.parameters())
    going_on = f", going on at step {trainer.step}" if trainer.step else ""
    return (
        f"{trainer.network.architecture}: {weights / 1e6:.2f} million weights, "
        f"{len(trainer.train_shapes)} shapes, {trainer.recipe.optimisation.minutes:g} minutes "
        f"on {trainer.device}{going_on}"
    )


def _to_all(reports: list[Report]) -> Report:
    def report(line: dict[str, Any]) -> None:
        for each in reports:
            each(line)

    return report


def _print_line(recipe: Recipe) -> Report:
    def report(line: dict[str, Any]) -> None:
        head = f"{line['minutes']:7.1f} of {recipe.optimisation.minutes:g} min, step {line['step']}"
        values = {key: value for key, value in line.items() if key not in ("minutes", "step")}
        _say(head + "  " + "  ".join(f"{key} {value:.4g}" for key, value in values.items()))

    return report


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
